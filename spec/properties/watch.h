// What the families of checks share: the shadow of each node, the history, and the view of one step.
//
// A shadow keeps the few values of a node that its next step is compared with, so that no State is ever copied. Every
// family's checks read a StepView, and each value of the shadow is moved on by the one family that owns it, after
// its checks; what nobody owns is moved on by monitor.cc when all checks have passed.
#ifndef LOCKSTEP_SPEC_PROPERTIES_WATCH_H_
#define LOCKSTEP_SPEC_PROPERTIES_WATCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"
#include "spec/properties/disk_model.h"
#include "spec/properties/goals.h"
#include "spec/properties/history.h"
#include "spec/properties/violation.h"

namespace lockstep::spec {

struct PeerShadow {
  NodeId id;
  ProgressMode mode = ProgressMode::kProbe;
  Index match_index = 0;
  friend bool operator==(const PeerShadow&, const PeerShadow&) = default;
};

enum class RequestKind : uint8_t { kProposal, kChange, kRead, kTransfer };

struct OpenRequest {
  RequestKind kind = RequestKind::kProposal;
  bool confirmed = false;  // A read whose index has been checked.
  Index index = 0;         // A proposal: where it was appended; 0: not (yet).
  Term term = 0;           //   ... and in which term.
  Index required = 0;      // A read: the largest committed index when it was asked.
  uint64_t invoked = 0;    // A read: the event at which it was asked.
  uint64_t position = 0;   // A read that was sent on: under this number; 0: it was not.
  friend bool operator==(const OpenRequest&, const OpenRequest&) = default;
};

// A read by lease whose outcome is there and whose answer is not.
struct LeaseRead {
  RequestId request_id = 0;
  Index index = 0;
  Index required = 0;
  Term term = 0;
  int64_t until = 0;  // By the reader's own clock.
  friend bool operator==(const LeaseRead&, const LeaseRead&) = default;
};

// What a node has asked its host to store of a snapshot.
struct StoredChunks {
  LogPosition last_included;
  uint64_t end = 0;  // Of the last chunk; each went on where the one before ended.
  uint64_t total_bytes = 0;
  friend bool operator==(const StoredChunks&, const StoredChunks&) = default;
};

struct NodeShadow {
  NodeId id;
  bool started = false;  // At least once.
  bool alive = false;    // Started and not crashed since.
  bool halted = false;
  uint64_t start = 0;

  // As after the last step.
  Role role = Role::kFollower;
  NodeId leader;
  Term term = 0;
  NodeId voted_for;
  Index commit_index = 0;
  Index apply_index = 0;
  Index applied_index = 0;
  LogPosition snapshot;
  Index configuration_index = 0;
  Electorate electorate;  // Of the configuration in effect.
  bool failing = false;
  Index scan = 0;  // The entry whose turn it is to be compared with the history.
  TermRuns log;
  DiskModel disk;

  // Leader.
  absl::InlinedVector<PeerShadow, 6> peers;
  uint64_t uncommitted_bytes = 0;
  uint64_t confirmed_round = 0;
  // By slot: the event at which that node last answered a heartbeat of this leader's term.
  absl::InlinedVector<uint64_t, 8> heard;
  Term handed_over = 0;  // The last term in which it told somebody to campaign.
  uint64_t round = 0;
  int64_t round_began_micros = 0;  // At the latest, by its own clock.
  int64_t lease_until_micros = 0;
  // Candidate: who has granted.
  NodeMask granted = 0;
  // The log is known to agree with the leader of `term` up to here. Survives a restart within the term.
  Index verified_index = 0;
  StoredChunks chunks;

  // Requests.
  absl::flat_hash_map<RequestId, OpenRequest> requests;
  std::vector<std::pair<uint64_t, uint64_t>> forwarded;  // (position, event) of open reads that were sent on.
  std::vector<LeaseRead> lease_reads;
  size_t confirmed_reads = 0;
  RequestId last_confirmed_read = 0;
  Index applied_command = 0;  // The last one that the state machine was given.

  bool any_disk = false;  // A fault has taken durable data: the next start may find any disk.
};

// The whole ghost state of a run.
struct Watch {
  History history;
  std::vector<NodeShadow> nodes;  // By slot; a slot that has not started yet may be missing at the end.
  GoalCounts goals;
  uint64_t event = 0;      // Counts the calls of the monitor.
  bool disk_lost = false;  // A fault has taken durable data: halting is right.
  std::optional<Violation> violation;
  bool muted = false;  // What a step breaks is not told.
  NodeMask founders = 0;
  NodeMask restarted = 0;                           // Since the last MajorityRestarts ...
  Index committed_at_restart = 0;                   // ... and what was committed at the first of them.
  std::vector<uint64_t> payloads;                   // Hash of the command applied at an index; 0: none yet.
  absl::flat_hash_map<uint64_t, Index> operations;  // Where a client's operation took effect.
  std::vector<bool> acknowledged;                   // By index: a proposal's outcome said so.

  // Null for a node that never started.
  NodeShadow* Shadow(Slot slot) { return slot < nodes.size() && nodes[slot].started ? &nodes[slot] : nullptr; }
  const NodeShadow* Shadow(Slot slot) const { return const_cast<Watch*>(this)->Shadow(slot); }

  bool Fail(Property property, NodeId node, uint64_t step, std::string evidence) {
    if (muted) return true;
    violation = Violation{property, node, step, std::move(evidence)};
    return false;
  }
};

// How a step changed a log.
struct LogChange {
  bool any = false;
  bool replaced = false;  // By a snapshot: nothing of the old log is left.
  Index kept = 0;         // The last index that old and new log have in common.
  Index old_last = 0;
  Term lost_term = kNoTerm;  // The old term of the first entry taken away.

  bool truncated() const { return any && !replaced && old_last > kept; }
};

// One step as the checks see it: the shadow before it, the state after it.
struct StepView {
  Watch& watch;
  NodeShadow& before;
  const Slot slot;
  const uint64_t step;
  const Input& input;
  const State& state;
  const EffectSink& effects;
  const Message* message = nullptr;  // If the input is a Receive.
  LogChange log;

  bool became_leader() const {
    return state.role == Role::kLeader && (before.role != Role::kLeader || before.term != state.current_term);
  }
  bool stayed_leader() const {
    return state.role == Role::kLeader && before.role == Role::kLeader && before.term == state.current_term;
  }
  bool Fail(Property property, std::string evidence) {
    return watch.Fail(property, state.id, step, std::move(evidence));
  }
  void Reach(Goal goal) { watch.goals.Reach(goal); }
  template <typename T>
  const T* event() const {
    return std::get_if<T>(&input.event);
  }
  template <typename T>
  const T* body() const {
    return message == nullptr ? nullptr : std::get_if<T>(&message->body);
  }
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_WATCH_H_
