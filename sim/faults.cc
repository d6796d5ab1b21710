#include "sim/faults.h"

namespace lockstep::sim {

const std::array<FaultRow, kFaultCount>& FaultTable() {
  static constexpr std::array<FaultRow, kFaultCount> kTable = {{
      {Fault::kLoss, "loss", "a message is lost; per message"},
      {Fault::kDelay, "delay", "a message takes up to many election timeouts; per message"},
      {Fault::kDuplicate, "duplicate", "a message arrives twice; per message"},
      {Fault::kLateDuplicate, "late-duplicate",
       "a copy arrives long after, or after the next leader change; per message"},
      {Fault::kReorder, "reorder", "a message overtakes earlier ones of its link; per message"},
      {Fault::kPartition, "partition", "two groups cannot reach each other; per interval"},
      {Fault::kOneWay, "one-way", "messages pass in one direction only; per interval"},
      {Fault::kPartial, "partial", "two nodes cannot reach each other, all others can; per interval"},
      {Fault::kFlapping, "flapping", "a link or a node's links go up and down quickly; per interval"},
      {Fault::kIsolateLeader, "isolate-leader", "a leader is cut off, wholly or one way; per interval"},
      {Fault::kBridge, "bridge", "everyone reaches a majority, nobody the same one; per interval"},
      {Fault::kFewFollowers, "few-followers", "what a leader appends reaches a minority, then it fails; per interval"},
      {Fault::kCrash, "crash", "a process ends and starts again later; per interval"},
      {Fault::kCrashAtCut, "crash-at-cut", "a process ends between two effects of a step; per step with effects"},
      {Fault::kCrashLeader, "crash-leader", "a leader ends and starts again later; per interval"},
      {Fault::kCrashAll, "crash-all", "a majority ends at once and starts again; per interval"},
      {Fault::kPause, "pause", "a process stands still and wakes up without noticing; per interval"},
      {Fault::kLoseUnsynced, "lose-unsynced", "writes not yet confirmed are lost; per crash"},
      {Fault::kTornWrite, "torn-write", "of a lost or failed write a part remains; per such write"},
      {Fault::kWriteReorder, "write-reorder", "a write completes long after later ones; per write"},
      {Fault::kSlowDisk, "slow-disk", "a disk is slow for a while; per interval"},
      {Fault::kWriteFailure, "write-failure", "a write fails; per write"},
      {Fault::kDiskFull, "disk-full", "every write of a node fails for a while; per interval"},
      {Fault::kSnapshotFailure, "snapshot-failure", "taking, storing or installing a snapshot fails; per operation"},
      {Fault::kLoadFailure, "load-failure", "entries cannot be loaded for sending; per load"},
      {Fault::kWipe, "wipe", "a server loses its disk and returns as a new node; per interval"},
      {Fault::kClockDrift, "clock-drift", "a clock runs at another rate; per node"},
      {Fault::kClockJump, "clock-jump", "a clock jumps within its error bound; per interval"},
      {Fault::kMembership, "membership", "an operator changes the configuration; per interval"},
      {Fault::kTransfer, "transfer", "an operator moves the leadership; per interval"},
      {Fault::kCancel, "cancel", "a request is withdrawn; per request that times out"},
      {Fault::kSnapshot, "snapshot", "a host takes a snapshot unasked; per interval"},
      {Fault::kSlowApply, "slow-apply", "a state machine is slow for a while; per interval"},
      {Fault::kUnreachable, "unreachable", "a sender is told that a peer is unreachable; per lost message"},
      {Fault::kEarlyTimeout, "early-timeout", "a timer fires early; per interval"},
  }};
  return kTable;
}

const char* ToString(Fault fault) { return FaultTable()[static_cast<size_t>(fault)].name; }

std::optional<Fault> FaultNamed(std::string_view name) {
  for (const FaultRow& row : FaultTable()) {
    if (row.name == name) return row.fault;
  }
  return std::nullopt;
}

}  // namespace lockstep::sim
