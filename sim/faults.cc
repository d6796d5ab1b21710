#include "sim/faults.h"

namespace lockstep::sim {

const std::array<FaultRow, kFaultCount>& FaultTable() {
  static constexpr std::array<FaultRow, kFaultCount> kTable = {{
      {Fault::kLoss, "loss", "a message is lost, of whole nodes a connection at an eighth of that; per message"},
      {Fault::kDelay, "delay", "a message takes up to many election timeouts; per message"},
      {Fault::kDuplicate, "duplicate", "a message arrives twice; per message", true, false},
      {Fault::kLateDuplicate, "late-duplicate",
       "a copy arrives long after, or after the next leader change; per message", true, false},
      {Fault::kReorder, "reorder", "a message overtakes earlier ones of its link; per message", true, false},
      {Fault::kPartition, "partition", "two groups cannot reach each other; per interval"},
      {Fault::kOneWay, "one-way", "messages pass in one direction only; per interval"},
      {Fault::kPartial, "partial", "two nodes cannot reach each other, all others can; per interval"},
      {Fault::kFlapping, "flapping", "a link or a node's links go up and down quickly; per interval"},
      {Fault::kIsolateLeader, "isolate-leader", "a leader is cut off, wholly or one way; per interval"},
      {Fault::kBridge, "bridge", "everyone reaches a majority, nobody the same one; per interval"},
      {Fault::kFewFollowers, "few-followers", "what a leader appends reaches a minority, then it fails; per interval"},
      {Fault::kCrash, "crash", "a process ends and starts again later; per interval"},
      {Fault::kCrashAtCut, "crash-at-cut", "a process ends between two effects of a step; per step with effects", true,
       false},
      {Fault::kCrashLeader, "crash-leader", "a leader ends and starts again later; per interval"},
      {Fault::kCrashAll, "crash-all", "a majority ends at once and starts again; per interval"},
      {Fault::kPause, "pause", "a process stands still and wakes up without noticing; per interval"},
      {Fault::kLoseUnsynced, "lose-unsynced", "writes not yet confirmed are lost; per crash"},
      {Fault::kTornWrite, "torn-write", "of a lost or failed write a part remains; per such write"},
      {Fault::kWriteReorder, "write-reorder", "a write completes long after later ones; per write", true, false},
      {Fault::kSlowDisk, "slow-disk", "a disk is slow for a while; per interval"},
      {Fault::kWriteFailure, "write-failure", "a write fails; per write"},
      {Fault::kDiskFull, "disk-full", "every write of a node fails for a while; per interval"},
      {Fault::kSnapshotFailure, "snapshot-failure", "taking, storing or installing a snapshot fails; per operation"},
      {Fault::kLoadFailure, "load-failure", "entries cannot be loaded for sending; per load", true, false},
      {Fault::kWipe, "wipe", "a server loses its disk and returns as a new node; per interval"},
      {Fault::kClockDrift, "clock-drift", "a clock runs at another rate; per node"},
      {Fault::kClockJump, "clock-jump", "a clock jumps within its error bound; per interval"},
      {Fault::kMembership, "membership", "an operator changes the configuration; per interval"},
      {Fault::kTransfer, "transfer", "an operator moves the leadership; per interval"},
      {Fault::kCancel, "cancel", "a request is withdrawn; per request that times out"},
      {Fault::kSnapshot, "snapshot", "a host takes a snapshot unasked; per interval"},
      {Fault::kSlowApply, "slow-apply", "a state machine is slow for a while; per interval"},
      {Fault::kUnreachable, "unreachable", "a sender is told that a peer is unreachable; per lost message", true,
       false},
      {Fault::kEarlyTimeout, "early-timeout", "a timer fires early; per interval", true, false},
      {Fault::kHalfOpen, "half-open", "one side of a broken connection does not notice for long; per break", false,
       true},
      {Fault::kSplitRead, "split-read", "bytes arrive in other pieces than they were sent; per arrival", false, true},
      {Fault::kCrashAtFile, "crash-at-file", "a process ends within an operation on a file; per operation", false,
       true},
      {Fault::kSyncFailure, "sync-failure", "a disk fails to sync, and goes on failing for a while; per interval",
       false, true},
      {Fault::kDiskStall, "disk-stall", "a disk answers nothing for long; per interval", false, true},
      {Fault::kDamagedRead, "damaged-read", "a read gives a flipped bit, the disk has the right one; per read", false,
       true},
      {Fault::kDamagedBlock, "damaged-block", "a block on a disk is damaged for good; per interval", false, true},
      {Fault::kMisdirectedBlock, "misdirected-block", "a block on a disk holds what belongs elsewhere; per interval",
       false, true},
      {Fault::kLostFile, "lost-file", "a stopped node's file or folder is gone; per interval", false, true},
      {Fault::kWrongName, "wrong-name", "a node is started on the files of another name or life; per restart", false,
       true},
  }};
  return kTable;
}

const char* ToString(Fault fault) { return FaultTable()[static_cast<size_t>(fault)].name; }

const char* ToString(Stack stack) {
  switch (stack) {
    case Stack::kCore:
      return "core";
    case Stack::kFull:
      return "full";
    case Stack::kService:
      return "service";
  }
  return "";
}

std::optional<Stack> StackNamed(std::string_view name) {
  if (name == "full") return Stack::kFull;
  if (name == "core") return Stack::kCore;
  if (name == "service") return Stack::kService;
  return std::nullopt;
}

std::vector<Fault> FaultsOf(Stack stack) {
  std::vector<Fault> faults;
  for (const FaultRow& row : FaultTable()) {
    if (row.known(stack)) faults.push_back(row.fault);
  }
  return faults;
}

std::optional<Fault> FaultNamed(std::string_view name) {
  for (const FaultRow& row : FaultTable()) {
    if (row.name == name) return row.fault;
  }
  return std::nullopt;
}

}  // namespace lockstep::sim
