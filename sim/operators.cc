// What operators ask of the cluster while the nemesis is at work.
#include <algorithm>

#include "sim/nemesis.h"

namespace lockstep::sim {

void Nemesis::Operators() {
  if (Begins(Fault::kMembership)) {
    Server* node = world_.choices.Below(8) == 0 ? AnyRunning() : AnyLeader();
    if (node != nullptr) ChangeMembership(*node);
  }
  if (Begins(Fault::kTransfer)) {
    Server* node = world_.choices.Below(8) == 0 ? AnyRunning() : AnyLeader();
    if (node != nullptr) Transfer(*node);
  }
  // A lost identity is replaced sooner or later, or the cluster would shrink for ever.
  const bool may_be_lost = world_.scenario.fault_ppm[Fault::kWipe] != 0 || world_.scenario.full_stack;
  if (!may_be_lost || world_.choices.Below(4) != 0) return;
  Server* leader = AnyLeader();
  if (leader == nullptr) return;
  const NodeSet members = leader->state().configuration().Members();
  const bool lost =
      std::any_of(members.begin(), members.end(), [this](NodeId id) { return servers_[id.number - 1].id() != id; });
  if (lost) ChangeMembership(*leader);
}

void Nemesis::ChangeMembership(Server& node) {
  if (!node.running() || servers_.plans() != nullptr) return;
  const Configuration& from = node.state().configuration();
  input::ProposeConfiguration request;
  request.change = DrawChange(servers_, from, world_.choices);
  const absl::StatusOr<Configuration> to = NextConfiguration(from, request.change);
  const ServerSet all = FirstServers(static_cast<uint32_t>(servers_.size()));
  if (to.ok()) {
    if (!HasQuorum(servers_, all, *to)) return;
  } else if (world_.choices.Below(4) != 0) {
    return;  // Few that are refused are enough.
  }
  world_.Inject(Fault::kMembership, FaultPhase::kOnce, node.id(), kNoNode,
                static_cast<int64_t>(request.change.members.size()));
  node.Operate(std::move(request));
}

void Nemesis::Transfer(Server& node) {
  if (!node.running()) return;
  const NodeId target = AnyServer().id();
  world_.Inject(Fault::kTransfer, FaultPhase::kOnce, node.id(), target);
  node.Operate(input::TransferLeadership{0, target});
}

void Nemesis::MaybeWipe() {
  Server& node = AnyServer();
  const ServerSet rest = FirstServers(static_cast<uint32_t>(servers_.size())) & ~Only(node.id().number);
  if (!HasQuorumEverywhere(servers_, rest, world_.monitor.committed_configuration_index())) return;
  world_.Inject(Fault::kWipe, FaultPhase::kOnce, node.id());
  if (node.up()) node.Crash();
  node.Wipe();
  RestartLater(node, Duration());
}

}  // namespace lockstep::sim
