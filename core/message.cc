#include "core/message.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

namespace lockstep {
namespace {

// No honest index or term comes near: arithmetic on accepted values cannot overflow.
constexpr uint64_t kNumberMax = std::numeric_limits<uint64_t>::max() / 4;

absl::Status Invalid(const char* what) { return absl::InvalidArgumentError(what); }

absl::Status CheckPosition(LogPosition position, Term term_max) {
  if (position.index > kNumberMax) return Invalid("a log index is out of range");
  if (position.term > term_max) return Invalid("a log position has a later term than its message");
  if ((position.index == 0) != (position.term == 0)) return Invalid("a log position has an index without a term");
  return absl::OkStatus();
}

absl::Status Check(const Message& message, const RequestVote& request) {
  if (request.election_term != message.term + (request.pre_vote ? 1 : 0)) {
    return Invalid("RequestVote.election_term does not fit the message's term");
  }
  if (request.pre_vote && request.leader_transfer) return Invalid("RequestVote is a pre-vote for a leader transfer");
  return CheckPosition(request.last_log, message.term);
}

absl::Status Check(const Message& message, const RequestVoteReply& reply) {
  if (reply.election_term > kNumberMax) return Invalid("RequestVoteReply.election_term is out of range");
  if (!reply.pre_vote && reply.granted && reply.election_term != message.term) {
    return Invalid("RequestVoteReply grants a vote of another term than the message's");
  }
  return absl::OkStatus();
}

absl::Status Check(const Message& message, const AppendEntries& request) {
  if (absl::Status status = CheckPosition(request.previous, message.term); !status.ok()) return status;
  if (request.commit_index > kNumberMax) return Invalid("AppendEntries.commit_index is out of range");
  Term previous = request.previous.term;
  size_t configurations = 0;
  Index index = request.previous.index;
  for (const EntryMeta& entry : request.entries) {
    ++index;
    if (entry.term < previous || entry.term == 0) return Invalid("AppendEntries.entries have decreasing terms");
    previous = entry.term;
    if (entry.kind != EntryKind::kConfiguration) continue;
    if (configurations == request.configurations.size() || request.configurations[configurations].index != index) {
      return Invalid("AppendEntries.configurations miss the content of a configuration entry");
    }
    const Configuration& configuration = request.configurations[configurations++].configuration;
    if (absl::Status status = ValidateConfiguration(configuration); !status.ok()) return status;
  }
  if (previous > message.term) return Invalid("AppendEntries.entries have a later term than their message");
  if (configurations != request.configurations.size()) {
    return Invalid("AppendEntries.configurations hold one that is not among the entries");
  }
  return absl::OkStatus();
}

absl::Status Check(const Message&, const AppendEntriesReply& reply) {
  if (reply.match_index > kNumberMax || reply.rejected_index > kNumberMax || reply.hint.index > kNumberMax) {
    return Invalid("AppendEntriesReply has an index out of range");
  }
  if (!reply.accepted && reply.match_index != 0) return Invalid("AppendEntriesReply rejects and acknowledges");
  if (reply.accepted && (reply.rejected_index != 0 || reply.hint != LogPosition{})) {
    return Invalid("AppendEntriesReply accepts and rejects");
  }
  return absl::OkStatus();
}

absl::Status Check(const Message&, const Heartbeat& request) {
  if (request.commit_index > kNumberMax) return Invalid("Heartbeat.commit_index is out of range");
  return absl::OkStatus();
}

absl::Status Check(const Message& message, const InstallSnapshot& chunk) {
  if (chunk.last_included.index == 0) return Invalid("InstallSnapshot.last_included is no entry");
  if (absl::Status status = CheckPosition(chunk.last_included, message.term); !status.ok()) return status;
  if (chunk.configuration.index > chunk.last_included.index) {
    return Invalid("InstallSnapshot.configuration is later than what the snapshot includes");
  }
  if (chunk.total_bytes > kNumberMax || chunk.offset > chunk.total_bytes ||
      chunk.bytes > chunk.total_bytes - chunk.offset) {
    return Invalid("InstallSnapshot's chunk reaches beyond the snapshot");
  }
  if (chunk.bytes == 0 && !chunk.last_chunk()) return Invalid("InstallSnapshot's chunk is empty");
  return ValidateConfiguration(chunk.configuration.configuration);
}

absl::Status Check(const Message& message, const InstallSnapshotReply& reply) {
  if (reply.last_included.index == 0) return Invalid("InstallSnapshotReply.last_included is no entry");
  return CheckPosition(reply.last_included, message.term);
}

absl::Status Check(const Message&, const ReadReply& reply) {
  if (reply.read_index > kNumberMax) return Invalid("ReadReply.read_index is out of range");
  return absl::OkStatus();
}

absl::Status Check(const Message&, const HeartbeatReply&) { return absl::OkStatus(); }
absl::Status Check(const Message&, const TimeoutNow&) { return absl::OkStatus(); }
absl::Status Check(const Message&, const ReadRequest&) { return absl::OkStatus(); }

// What nobody says before the first election.
bool OnlyInTerms(const MessageBody& body) {
  const auto* vote = std::get_if<RequestVote>(&body);
  return (vote != nullptr && !vote->pre_vote) || std::holds_alternative<AppendEntries>(body) ||
         std::holds_alternative<Heartbeat>(body) || std::holds_alternative<InstallSnapshot>(body) ||
         std::holds_alternative<TimeoutNow>(body);
}

std::string Text(LogPosition position) { return absl::StrCat(position.index, ":", position.term); }

std::string EntriesText(const AppendEntries& request) {
  if (request.entries.empty()) return "";
  std::string text = absl::StrCat(" entries ", request.previous.index + 1, "..", request.last_index(), " (");
  for (const EntryMeta& entry : request.entries) {
    absl::StrAppend(&text, &entry == request.entries.data() ? "" : " ", entry.term);
  }
  text += ')';
  for (const ConfigurationEntry& entry : request.configurations) {
    absl::StrAppend(&text, " configuration ", entry.index, "=", ToString(entry.configuration));
  }
  return text;
}

struct BodyText {
  std::string operator()(const RequestVote& m) const {
    return absl::StrCat(m.pre_vote ? " pre-vote" : "", m.leader_transfer ? " for transfer" : "", " election term ",
                        m.election_term, " last log ", Text(m.last_log));
  }
  std::string operator()(const RequestVoteReply& m) const {
    return absl::StrCat(m.pre_vote ? " pre-vote" : "", m.granted ? " granted" : " refused", " election term ",
                        m.election_term);
  }
  std::string operator()(const AppendEntries& m) const {
    return absl::StrCat(" previous ", Text(m.previous), EntriesText(m), " commit ", m.commit_index);
  }
  std::string operator()(const AppendEntriesReply& m) const {
    if (m.accepted) return absl::StrCat(" accepted match ", m.match_index);
    return absl::StrCat(" rejected ", m.rejected_index, " hint ", Text(m.hint));
  }
  std::string operator()(const Heartbeat& m) const {
    return absl::StrCat(" round ", m.round, " commit ", m.commit_index);
  }
  std::string operator()(const HeartbeatReply& m) const { return absl::StrCat(" round ", m.round); }
  std::string operator()(const InstallSnapshot& m) const {
    return absl::StrCat(" last included ", Text(m.last_included), " bytes ", m.offset, "+", m.bytes, " of ",
                        m.total_bytes, " configuration ", ToString(m.configuration.configuration));
  }
  std::string operator()(const InstallSnapshotReply& m) const {
    return absl::StrCat(" last included ", Text(m.last_included), m.installed ? " installed" : "", " next offset ",
                        m.next_offset);
  }
  std::string operator()(const TimeoutNow&) const { return ""; }
  std::string operator()(const ReadRequest& m) const { return absl::StrCat(" position ", m.position); }
  std::string operator()(const ReadReply& m) const {
    if (!m.accepted) return absl::StrCat(" position ", m.position, " refused");
    return absl::StrCat(" position ", m.position, " read index ", m.read_index);
  }
};

}  // namespace

const char* KindName(const MessageBody& body) {
  static constexpr const char* kNames[] = {"RequestVote", "RequestVoteReply", "AppendEntries",   "AppendEntriesReply",
                                           "Heartbeat",   "HeartbeatReply",   "InstallSnapshot", "InstallSnapshotReply",
                                           "TimeoutNow",  "ReadRequest",      "ReadReply"};
  static_assert(std::size(kNames) == std::variant_size_v<MessageBody>);
  return kNames[body.index()];
}

std::string ToString(const Message& message) {
  return absl::StrCat(ToString(message.source), "->", ToString(message.dest), " ", KindName(message.body), " term ",
                      message.term, std::visit(BodyText{}, message.body));
}

absl::Status ValidateMessage(const Message& message) {
  if (message.source.number == 0 || message.dest.number == 0) return Invalid("a message has no source or no dest");
  if (message.term > kNumberMax) return Invalid("a message's term is out of range");
  if (message.term == 0 && OnlyInTerms(message.body)) return Invalid("a message speaks of a leader or vote of term 0");
  return std::visit([&message](const auto& body) { return Check(message, body); }, message.body);
}

}  // namespace lockstep
