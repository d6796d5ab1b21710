// All that a node knows: one regular value.
//
// Copy it, compare it, fingerprint it (fingerprint.h). The parts are grouped by what makes them: what is
// durable, what the disk still owes, what everyone knows, and what only a leader, a candidate or a follower
// keeps. A part that the role does not use is always in its default state, so that equal situations are equal
// values.
#ifndef LOCKSTEP_CORE_STATE_H_
#define LOCKSTEP_CORE_STATE_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/effect.h"
#include "core/log.h"
#include "core/message.h"
#include "core/options.h"
#include "core/types.h"

namespace lockstep {

// A durable snapshot: the state after `last_included`, whose membership is `configuration`.
struct Snapshot {
  LogPosition last_included;  // {0, 0}: there is none.
  ConfigurationEntry configuration;
  uint64_t bytes = 0;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

// ---- What the disk owes --------------------------------------------------------------------------------

// A log write that has been asked for and not yet confirmed.
struct PendingLogWrite {
  WriteId write_id = 0;
  // What its completion confirms, as long as no truncation has come between: the log up to `last`. Lowered by a
  // truncation below it, so that a completion never confirms an entry that took another's place.
  Index last = 0;
  bool done = false;  // Completed, but an older one is not.

  friend bool operator==(const PendingLogWrite&, const PendingLogWrite&) = default;
};

// How far the disk is behind the state above it.
struct Storage {
  WriteId next_write_id = 1;

  WriteId pending_vote_write = 0;  // The SaveVote that will make (current_term, voted_for) durable; 0: none under way.
  Term durable_term = 0;           // (durable_term, durable_vote): the last pair confirmed.
  NodeId durable_vote;

  Index durable_index = 0;                          // The log is durable up to here.
  Index issued_index = 0;                           // The log has been handed to writes up to here; >= durable_index.
  std::vector<PendingLogWrite> pending_log_writes;  // In the order in which they were asked for.

  bool failing = false;  // A write failed and has not been made good: no campaigning, and it is tried again.

  friend bool operator==(const Storage&, const Storage&) = default;
};

// ---- A leader's view of one peer -----------------------------------------------------------------------

enum class ProgressMode : uint8_t {
  kProbe,      // Where the logs agree is not known: one AppendEntries at a time.
  kReplicate,  // It is known: entries are sent ahead of acknowledgements, within the window.
  kSnapshot,   // The entries needed are compacted: a snapshot is under way.
};

struct InflightAppend {
  Index last = 0;
  uint64_t bytes = 0;
  friend bool operator==(const InflightAppend&, const InflightAppend&) = default;
};

struct OutgoingSnapshot {
  Snapshot snapshot;
  uint64_t offset = 0;   // The chunk that starts here is the next one needed.
  bool waiting = false;  // It has been sent and not yet answered ...
  bool stalled = false;  // ... for a whole heartbeat already: the next one sends it again.
  friend bool operator==(const OutgoingSnapshot&, const OutgoingSnapshot&) = default;
};

struct Progress {
  ProgressMode mode = ProgressMode::kProbe;
  Index match_index = 0;                 // Known to agree and to be durable there. Never falls within a term.
  Index next_index = 1;                  // The next entry to send; > match_index.
  Index sent_commit_index = 0;           // The largest commit index it has been told.
  bool probe_sent = false;               // kProbe: one is out and unanswered; a heartbeat's reply allows another.
  bool recently_active = false;          // It has answered since the last quorum check.
  uint64_t acked_round = 0;              // The last heartbeat round it has answered.
  std::vector<InflightAppend> inflight;  // kReplicate: oldest first.
  uint64_t inflight_bytes = 0;
  OutgoingSnapshot snapshot;  // kSnapshot.
  // The range asked for by effect::LoadEntries; (0, 0): none. Nothing is sent while one is under way.
  Index loading_first = 0;
  Index loading_last = 0;

