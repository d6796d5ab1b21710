#include "spec/model/message.h"

namespace lockstep::model {
namespace {

bool SameConfiguration(const ConfigurationPtr& a, const ConfigurationPtr& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

std::string Number(const char* name, uint64_t value) { return std::string(" ") + name + " " + std::to_string(value); }

std::string Body(const Message& m) {
  switch (m.kind) {
    case MessageKind::kRequestVote:
      return Number("election", m.election_term) + " last " + ToString(m.position) + (m.pre_vote ? " pre-vote" : "") +
             (m.transfer ? " transfer" : "");
    case MessageKind::kRequestVoteReply:
      return Number("election", m.election_term) + (m.pre_vote ? " pre-vote" : "") +
             (m.granted ? " granted" : " refused");
    case MessageKind::kAppendEntries: {
      std::string text = " previous " + ToString(m.position) + " entries (";
      for (const Entry& entry : m.entries) text += (text.back() == '(' ? "" : " ") + ToString(entry);
      return text + ")" + Number("commit", m.commit_index);
    }
    case MessageKind::kAppendEntriesReply:
      return m.accepted ? Number("match", m.match_index) : " rejected";
    case MessageKind::kHeartbeat:
      return Number("commit", m.commit_index) + Number("round", m.round);
    case MessageKind::kHeartbeatReply:
      return Number("round", m.round);
    case MessageKind::kInstallSnapshot:
      return " last " + ToString(m.position) +
             (m.configuration == nullptr ? "" : " configuration " + ToString(*m.configuration));
    case MessageKind::kInstallSnapshotReply:
      return Number("last", m.position.index) + (m.accepted ? " installed" : " wanted");
    case MessageKind::kTimeoutNow:
      return "";
    case MessageKind::kReadRequest:
      return Number("read", m.read.position);
    case MessageKind::kReadReply:
      return Number("read", m.read.position) + (m.accepted ? Number("index", m.read_index) : " refused");
  }
  return "";
}

}  // namespace

const char* KindName(MessageKind kind) {
  static constexpr const char* kNames[] = {"RequestVote", "RequestVoteReply", "AppendEntries",   "AppendEntriesReply",
                                           "Heartbeat",   "HeartbeatReply",   "InstallSnapshot", "InstallSnapshotReply",
                                           "TimeoutNow",  "ReadRequest",      "ReadReply"};
  return kNames[static_cast<size_t>(kind)];
}

bool Message::operator==(const Message& o) const {
  return kind == o.kind && source == o.source && dest == o.dest && term == o.term && election_term == o.election_term &&
         pre_vote == o.pre_vote && transfer == o.transfer && granted == o.granted && position == o.position &&
         commit_index == o.commit_index && entries == o.entries && accepted == o.accepted &&
         match_index == o.match_index && round == o.round && SameConfiguration(configuration, o.configuration) &&
         read == o.read && read_index == o.read_index;
}

std::string ToString(const Message& message) {
  return lockstep::ToString(message.source) + "->" + lockstep::ToString(message.dest) + " " + KindName(message.kind) +
         Number("term", message.term) + Body(message);
}

}  // namespace lockstep::model
