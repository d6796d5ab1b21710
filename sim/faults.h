// Every fault that the simulator can inject, in one table: its name and what it does.
//
// A scenario gives each fault a rate; the name selects it on the command line (`--faults=crash,loss`) and
// heads its row in the table of a campaign. What a rate is a rate of, the table says.
#ifndef LOCKSTEP_SIM_FAULTS_H_
#define LOCKSTEP_SIM_FAULTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::sim {

enum class Fault : uint8_t {
  // Per message.
  kLoss,
  kDelay,
  kDuplicate,
  kLateDuplicate,
  kReorder,
  // Of the network, from time to time; each is healed after a while.
  kPartition,
  kOneWay,
  kPartial,
  kFlapping,
  kIsolateLeader,
  kBridge,
  kFewFollowers,
  // Of processes.
  kCrash,
  kCrashAtCut,
  kCrashLeader,
  kCrashAll,
  kPause,
  // Of disks.
  kLoseUnsynced,
  kTornWrite,
  kWriteReorder,
  kSlowDisk,
  kWriteFailure,
  kDiskFull,
  kSnapshotFailure,
  kLoadFailure,
  kWipe,
  // Of clocks.
  kClockDrift,
  kClockJump,
  // What users and operators do at bad moments.
  kMembership,
  kTransfer,
  kCancel,
  kSnapshot,
  kSlowApply,
  kUnreachable,
  kEarlyTimeout,
  // Of whole nodes only: their connections, processes, disks.
  kHalfOpen,
  kSplitRead,
  kCrashAtFile,
  kSyncFailure,
  kDiskStall,
  kDamagedRead,
  kDamagedBlock,
  kMisdirectedBlock,
  kLostFile,
  kWrongName,
};
inline constexpr size_t kFaultCount = static_cast<size_t>(Fault::kWrongName) + 1;

// What runs in a simulated server.
enum class Stack : uint8_t {
  kCore,     // The bare core with a simulated host.
  kFull,     // A whole node: driver, log files, snapshot files, codec, connections, state machine.
  kService,  // The same with the key-value store's services on it, and clients of theirs.
};
const char* ToString(Stack stack);
std::optional<Stack> StackNamed(std::string_view name);

struct FaultRow {
  Fault fault;
  const char* name;         // As in --faults=.
  const char* description;  // One line; ends in what a rate of one million means.
  bool core = true;         // Whether servers of each stack know it.
  bool full = true;

  bool known(Stack stack) const { return stack == Stack::kCore ? core : full; }
};

// One row for each fault, in the order of the enumeration.
const std::array<FaultRow, kFaultCount>& FaultTable();
const char* ToString(Fault fault);
// Those that servers of `stack` know.
std::vector<Fault> FaultsOf(Stack stack);
std::optional<Fault> FaultNamed(std::string_view name);

// A value for each fault.
template <typename T>
class FaultArray {
 public:
  T& operator[](Fault fault) { return values_[static_cast<size_t>(fault)]; }
  const T& operator[](Fault fault) const { return values_[static_cast<size_t>(fault)]; }
  friend bool operator==(const FaultArray&, const FaultArray&) = default;

 private:
  std::array<T, kFaultCount> values_{};
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_FAULTS_H_
