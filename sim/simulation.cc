#include "sim/simulation.h"

#include <algorithm>
#include <utility>

#include "sim/client.h"
#include "sim/invariant.h"

namespace lockstep::sim {
namespace {

HistoryVerdict VerdictOn(Workload::Verdict history, bool failed) {
  switch (history) {
    case Workload::Verdict::kLinearizable:
      return failed ? HistoryVerdict::kNotChecked : HistoryVerdict::kLinearizable;
    case Workload::Verdict::kNotLinearizable:
      return HistoryVerdict::kNotLinearizable;
    case Workload::Verdict::kUnknown:
      return HistoryVerdict::kUndecided;
  }
  return HistoryVerdict::kNotChecked;
}

}  // namespace

Simulation::Simulation(World& world, Cluster& cluster)
    : world_(world),
      cluster_(cluster),
      wires_(cluster.wires()),
      servers_(cluster.servers()),
      own_clients_(cluster.workload() == nullptr ? std::make_unique<Clients>(world_, servers_) : nullptr),
      clients_(own_clients_ == nullptr ? *cluster.workload() : *own_clients_),
      nemesis_(world_, cluster_, clients_) {}

RunResult Simulation::Run() {
  try {
    const InvariantScope scope;
    RunToEnd();
  } catch (const InvariantError& error) {
    world_.Fail("InternalInvariant", kNoNode, error.what());
  }
  world_.over = true;
  return Result();
}

void Simulation::RunToEnd() {
  Begin();
  while (phase_ != Phase::kOver && !world_.failed()) {
    const bool safety_over =
        phase_ == Phase::kSafety && (world_.queue.empty() || world_.step >= world_.scenario.steps_max ||
                                     world_.queue.next_time() >= world_.scenario.safety_micros);
    if (safety_over) {
      Heal();
      continue;
    }
    const QueuedEvent event = world_.queue.Pop();
    world_.now = event.time;
    ++world_.events;
    Dispatch(event);
    if (world_.new_leader.server != 0) nemesis_.OnNewLeader(std::exchange(world_.new_leader, {}));
  }
  if (!world_.failed()) clients_.Finish();
}

void Simulation::Begin() {
  nemesis_.Begin();
  for (Server& node : servers_) {
    if (!world_.failed()) node.Start();
  }
  clients_.Begin();
}

void Simulation::Dispatch(const QueuedEvent& event) {
  switch (event.kind) {
    case EventKind::kCrash: {
      Server& node = servers_[event.node - 1];
      if (node.up() && node.life() == event.life) node.Crash();
      return;
    }
    case EventKind::kRestart:
      return Restart(event.node);
    case EventKind::kResume: {
      Server& node = servers_[event.node - 1];
      if (node.life() == event.life) node.Resume();
      return;
    }
    case EventKind::kInvoke:
      return clients_.Invoke(event.detail);
    case EventKind::kReply:
      return clients_.TakeReply(static_cast<uint32_t>(event.argument));
    case EventKind::kTimeout:
      return clients_.TimeOut(event.detail, event.argument);
    case EventKind::kFaultInterval:
      return nemesis_.OnInterval();
    case EventKind::kFaultEnd:
      return nemesis_.OnFaultEnd(event.argument);
    case EventKind::kFaultFlap:
      return nemesis_.OnFlap(event.argument);
    case EventKind::kCheckProgress:
      return CheckProgress();
    default:
      return event.node == 0 ? cluster_.Handle(event) : servers_[event.node - 1].Handle(event);
  }
}

void Simulation::Restart(uint32_t server) {
  Server& node = servers_[server - 1];
  if (node.up()) return;
  // What is broken for good stays so.
  if (phase_ != Phase::kSafety && !Has(healthy_, server)) return;
  node.Start();
}

RunResult Simulation::Result() {
  RunResult result;
  result.violation = std::move(world_.violation);
  if (const auto& broken = world_.monitor.violation(); broken.has_value() && !result.violation.has_value()) {
    result.violation = Violation{Name(broken->property), broken->step, world_.now, broken->node, broken->evidence};
  }
  if (world_.checks.history) result.history = VerdictOn(clients_.verdict(), world_.failed());
  const auto& goals = world_.monitor.goals().counts();
  world_.counters.goals.assign(goals.begin(), goals.end());
  result.counters = std::move(world_.counters);
  result.steps = world_.step;
  result.events = world_.events;
  result.simulated_micros = world_.now;
  for (const Server& node : servers_) AddTo(world_.digest, node.state());
  result.digest = world_.digest.Finish();
  result.draws = world_.choices.draws();
  return result;
}

}  // namespace lockstep::sim
