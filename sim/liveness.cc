// The liveness phase of a run.
#include <algorithm>
#include <optional>
#include <string>

#include "core/message.h"
#include "sim/membership.h"
#include "sim/simulation.h"

namespace lockstep::sim {

void Simulation::Heal() {
  healthy_ = DrawHealthy(servers_, world_.monitor.committed_configuration_index(), world_.choices);
  world_.faults_on = false;
  nemesis_.Stop();
  healed_at_ = world_.now;
  phase_ = Phase::kRecover;
  if (world_.observer != nullptr) world_.observer->OnHealed(world_.now);
  LinkSet broken;
  for (Server& node : servers_) {
    if (world_.failed()) return;
    if (Has(healthy_, node.id().number)) {
      node.Repair();
      if (!node.up()) node.Start();
      if (node.paused()) node.Resume();
    } else {
      broken = broken | Break(node, healthy_);
    }
  }
  wires_.Cut(broken, 0, 0);
  clients_.WriteTo(healthy_);
  deadline_ = world_.now + world_.scenario.liveness_bound_micros;
  ScheduleProgressCheck();
}

LinkSet Simulation::Break(Server& node, ServerSet healthy) {
  const ServerSet one = Only(node.id().number);
  // Who can be heard but hears nobody may unseat leaders for ever, unless the options that forbid it are on.
  const Options& options = world_.scenario.options;
  const uint64_t ways = options.pre_vote && options.check_quorum ? 6 : 4;
  switch (world_.choices.Below(ways)) {
    case 0:
      if (node.up()) node.Crash();
      return {};
    case 1:
      if (node.running()) node.Pause();
      return {};
    case 2:
      return LinkSet::Both(one, healthy);
    case 3:
      return LinkSet::Between(one, healthy);
    case 4:
      return LinkSet::Between(healthy, one);
    default:
      return LinkSet::Both(one, static_cast<ServerSet>(world_.choices.Below(healthy + 1)) & healthy);
  }
}

void Simulation::ScheduleProgressCheck() {
  QueuedEvent event;
  event.kind = EventKind::kCheckProgress;
  world_.After(world_.scenario.election_timeout_micros, event);
}

void Simulation::CheckProgress() {
  const std::optional<int64_t> recovered_at = clients_.first_write_at();
  if (phase_ == Phase::kRecover && recovered_at.has_value() && *recovered_at <= deadline_) {
    phase_ = Phase::kSettle;
    clients_.Stop();
    deadline_ = world_.now + world_.scenario.liveness_bound_micros;
  }
  const std::string missing =
      phase_ == Phase::kRecover ? "no write invoked since has been answered in time" : Unsettled();
  if (missing.empty()) {
    phase_ = Phase::kOver;
    return;
  }
  if (world_.now < deadline_) return ScheduleProgressCheck();
  phase_ = Phase::kOver;
  if (!world_.checks.liveness) return;
  std::string healthy;
  for (const Server& node : servers_) {
    if (Has(healthy_, node.id().number)) healthy += " " + ToString(node.id());
  }
  world_.monitor.Fail(spec::Property::kLiveness, kNoNode, world_.step,
                      std::to_string((world_.now - healed_at_) / 1000) + " ms after nodes" + healthy +
                          " were healed for good: " + missing);
}

std::string Simulation::Unsettled() const {
  if (std::string waits = clients_.Waits(); !waits.empty()) return waits;
  for (const Server& node : servers_) {
    if (!Has(healthy_, node.id().number) || node.open_requests() == 0) continue;
    return std::to_string(node.open_requests()) + " requests at node " + ToString(node.id()) + " have no outcome";
  }
  return Disagreement();
}

std::string Simulation::Disagreement() const {
  // Usually a healthy node; one that is cut off from some of them may lead the others.
  const Server* leader = nullptr;
  for (const Server& node : servers_) {
    if (!node.leads()) continue;
    if (leader == nullptr || node.state().current_term > leader->state().current_term) leader = &node;
  }
  if (leader == nullptr) return "no leader";
  const State& first = leader->state();
  for (const Server& node : servers_) {
    const State& state = node.state();
    if (!Has(healthy_, node.id().number) || !first.configuration().IsMember(node.id())) continue;
    if (wires_.cut().contains(leader->id().number, node.id().number)) continue;
    if (wires_.cut().contains(node.id().number, leader->id().number)) continue;
    if (state.last_log() != first.last_log()) {
      return "the log of node " + ToString(node.id()) + " ends at " + std::to_string(state.log.last_index()) +
             ", the leader's at " + std::to_string(first.log.last_index());
    }
    if (state.commit_index != first.log.last_index() || node.applied() != state.commit_index) {
      return "node " + ToString(node.id()) + " has committed " + std::to_string(state.commit_index) + " and applied " +
             std::to_string(node.applied()) + " of " + std::to_string(first.log.last_index());
    }
    if (node.machine_hash() != leader->machine_hash()) {
      return "node " + ToString(node.id()) + " and the leader applied the same entries to different states";
    }
  }
  return "";
}

}  // namespace lockstep::sim
