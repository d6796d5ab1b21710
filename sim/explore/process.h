// One node with its host and disk as a value, and what each event makes of it.
//
// The host applies at once, within the event that asked for it, unless the bounds say otherwise. Its disk does not:
// writes, chunks, installations and snapshots wait until the search completes them, fails them, or takes them away in a
// crash. Write ids are renumbered after each event, so that equal situations are equal values however they came about.
#ifndef LOCKSTEP_SIM_EXPLORE_PROCESS_H_
#define LOCKSTEP_SIM_EXPLORE_PROCESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/fingerprint.h"
#include "core/input.h"
#include "core/start.h"
#include "core/state.h"
#include "sim/explore/rename.h"

namespace lockstep::sim::explore {

// A write that the core waits for.
struct Write {
  Effect effect;         // SaveVote, AppendLog, TruncateLog; StoreSnapshotChunk, InstallSnapshot, TakeSnapshot.
  bool on_disk = false;  // A later write was completed first: this one is there, but the core was not told.
  friend bool operator==(const Write&, const Write&) = default;
};

struct HeldMessage {
  WriteId after = 0;
  Message message;
  friend bool operator==(const HeldMessage&, const HeldMessage&) = default;
};

struct Process {
  State state;
  DurableState disk;
  std::vector<Write> writes;      // In the order in which they were asked for.
  std::vector<HeldMessage> held;  // In an order of their own, that neither time nor names decide.
  Index applying = 0;             // Given to the state machine up to here, and not confirmed yet; 0: nothing.

  friend bool operator==(const Process&, const Process&) = default;
};

// Whether writes of this kind are one sequence on disk: a completion or a failure concerns those around it.
bool IsLogWrite(const Effect& effect);

Fingerprint FingerprintOf(const Process& process);
Process Renamed(const Process& process, const Permutation& permutation);

// What can happen to one process.
enum class EventKind : uint8_t {
  kDeliver,  // `message`.
  kElectionTimeout,
  kHeartbeatTimeout,
  kQuorumCheckTimeout,
  kPropose,      // Command `argument`.
  kRead,         // Read `argument`.
  kTransfer,     // To the node in slot `argument`.
  kChange,       // To target `argument`.
  kSnapshot,     // Of the state as applied is begun.
  kWriteDone,    // Write number `argument` of the list.
  kWriteFailed,  // Write number `argument % kPart`, of which `argument / kPart` entries are on disk all the same.
  kCrash,        // `argument % kPart` writes survive, and `argument / kPart` entries of the next; a start follows.
  kApplied,      // The state machine confirms what it was given.
  kUnreachable,  // The transport lost the node in slot `argument`.
  kCancel,       // Of request `argument`.
  kLose,         // `message` will not arrive.
};
inline constexpr uint32_t kPart = 1 << 8;
const char* Name(EventKind kind);

// How much of `write` can be on disk without all of it being there: entries, from 1 on; 0: it is there or it is not.
uint32_t PartsOf(const Effect& write);

// What a read or a proposal of the search came to.
struct Served {
  RequestId request_id = 0;
  Index index = 0;
};

// The outcome of one event.
struct Happening {
  Process after;
  std::vector<Message> sent;  // Handed to the network, in order.
  std::vector<Served> reads;  // Reads served, at which index.
  std::vector<Input> inputs;  // The inputs that the core took, for reports and for refinement.
  std::optional<effect::Halt> halt;
  absl::Status error;  // The disk could not be started from: what Start said.
};

// A founding member with an empty log; the process of slot `slot`.
Process Founder(uint32_t slot, const Bounds& bounds);

// Sees each step of the core, and each start after a crash.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void Stepped(const State& before, const Input& input, const EffectSink& effects, const State& after) = 0;
  virtual void Restarted(const DurableState& disk, const State& state) = 0;
};

// What `kind` makes of `before`. Pure.
Happening Happen(const Process& before, EventKind kind, uint32_t argument, const Message* message, const Bounds& bounds,
                 StepObserver* observer);

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_PROCESS_H_
