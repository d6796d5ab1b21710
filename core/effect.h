// What a node's host must do, in the order given.
//
// Durable writes take effect in the order in which they are asked for, and a crash keeps a prefix of them: a host
// whose disk reorders must frame its records so that whatever follows a lost one is dropped when it starts again.
// Their completions may be told in any order.
//
// An effect is complete in itself: it holds for the moment at which it was emitted, whatever the state
// becomes before it is carried out. A crash is a cut of this list: what lies before the cut may have been
// done, nothing behind it has.
#ifndef LOCKSTEP_CORE_EFFECT_H_
#define LOCKSTEP_CORE_EFFECT_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/configuration.h"
#include "core/message.h"
#include "core/types.h"

namespace lockstep {
namespace effect {

// Durable: replace term and vote, both in one atomic write. [Raft §5.1, Fig. 2]
struct SaveVote {
  WriteId write_id = 0;
  Term term = 0;
  NodeId voted_for;
  friend bool operator==(const SaveVote&, const SaveVote&) = default;
};

// Durable: put these entries at `first` and after; whatever was there before, or behind, is gone.
// Payloads: for Receive(AppendEntries) those that came with the message, at the same indexes; for Propose
// those of the first proposals of the batch, in order, one for each kCommand; entries written again after
// a failure have theirs with the host already.
struct AppendLog {
  WriteId write_id = 0;
  Index first = 0;
  std::vector<EntryMeta> entries;
  std::vector<ConfigurationEntry> configurations;

