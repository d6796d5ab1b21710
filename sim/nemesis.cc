#include "sim/nemesis.h"

#include <algorithm>

namespace lockstep::sim {

void Nemesis::Begin() {
  const Scenario& scenario = world_.scenario;
  for (Server& node : servers_) {
    Clock& clock = node.clock();
    int64_t drift = 0;
    if (scenario.clock_drift_ppm_max != 0 && world_.Strikes(Fault::kClockDrift)) {
      drift = world_.choices.Between(-int64_t{scenario.clock_drift_ppm_max}, scenario.clock_drift_ppm_max);
      world_.Inject(Fault::kClockDrift, FaultPhase::kOnce, node.id(), kNoNode, drift);
    }
    clock.SetRate(drift, scenario.clock_drift_ppm_max);
    const int64_t error = scenario.clock_error_max_micros;
    clock.Set(0, world_.choices.Between(-error, error), error);
  }
  QueuedEvent event;
  event.kind = EventKind::kFaultInterval;
  world_.After(scenario.fault_interval_micros, event);
}

void Nemesis::Stop() {
  cuts_.clear();
  few_followers_armed_ = 0;
  ApplyCuts();
}

void Nemesis::OnInterval() {
  if (!world_.faults_on) return;
  Cuts();
  Processes();
  Disks();
  Hosts();
  Operators();
  cluster_.MoreFaults();
  QueuedEvent event;
  event.kind = EventKind::kFaultInterval;
  world_.After(world_.choices.Between(1, 2 * world_.scenario.fault_interval_micros), event);
}

void Nemesis::OnNewLeader(NewLeader leader) {
  if (!world_.faults_on) return;
  Server& node = servers_[leader.server - 1];
  if (few_followers_armed_ != 0) {
    --few_followers_armed_;
    FewFollowers(leader.server);
  }
  Choices& choices = world_.choices;
  const uint32_t ppm = world_.scenario.new_leader_ppm;
  if (choices.Chance(ppm)) wires_.ReleaseLateCopies(world_.scenario.election_timeout_micros);
  if (choices.Chance(ppm)) clients_.ReadNow(leader.server);
  if (world_.scenario.fault_ppm[Fault::kMembership] != 0 && choices.Chance(ppm)) ChangeMembership(node);
  if (world_.scenario.fault_ppm[Fault::kTransfer] != 0 && choices.Chance(ppm / 2)) Transfer(node);
}

// ---- Draws ---------------------------------------------------------------------------------------------

bool Nemesis::Begins(Fault fault) { return world_.Strikes(fault); }

int64_t Nemesis::Duration() {
  // Mostly short; the longest may outlast several elections.
  const int64_t longest = world_.scenario.fault_duration_max_micros >> world_.choices.Below(4);
  return world_.choices.Between(1, std::max<int64_t>(1, longest));
}

Server& Nemesis::AnyServer() { return servers_[world_.choices.Below(servers_.size())]; }

Server* Nemesis::AnyLeader() {
  Server* leaders[kServersMax];
  size_t count = 0;
  for (Server& node : servers_) {
    if (node.leads()) leaders[count++] = &node;
  }
  return count == 0 ? nullptr : leaders[world_.choices.Below(count)];
}

Server* Nemesis::AnyRunning() {
  Server* running[kServersMax];
  size_t count = 0;
  for (Server& node : servers_) {
    if (node.running()) running[count++] = &node;
  }
  return count == 0 ? nullptr : running[world_.choices.Below(count)];
}

// ---- Processes -----------------------------------------------------------------------------------------

void Nemesis::RestartLater(const Server& node, int64_t within) {
  QueuedEvent event;
  event.kind = EventKind::kRestart;
  event.node = static_cast<uint8_t>(node.id().number);
  world_.After(world_.choices.Between(0, within), event);
}

void Nemesis::CrashNode(Server& node, Fault fault) {
  if (!node.up()) return;
  world_.Inject(fault, FaultPhase::kOnce, node.id());
  node.Crash();
  RestartLater(node, Duration());
}

void Nemesis::Processes() {
  if (Begins(Fault::kCrash)) CrashNode(AnyServer(), Fault::kCrash);
  if (Begins(Fault::kCrashLeader)) {
    if (Server* leader = AnyLeader()) CrashNode(*leader, Fault::kCrashLeader);
  }
  if (Begins(Fault::kCrashAll)) {
    const bool all = world_.choices.Below(2) == 0;
    for (Server& node : servers_) {
      if (all || world_.choices.Below(3) != 0) CrashNode(node, Fault::kCrashAll);
    }
  }
  if (Begins(Fault::kPause)) {
    Server* leader = AnyLeader();
    Server& node = leader != nullptr && world_.choices.Below(2) == 0 ? *leader : AnyServer();
    if (node.running()) {
      node.Pause();
      const int64_t duration = Duration();
      world_.Inject(Fault::kPause, FaultPhase::kOnce, node.id(), kNoNode, duration);
      QueuedEvent event;
      event.kind = EventKind::kResume;
      event.node = static_cast<uint8_t>(node.id().number);
      event.life = node.life();
      world_.After(duration, event);
    }
  }
}

void Nemesis::FailAfterFew(uint32_t server) {
  Server& node = servers_[server - 1];
  switch (world_.choices.Below(3)) {
    case 0:
      return CrashNode(node, Fault::kCrashLeader);
    case 1:
      return Cut(Fault::kIsolateLeader, LinkSet::Both(Only(server), ~ServerSet{0}), &node);
    default:
      return;
  }
}

// ---- Disks, clocks, hosts ------------------------------------------------------------------------------

void Nemesis::Disks() {
  if (Begins(Fault::kSlowDisk)) {
    Server& node = AnyServer();
    const int64_t duration = Duration();
    node.SlowDisk(world_.now + duration);
    world_.Inject(Fault::kSlowDisk, FaultPhase::kOnce, node.id(), kNoNode, duration);
  }
  if (Begins(Fault::kDiskFull)) AnyServer().FillDisk(world_.now + Duration());
  if (Begins(Fault::kWipe)) MaybeWipe();
}

void Nemesis::Hosts() {
  const Scenario& scenario = world_.scenario;
  if (Begins(Fault::kSlowApply)) {
    Server& node = AnyServer();
    const int64_t duration = Duration();
    node.SlowApply(world_.now + duration);
    world_.Inject(Fault::kSlowApply, FaultPhase::kOnce, node.id(), kNoNode, duration);
  }
  if (Begins(Fault::kClockJump) && scenario.clock_error_max_micros != 0) {
    Server& node = AnyServer();
    const int64_t error = world_.choices.Between(0, scenario.clock_error_max_micros);
    const int64_t offset = world_.choices.Between(-error, error);
    node.clock().Set(world_.now, offset, error);
    world_.Inject(Fault::kClockJump, FaultPhase::kOnce, node.id(), kNoNode, offset);
  }
  if (Begins(Fault::kSnapshot)) TakeSnapshot();
  if (Begins(Fault::kEarlyTimeout)) EarlyTimeout();
}

void Nemesis::TakeSnapshot() {
  Server* node = world_.choices.Below(2) == 0 ? AnyLeader() : AnyRunning();
  if (node == nullptr) return;
  const State& state = node->state();
  const Index low = state.snapshot.last_included.index + 1, high = state.applied_index;
  if (low > high) return;
  Index index = static_cast<Index>(world_.choices.Between(static_cast<int64_t>(low), static_cast<int64_t>(high)));
  // At the boundary of what some follower needs next, if that can be.
  if (!state.leading.peers.empty() && world_.choices.Below(2) == 0) {
    const Progress& progress = state.leading.peers[world_.choices.Below(state.leading.peers.size())].progress;
    const Index boundary =
        (world_.choices.Below(2) == 0 ? progress.next_index : progress.match_index) - world_.choices.Below(2);
    if (low <= boundary && boundary <= high) index = boundary;
  }
  world_.Inject(Fault::kSnapshot, FaultPhase::kOnce, node->id(), kNoNode, static_cast<int64_t>(index));
  node->TakeSnapshot(index);
}

void Nemesis::EarlyTimeout() {
  Server* node = AnyRunning();
  if (node == nullptr) return;
  world_.Inject(Fault::kEarlyTimeout, FaultPhase::kOnce, node->id());
  switch (world_.choices.Below(6)) {
    case 0:
      return node->FireEarly(input::QuorumCheckTimeout{});
    case 1:
      return node->FireEarly(input::HeartbeatTimeout{});
    default:
      // A lease counts on nobody's giving up on a leader before an election timeout has passed.
      if (world_.scenario.options.lease_micros == 0) node->FireEarly(input::ElectionTimeout{});
  }
}

}  // namespace lockstep::sim
