// One node with its host and disk as a value, and what each event makes of it.
//
// The host is prompt: it applies, installs and stores at once, within the event that asked for it. Its disk is not:
// writes wait until the search completes them, fails them, or takes them away in a crash. Write ids are renumbered
// after each event, so that equal situations are equal values however they came about.
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
  Effect effect;         // SaveVote, AppendLog or TruncateLog.
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
  std::vector<Write> writes;  // In the order in which they were asked for.
  std::vector<HeldMessage> held;

  friend bool operator==(const Process&, const Process&) = default;
};

Fingerprint FingerprintOf(const Process& process);
Process Renamed(const Process& process, const Permutation& permutation);

// What can happen to one process.
enum class EventKind : uint8_t {
  kDeliver,  // `message`.
  kElectionTimeout,
  kHeartbeatTimeout,
  kQuorumCheckTimeout,
  kPropose,    // Command `argument`.
  kRead,       // Read `argument`.
  kTransfer,   // To the node in slot `argument`.
  kChange,     // To target `argument`.
  kSnapshot,   // Of the state as applied.
  kWriteDone,  // Write number `argument` of the list.
  kWriteFailed,
  kCrash,  // `argument` of the writes survive; the process starts again.
};
const char* Name(EventKind kind);

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

// What `kind` makes of `before`. Pure. Observer sees each step of the core.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void Stepped(const State& before, const Input& input, const EffectSink& effects, const State& after) = 0;
};
Happening Happen(const Process& before, EventKind kind, uint32_t argument, const Message* message, const Bounds& bounds,
                 StepObserver* observer);

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_PROCESS_H_
