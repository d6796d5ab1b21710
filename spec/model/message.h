// What nodes say, as the specification sees it: the messages of raft.tla. [TLA Messages]
#ifndef LOCKSTEP_SPEC_MODEL_MESSAGE_H_
#define LOCKSTEP_SPEC_MODEL_MESSAGE_H_

#include <compare>
#include <string>
#include <vector>

#include "core/types.h"
#include "spec/model/values.h"

namespace lockstep::model {

enum class MessageKind : uint8_t {
  kRequestVote,
  kRequestVoteReply,
  kAppendEntries,
  kAppendEntriesReply,
  kHeartbeat,
  kHeartbeatReply,
  kInstallSnapshot,
  kInstallSnapshotReply,
  kTimeoutNow,
  kReadRequest,
  kReadReply,
};

const char* KindName(MessageKind kind);

// What tells one read from all others of its node: the node's start and a number that it uses once.
struct ReadKey {
  uint64_t start = 0;
  uint64_t position = 0;
  friend auto operator<=>(const ReadKey&, const ReadKey&) = default;
};

// One message of any kind; what a kind does not have stays at its default.
struct Message {
  MessageKind kind = MessageKind::kRequestVote;
  NodeId source;
  NodeId dest;
  Term term = 0;

  Term election_term = 0;  // RequestVote, its reply.
  bool pre_vote = false;   // RequestVote, its reply.
  bool transfer = false;   // RequestVote.
  bool granted = false;    // RequestVoteReply.
  // RequestVote: the end of the log. AppendEntries: what goes before. InstallSnapshot, its reply: what it covers.
  Position position;
  Index commit_index = 0;          // AppendEntries, Heartbeat.
  std::vector<Entry> entries;      // AppendEntries.
  bool accepted = false;           // AppendEntriesReply, ReadReply; InstallSnapshotReply: installed.
  Index match_index = 0;           // AppendEntriesReply.
  uint64_t round = 0;              // Heartbeat, its reply.
  ConfigurationPtr configuration;  // InstallSnapshot.
  ReadKey read;                    // ReadRequest, ReadReply.
  Index read_index = 0;            // ReadReply.

  Index last_index() const { return position.index + entries.size(); }
  bool operator==(const Message& other) const;
};

// "1->2 AppendEntries term 3 previous 4:2 entries (3 3/1) commit 4".
std::string ToString(const Message& message);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_MESSAGE_H_
