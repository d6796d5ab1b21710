#include "sim/stack/atlas.h"

#include <algorithm>

#include "sim/membership.h"
#include "sim/stack/disk_damage.h"

namespace lockstep::sim {

StackNode& Atlas::AnyNode() { return *nodes_[world_.choices.Below(nodes_.size())]; }

int64_t Atlas::Duration() {
  const int64_t longest = world_.scenario.fault_duration_max_micros >> world_.choices.Below(4);
  return world_.choices.Between(1, std::max<int64_t>(1, longest));
}

void Atlas::Strike() {
  if (world_.Strikes(Fault::kSyncFailure)) AnyNode().faults().FailSyncs(world_.now + Duration());
  if (world_.Strikes(Fault::kDiskStall)) {
    StackNode& node = AnyNode();
    const int64_t duration = 2 * Duration();
    node.faults().Stall(world_.now + duration);
    world_.Inject(Fault::kDiskStall, FaultPhase::kOnce, node.id(), kNoNode, duration);
  }
  StrikeLeader();
  if (world_.Strikes(Fault::kDamagedBlock)) Damage(AnyNode());
  if (world_.Strikes(Fault::kMisdirectedBlock)) Misdirect(AnyNode());
  if (world_.Strikes(Fault::kLostFile)) LoseFiles(AnyNode());
  ReplaceRefused();
}

// What is slow delays most where all others wait for it: half done work piles up, and others take over meanwhile.
void Atlas::StrikeLeader() {
  const auto at = std::find_if(nodes_.begin(), nodes_.end(), [](const StackNode* node) { return node->leads(); });
  if (at == nodes_.end()) return;
  StackNode& leader = **at;
  if (world_.Strikes(Fault::kSlowApply)) {
    const int64_t duration = Duration();
    leader.SlowApply(world_.now + duration);
    world_.Inject(Fault::kSlowApply, FaultPhase::kOnce, leader.id(), kNoNode, duration);
  }
  if (world_.Strikes(Fault::kDiskStall)) {
    const int64_t duration = 2 * Duration();
    leader.faults().Stall(world_.now + duration);
    world_.Inject(Fault::kDiskStall, FaultPhase::kOnce, leader.id(), kNoNode, duration);
  }
  if (world_.Strikes(Fault::kSlowDisk)) {
    const int64_t duration = Duration();
    leader.SlowDisk(world_.now + duration);
    world_.Inject(Fault::kSlowDisk, FaultPhase::kOnce, leader.id(), kNoNode, duration);
  }
}

bool Atlas::Spares(const StackNode& node) const {
  const ServerSet rest = FirstServers(static_cast<uint32_t>(servers_.size())) & ~Only(node.id().number);
  return HasQuorumEverywhere(servers_, rest, world_.monitor.committed_configuration_index());
}

Atlas::Block Atlas::DrawBlock(StackNode& node) {
  const std::vector<std::string> paths = node.disk().Paths();
  for (int attempt = 0; attempt < 4 && !paths.empty(); ++attempt) {
    const std::string& path = paths[world_.choices.Below(paths.size())];
    const uint64_t size = node.disk().Content(path).size();
    if (size == 0) continue;
    const uint64_t sector = world_.choices.Below((size + runtime::kSectorBytes - 1) / runtime::kSectorBytes);
    const uint64_t offset = sector * runtime::kSectorBytes;
    const Block block{path, offset, std::min(runtime::kSectorBytes, size - offset)};
    if (ShowsDamage(node.disk(), node.identity(), path, offset, block.size)) return block;
  }
  return {};
}

void Atlas::Damage(StackNode& node) {
  if (!Spares(node)) return;
  const Block block = DrawBlock(node);
  if (block.path.empty()) return;
  // One bit, or the whole block.
  const bool one_bit = world_.choices.Below(2) == 0;
  const uint64_t first = one_bit ? world_.choices.Below(block.size) : 0;
  const uint64_t count = one_bit ? 1 : block.size;
  for (uint64_t i = first; i < first + count; ++i) {
    const char flip = one_bit ? static_cast<char>(1 << world_.choices.Below(8)) : static_cast<char>(0x5a + i);
    node.disk().Damage(block.path, block.offset + i, flip);
  }
  Lose(node, Fault::kDamagedBlock, false);
}

void Atlas::Misdirect(StackNode& node) {
  if (!Spares(node)) return;
  const Block to = DrawBlock(node);
  if (to.path.empty()) return;
  const Block from = DrawBlock(node);
  if (from.path.empty()) return;
  const std::string other = node.disk().Content(from.path).substr(from.offset, from.size);
  const std::string mine = node.disk().Content(to.path).substr(to.offset, std::min(from.size, to.size));
  if (other.substr(0, mine.size()) == mine) return;
  for (size_t i = 0; i < mine.size(); ++i) {
    node.disk().Damage(to.path, to.offset + i, static_cast<char>(mine[i] ^ other[i]));
  }
  Lose(node, Fault::kMisdirectedBlock, false);
}

void Atlas::LoseFiles(StackNode& node) {
  if (!Spares(node) || !node.disk_intact()) return;
  if (node.up()) node.Crash();
  // What is in doubt there stays: what it cannot do without must be certain.
  node.disk().Crash([] { return true; });
  const Log& log = node.durable_log();
  // Without a term there is nothing yet that it could have promised.
  if (node.state().id != node.id() || node.state().current_term == 0 || log.last_index() == 0) {
    return RestartLater(node);
  }
  std::string gone = "log/";
  if (world_.choices.Below(3) == 0) gone = "identity";
  if (log.base_index() > 0 && world_.choices.Below(2) == 0) gone = "snapshots/";
  const std::vector<std::string> paths = node.disk().Paths();
  const bool refers = std::any_of(paths.begin(), paths.end(), [&node](const std::string& path) {
    return path.starts_with("data/") && ShowsDamage(node.disk(), node.identity(), path, 0, 1);
  });
  if (refers && world_.choices.Below(2) == 0) gone = "data/";
  // Of the log maybe only a part that it cannot do without.
  const std::vector<std::string> needed = NeededSegments(node.disk(), node.identity());
  if (!needed.empty() && world_.choices.Below(2) == 0) gone = needed[world_.choices.Below(needed.size())];
  for (const std::string& path : paths) {
    if (path.starts_with(gone)) node.disk().Remove(path);
  }
  Lose(node, Fault::kLostFile, true);
  RestartLater(node);
}

void Atlas::Lose(StackNode& node, Fault fault, bool refused_next) {
  node.LoseDisk(refused_next);
  world_.Inject(fault, FaultPhase::kOnce, node.id());
  CheckCopies(node);
  if (!node.up() || world_.choices.Below(2) == 0) return;
  node.Crash();
  RestartLater(node);
}

void Atlas::CheckCopies(const StackNode& struck) {
  const ServerSet all = FirstServers(static_cast<uint32_t>(servers_.size()));
  const Index committed = world_.monitor.committed_index();
  if (!HasQuorumEverywhere(servers_, all, world_.monitor.committed_configuration_index())) {
    return world_.Fail("LastGoodCopyProp", struck.id(), "a majority of a configuration has lost its disks");
  }
  if (!HasGoodCopy(servers_, committed)) {
    world_.Fail("LastGoodCopyProp", struck.id(),
                "no good disk holds what was committed at " + std::to_string(committed));
  }
}

void Atlas::ReplaceRefused() {
  for (StackNode* node : nodes_) {
    if (!node->refused() || node->up() || world_.choices.Below(4) != 0) continue;
    world_.Inject(Fault::kWipe, FaultPhase::kOnce, node->id());
    node->Wipe();
    CheckCopies(*node);
    RestartLater(*node);
  }
}

void Atlas::RestartLater(StackNode& node) {
  QueuedEvent event;
  event.kind = EventKind::kRestart;
  event.node = static_cast<uint8_t>(node.id().number);
  world_.After(Duration(), event);
}

}  // namespace lockstep::sim
