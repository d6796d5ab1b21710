// What nodes say to each other.
//
// A message carries the sender's current term, always, so that no message in flight has a term above its
// sender's. Payloads (command bytes, snapshot bytes) are not here: the host attaches those of
// AppendEntries' entries and of InstallSnapshot's range beside the message.
#ifndef LOCKSTEP_CORE_MESSAGE_H_
#define LOCKSTEP_CORE_MESSAGE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "core/configuration.h"
#include "core/log.h"
#include "core/types.h"

namespace lockstep {

// Asks for a vote, or, with `pre_vote`, whether one would be given. [Raft §5.2, Thesis §9.6]
struct RequestVote {
  Term election_term = 0;  // The term campaigned for: the sender's own, one more for a pre-vote.
  LogPosition last_log;
  bool pre_vote = false;
  bool leader_transfer = false;  // The leader asked for this election: its followers need not protect it.

  friend bool operator==(const RequestVote&, const RequestVote&) = default;
};

struct RequestVoteReply {
  Term election_term = 0;  // Of the request.
  bool pre_vote = false;   // Of the request: a pre-vote never counts as a vote.
  bool granted = false;

  friend bool operator==(const RequestVoteReply&, const RequestVoteReply&) = default;
};

// Entries after `previous`, and how far the leader has committed. Without entries it asks whether the logs
// agree at `previous`. [Raft §5.3]
struct AppendEntries {
  LogPosition previous;
  Index commit_index = 0;
  std::vector<EntryMeta> entries;
  std::vector<ConfigurationEntry> configurations;  // The content of the configuration entries among them.

  Index last_index() const { return previous.index + entries.size(); }

  friend bool operator==(const AppendEntries&, const AppendEntries&) = default;
};

// Accepted: the logs agree, and are durable here, up to `match_index`. Rejected: they do not agree at
// `rejected_index`; `hint` is the last position where they still could.
struct AppendEntriesReply {
  bool accepted = false;
  Index match_index = 0;     // If accepted.
  Index rejected_index = 0;  // If rejected: previous.index of the request.
  LogPosition hint;          // If rejected.

  friend bool operator==(const AppendEntriesReply&, const AppendEntriesReply&) = default;
};

// The leader lives. `round` numbers the heartbeats of a term; a reply to a round confirms that the
// receiver still followed this leader after the round began. [Thesis §6.4]
struct Heartbeat {
  Index commit_index = 0;  // Never above what the receiver has acknowledged.
  uint64_t round = 0;

  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

struct HeartbeatReply {
  uint64_t round = 0;

  friend bool operator==(const HeartbeatReply&, const HeartbeatReply&) = default;
};

// A part of a snapshot: bytes [offset, offset + bytes) of total_bytes. [Raft §7]
struct InstallSnapshot {
  LogPosition last_included;
  ConfigurationEntry configuration;  // In effect at last_included.
  uint64_t offset = 0;
  uint32_t bytes = 0;
  uint64_t total_bytes = 0;

  bool last_chunk() const { return offset + bytes == total_bytes; }

  friend bool operator==(const InstallSnapshot&, const InstallSnapshot&) = default;
};

// Before installation: the receiver has everything below `next_offset`. Once `installed` (or not needed),
// its log is durable up to last_included.
struct InstallSnapshotReply {
  LogPosition last_included;
  uint64_t next_offset = 0;
  bool installed = false;

  friend bool operator==(const InstallSnapshotReply&, const InstallSnapshotReply&) = default;
};

// Start an election now: the leader wants you to succeed it. [Thesis §3.10]
struct TimeoutNow {
  friend bool operator==(const TimeoutNow&, const TimeoutNow&) = default;
};

// A follower's or learner's question for a read index. [Thesis §6.4.1] `start` and `position` identify
// it: the sender's start (drawn anew at each start) and a number it uses once.
struct ReadRequest {
  uint64_t start = 0;
  uint64_t position = 0;

  friend bool operator==(const ReadRequest&, const ReadRequest&) = default;
};

struct ReadReply {
  uint64_t start = 0;
  uint64_t position = 0;
  bool accepted = false;
  Index read_index = 0;  // If accepted.

  friend bool operator==(const ReadReply&, const ReadReply&) = default;
};

using MessageBody =
    std::variant<RequestVote, RequestVoteReply, AppendEntries, AppendEntriesReply, Heartbeat, HeartbeatReply,
                 InstallSnapshot, InstallSnapshotReply, TimeoutNow, ReadRequest, ReadReply>;

struct Message {
  NodeId source;
  NodeId dest;
  Term term = 0;  // The sender's current term.
  MessageBody body;

  friend bool operator==(const Message&, const Message&) = default;
};

// The kind of a message by its name above: "AppendEntries".
const char* KindName(const MessageBody& body);

// One readable line: "1->2 AppendEntries term 3 previous 4:2 entries 5..6 (3 3) commit 4".
std::string ToString(const Message& message);

// The structural rules that every well-formed message satisfies, whoever sent it.
// Errors: InvalidArgument naming the field and the rule. Cost: O(entries).
absl::Status ValidateMessage(const Message& message);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_MESSAGE_H_