  Index last() const { return first + entries.size() - 1; }
  friend bool operator==(const AppendLog&, const AppendLog&) = default;
};

// Durable: take away everything after `last`.
struct TruncateLog {
  WriteId write_id = 0;
  Index last = 0;
  friend bool operator==(const TruncateLog&, const TruncateLog&) = default;
};

// Send, not before write `after` is done (0: at once). If that write fails, never. May be lost.
// The host attaches payloads: of an AppendEntries' commands, of an InstallSnapshot's byte range.
struct Send {
  Message message;
  WriteId after = 0;
  friend bool operator==(const Send&, const Send&) = default;
};

// Make the payloads of [first, last] available and answer with input::EntriesLoaded.
struct LoadEntries {
  NodeId peer;
  Index first = 0;
  Index last = 0;
  friend bool operator==(const LoadEntries&, const LoadEntries&) = default;
};

// Apply the commands in [first, last] in order and answer with input::Applied{last}.
struct Apply {
  Index first = 0;
  Index last = 0;
  friend bool operator==(const Apply&, const Apply&) = default;
};

enum class Timer : uint8_t { kElection, kHeartbeat, kQuorumCheck };
// (Re)start this timer with a duration of the host's choice: for kElection a random one of at least the
// election timeout, for kQuorumCheck the election timeout, for kHeartbeat a fraction of it.
struct SetTimer {
  Timer timer = Timer::kElection;
  friend bool operator==(const SetTimer&, const SetTimer&) = default;
};

// Take a snapshot of the state after `last_included`, which is the last entry given to Apply; answer
// with input::SnapshotTaken once it is durable.
struct TakeSnapshot {
  LogPosition last_included;
  ConfigurationEntry configuration;
  friend bool operator==(const TakeSnapshot&, const TakeSnapshot&) = default;
};

// Entries up to `last` will never be asked for again: a durable snapshot covers them.
struct CompactLog {
  LogPosition last;
  friend bool operator==(const CompactLog&, const CompactLog&) = default;
};

// Store the bytes that came with this chunk beside the current snapshot, at its offset (offset 0 starts
// anew), and answer with input::SnapshotChunkStored.
struct StoreSnapshotChunk {
  WriteId write_id = 0;
  NodeId source;
  LogPosition last_included;
  uint64_t offset = 0;
  uint32_t bytes = 0;
  uint64_t total_bytes = 0;
  friend bool operator==(const StoreSnapshotChunk&, const StoreSnapshotChunk&) = default;
};

// Durable and atomic: make the stored chunks the current snapshot, restore the state machine from it and empty the
// log: it goes on after last_included. Never asked for if the log holds last_included. Answer with
// input::SnapshotInstalled.
struct InstallSnapshot {
  LogPosition last_included;
  ConfigurationEntry configuration;
  friend bool operator==(const InstallSnapshot&, const InstallSnapshot&) = default;
};

enum class OutcomeKind : uint8_t {
  kDone,      // It has happened.
  kRejected,  // It has not happened and will not.
  kUnknown,   // It may have happened, or may yet.
};
enum class Reason : uint8_t {
  kNone,
  kNotLeader,           // Ask `leader`.
  kLeadershipLost,      // This node led when the request came, and no longer does.
  kQuotaExceeded,       // Too many uncommitted bytes: try again later.
  kTransferInProgress,  // Leadership is being handed over: try again, soon elsewhere.
  kChangeInProgress,    // An earlier configuration change is not committed yet.
  kTermNotCommitted,    // The leader has not committed an entry of its own term yet: try again.
  kInvalidChange,       // No such change is possible from the current configuration.
  kInvalidTarget,       // The transfer's target is no voter, or the leader itself.
  kTimedOut,            // Not done within an election timeout.
  kCancelled,           // The host withdrew it.
  kStorageFailed,       // This node's disk fails.
  kHalted,              // This node has halted.
};
// The one terminal outcome of a request.
struct Outcome {
  RequestId request_id = 0;
  OutcomeKind kind = OutcomeKind::kDone;
  Reason reason = Reason::kNone;
  NodeId leader;    // The leader known here, for a request that should go elsewhere.
  Index index = 0;  // Proposal, change: the entry's index. Read: the state applied to at least here is fresh.
  Term term = 0;    // Proposal, change: the entry's term.
  // A read by lease: look up before any later effect is carried out (a TimeoutNow or a change of role among them ends
  // the lease), then check that the host's latest possible time is still below this; if not, the read must be asked
  // again. 0 for every other outcome.
  int64_t lease_until_micros = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// The configuration in effect here has changed (by append, truncation or snapshot).
struct ConfigurationChanged {
  ConfigurationEntry configuration;
  friend bool operator==(const ConfigurationChanged&, const ConfigurationChanged&) = default;
};

struct RoleChanged {
  Role role = Role::kFollower;
  Term term = 0;
  NodeId leader;
  friend bool operator==(const RoleChanged&, const RoleChanged&) = default;
};

enum class HaltReason : uint8_t {
  kAcknowledgedEntriesLost,  // The leader knows of acknowledged entries that this log no longer holds.
  kCommittedConflict,        // The leader's log differs from a committed entry of this one.
  kTwoLeaders,               // Another node leads in the term in which this one does.
};
// Durability was lost or safety broken: this node must stop. It ignores all further inputs.
struct Halt {
  HaltReason reason = HaltReason::kAcknowledgedEntriesLost;
  NodeId peer;        // Who showed it.
  LogPosition here;   // What this node has …
  LogPosition there;  // … and what it should have.
  friend bool operator==(const Halt&, const Halt&) = default;
};

}  // namespace effect

using Effect = std::variant<effect::SaveVote, effect::AppendLog, effect::TruncateLog, effect::Send, effect::LoadEntries,
                            effect::Apply, effect::SetTimer, effect::TakeSnapshot, effect::CompactLog,
                            effect::StoreSnapshotChunk, effect::InstallSnapshot, effect::Outcome,
                            effect::ConfigurationChanged, effect::RoleChanged, effect::Halt>;

// The list that Step appends to. Reuse one between steps: clear() keeps its memory.
class EffectSink {
 public:
  template <typename T>
  void Add(T&& effect) {
    effects_.emplace_back(std::forward<T>(effect));
  }
  void clear() { effects_.clear(); }
  bool empty() const { return effects_.empty(); }
  size_t size() const { return effects_.size(); }
  const Effect& operator[](size_t i) const { return effects_[i]; }
  Effect& operator[](size_t i) { return effects_[i]; }
  auto begin() const { return effects_.begin(); }
  auto end() const { return effects_.end(); }
  auto begin() { return effects_.begin(); }
  auto end() { return effects_.end(); }

 private:
  std::vector<Effect> effects_;
};

const char* KindName(const Effect& effect);
const char* ToString(effect::Timer timer);
const char* ToString(effect::OutcomeKind kind);
const char* ToString(effect::Reason reason);
const char* ToString(effect::HaltReason reason);

// One readable line: "Send 1->2 AppendEntries … after write 7".
std::string ToString(const Effect& effect);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_EFFECT_H_