  friend bool operator==(const Progress&, const Progress&) = default;
};

struct Peer {
  NodeId id;
  Progress progress;
  friend bool operator==(const Peer&, const Peer&) = default;
};

// ---- Requests ------------------------------------------------------------------------------------------

// A proposal or configuration change that waits for its entry to commit.
struct PendingProposal {
  Index index = 0;
  RequestId request_id = 0;
  friend bool operator==(const PendingProposal&, const PendingProposal&) = default;
};

// A read at the leader that waits for the first commit of the term or for its round.
struct PendingRead {
  RequestId request_id = 0;  // Of this node's host; 0 for a forwarded one.
  NodeId origin;             // Who asked; this node itself, or the sender of a ReadRequest.
  ReadRequest forwarded;     // If forwarded.
  uint64_t round = 0;        // The round that will confirm it; 0: not begun.
  Index read_index = 0;      // Set when its round begins.
  friend bool operator==(const PendingRead&, const PendingRead&) = default;
};

// A read whose index is known and confirmed: it waits until the state has been applied that far.
struct ConfirmedRead {
  RequestId request_id = 0;
  Index read_index = 0;
  int64_t lease_until_micros = 0;
  friend bool operator==(const ConfirmedRead&, const ConfirmedRead&) = default;
};

// A read that was sent on to the leader.
struct ForwardedRead {
  RequestId request_id = 0;
  uint64_t position = 0;
  bool aged = false;  // A heartbeat has come since it was sent: with the next one it is sent again.
  friend bool operator==(const ForwardedRead&, const ForwardedRead&) = default;
};

struct PendingTransfer {
  RequestId request_id = 0;
  NodeId target;
  bool timeout_now_sent = false;
  bool aged = false;  // A quorum check has passed since it began; the next one gives up.
  friend bool operator==(const PendingTransfer&, const PendingTransfer&) = default;
};

// ---- By role -------------------------------------------------------------------------------------------

struct LeaderState {
  std::vector<Peer> peers;     // Everyone else in the configuration, ascending by id.
  Index term_start_index = 0;  // The no-op of this term: once it is committed, reads and changes may begin.
  uint64_t uncommitted_bytes = 0;
  std::vector<PendingProposal> proposals;  // Ascending by index.
  std::optional<PendingProposal> change;   // The configuration change under way, at its latest entry.

  uint64_t round = 0;              // The last heartbeat round begun.
  int64_t round_began_micros = 0;  // Leases: the earliest time at which it can have begun.
  uint64_t confirmed_round = 0;    // The last one that a quorum has answered.
  std::vector<PendingRead> reads;  // In order of arrival.

  int64_t lease_until_micros = 0;
  bool lease_revoked = false;  // TimeoutNow has left: no lease for the rest of this term.

  friend bool operator==(const LeaderState&, const LeaderState&) = default;
};

struct Vote {
  NodeId voter;
  bool granted = false;
  friend bool operator==(const Vote&, const Vote&) = default;
};

struct CandidateState {
  std::vector<Vote> votes;  // One for each voter that has answered, ascending.
  bool leader_transfer = false;
  friend bool operator==(const CandidateState&, const CandidateState&) = default;
};

// A snapshot that is being received.
struct IncomingSnapshot {
  NodeId source;
  LogPosition last_included;
  ConfigurationEntry configuration;
  uint64_t total_bytes = 0;
  uint64_t next_offset = 0;    // Everything below is stored.
  WriteId store_write_id = 0;  // The chunk from next_offset to storing_end is being stored; 0: none is.
  uint64_t storing_end = 0;
  bool installing = false;  // All is stored; effect::InstallSnapshot has been asked for.
  friend bool operator==(const IncomingSnapshot&, const IncomingSnapshot&) = default;
};

struct FollowerState {
  Index verified_index = 0;          // The log is known to agree with this term's leader's up to here.
  Index acked_index = 0;             // The largest match_index that this term's leader was told.
  std::vector<ForwardedRead> reads;  // In order of arrival.
  friend bool operator==(const FollowerState&, const FollowerState&) = default;
};

// ---- The node ------------------------------------------------------------------------------------------

struct State {
  NodeId id;
  Options options;
  uint64_t start = 0;  // Drawn by the host at each start: tells this start's read requests from an earlier one's.

  // Durable, up to what `storage` says.
  Term current_term = 0;
  NodeId voted_for;  // In current_term.
  Log log;
  Snapshot snapshot;
  Storage storage;

  // Known while running.
  Role role = Role::kFollower;
  NodeId leader;                 // Of current_term, if known and heard from within the election timeout.
  Index commit_index = 0;        // >= snapshot.last_included.index.
  Index apply_index = 0;         // Given to effect::Apply up to here; <= min(commit_index, durable_index).
  Index applied_index = 0;       // Confirmed by input::Applied; <= apply_index.
  bool snapshot_wanted = false;  // effect::TakeSnapshot is under way.
  // Leases: this node may have promised a leader not to vote before it was restarted; it grants no vote until an
  // election timeout has passed or a leader is heard.
  bool vote_withheld = false;
  bool halted = false;

  LeaderState leading;                       // kLeader.
  CandidateState candidacy;                  // kPreCandidate, kCandidate.
  FollowerState following;                   // kFollower.
  std::optional<IncomingSnapshot> incoming;  // Not kLeader.
  std::optional<PendingTransfer> transfer;   // As leader, and afterwards until the next leader is known.

  std::vector<ConfirmedRead> confirmed_reads;
  uint64_t next_read_position = 1;  // For forwarded reads: used once each.

  const Configuration& configuration() const { return log.configuration().configuration; }
  LogPosition last_log() const { return {log.last_index(), log.last_term()}; }

  friend bool operator==(const State&, const State&) = default;
};

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_STATE_H_
