#include "runtime/codec/message_codec.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/codec/codec.pb.h"
#include "runtime/codec/configuration_codec.h"

namespace lockstep::runtime {
namespace {

using Header = proto::MessageHeader;

// ---- To bytes ------------------------------------------------------------------------------------------

void Put(NodeId id, proto::NodeId& out) {
  out.set_number(id.number);
  out.set_incarnation(id.incarnation);
}

void Put(LogPosition position, proto::Position& out) {
  out.set_index(position.index);
  out.set_term(position.term);
}

struct PutBody {
  Header& out;

  void operator()(const RequestVote& m) const {
    proto::RequestVote& body = *out.mutable_request_vote();
    body.set_election_term(m.election_term);
    Put(m.last_log, *body.mutable_last_log());
    body.set_pre_vote(m.pre_vote);
    body.set_leader_transfer(m.leader_transfer);
  }
  void operator()(const RequestVoteReply& m) const {
    proto::RequestVoteReply& body = *out.mutable_request_vote_reply();
    body.set_election_term(m.election_term);
    body.set_pre_vote(m.pre_vote);
    body.set_granted(m.granted);
  }
  void operator()(const AppendEntries& m) const {
    proto::AppendEntries& body = *out.mutable_append_entries();
    Put(m.previous, *body.mutable_previous());
    body.set_commit_index(m.commit_index);
    for (const EntryMeta& entry : m.entries) {
      body.add_terms(entry.term);
      body.add_bytes(entry.bytes);
      body.add_kinds(static_cast<uint32_t>(entry.kind));
    }
    for (const ConfigurationEntry& entry : m.configurations) ToProto(entry, *body.add_configurations());
  }
  void operator()(const AppendEntriesReply& m) const {
    proto::AppendEntriesReply& body = *out.mutable_append_entries_reply();
    body.set_accepted(m.accepted);
    body.set_match_index(m.match_index);
    body.set_rejected_index(m.rejected_index);
    Put(m.hint, *body.mutable_hint());
  }
  void operator()(const Heartbeat& m) const {
    out.mutable_heartbeat()->set_commit_index(m.commit_index);
    out.mutable_heartbeat()->set_round(m.round);
  }
  void operator()(const HeartbeatReply& m) const { out.mutable_heartbeat_reply()->set_round(m.round); }
  void operator()(const InstallSnapshot& m) const {
    proto::InstallSnapshot& body = *out.mutable_install_snapshot();
    Put(m.last_included, *body.mutable_last_included());
    ToProto(m.configuration, *body.mutable_configuration());
    body.set_offset(m.offset);
    body.set_bytes(m.bytes);
    body.set_total_bytes(m.total_bytes);
  }
  void operator()(const InstallSnapshotReply& m) const {
    proto::InstallSnapshotReply& body = *out.mutable_install_snapshot_reply();
    Put(m.last_included, *body.mutable_last_included());
    body.set_next_offset(m.next_offset);
    body.set_installed(m.installed);
  }
  void operator()(const TimeoutNow&) const { out.mutable_timeout_now(); }
  void operator()(const ReadRequest& m) const {
    out.mutable_read_request()->set_start(m.start);
    out.mutable_read_request()->set_position(m.position);
  }
  void operator()(const ReadReply& m) const {
    proto::ReadReply& body = *out.mutable_read_reply();
    body.set_start(m.start);
    body.set_position(m.position);
    body.set_accepted(m.accepted);
    body.set_read_index(m.read_index);
  }
};

// ---- From bytes ----------------------------------------------------------------------------------------

absl::Status Invalid(std::string what) { return absl::InvalidArgumentError(std::move(what)); }

NodeId Take(const proto::NodeId& in) { return {in.number(), in.incarnation()}; }
LogPosition Take(const proto::Position& in) { return {in.index(), in.term()}; }

absl::StatusOr<MessageBody> Take(const proto::AppendEntries& in) {
  AppendEntries m;
  m.previous = Take(in.previous());
  m.commit_index = in.commit_index();
  if (in.bytes_size() != in.terms_size() || in.kinds_size() != in.terms_size()) {
    return Invalid("AppendEntries has entries without all of their fields");
  }
  m.entries.reserve(static_cast<size_t>(in.terms_size()));
  for (int i = 0; i < in.terms_size(); ++i) {
    if (in.kinds(i) > static_cast<uint32_t>(EntryKind::kConfiguration)) {
      return Invalid(absl::StrCat("an entry of unknown kind ", in.kinds(i)));
    }
    m.entries.push_back({in.terms(i), in.bytes(i), static_cast<EntryKind>(in.kinds(i))});
  }
  for (const proto::ConfigurationEntry& entry : in.configurations()) {
    absl::StatusOr<ConfigurationEntry> configuration = FromProto(entry);
    if (!configuration.ok()) return configuration.status();
    m.configurations.push_back(*std::move(configuration));
  }
  return m;
}

absl::StatusOr<MessageBody> Take(const proto::InstallSnapshot& in) {
  absl::StatusOr<ConfigurationEntry> configuration = FromProto(in.configuration());
  if (!configuration.ok()) return configuration.status();
  return InstallSnapshot{Take(in.last_included()), *std::move(configuration), in.offset(), in.bytes(),
                         in.total_bytes()};
}

absl::StatusOr<MessageBody> TakeBody(const Header& in) {
  switch (in.body_case()) {
    case Header::kRequestVote: {
      const proto::RequestVote& body = in.request_vote();
      return RequestVote{body.election_term(), Take(body.last_log()), body.pre_vote(), body.leader_transfer()};
    }
    case Header::kRequestVoteReply: {
      const proto::RequestVoteReply& body = in.request_vote_reply();
      return RequestVoteReply{body.election_term(), body.pre_vote(), body.granted()};
    }
    case Header::kAppendEntries:
      return Take(in.append_entries());
    case Header::kAppendEntriesReply: {
      const proto::AppendEntriesReply& body = in.append_entries_reply();
      return AppendEntriesReply{body.accepted(), body.match_index(), body.rejected_index(), Take(body.hint())};
    }
    case Header::kHeartbeat:
      return Heartbeat{in.heartbeat().commit_index(), in.heartbeat().round()};
    case Header::kHeartbeatReply:
      return HeartbeatReply{in.heartbeat_reply().round()};
    case Header::kInstallSnapshot:
      return Take(in.install_snapshot());
    case Header::kInstallSnapshotReply: {
      const proto::InstallSnapshotReply& body = in.install_snapshot_reply();
      return InstallSnapshotReply{Take(body.last_included()), body.next_offset(), body.installed()};
    }
    case Header::kTimeoutNow:
      return TimeoutNow{};
    case Header::kReadRequest:
      return ReadRequest{in.read_request().start(), in.read_request().position()};
    case Header::kReadReply: {
      const proto::ReadReply& body = in.read_reply();
      return ReadReply{body.start(), body.position(), body.accepted(), body.read_index()};
    }
    case Header::BODY_NOT_SET:
      break;
  }
  return Invalid("a message of a kind that is not known here");
}

// The sizes of a message's payloads, in order.
std::vector<uint64_t> PayloadSizes(const MessageBody& body) {
  std::vector<uint64_t> sizes;
  if (const auto* append = std::get_if<AppendEntries>(&body)) {
    for (const EntryMeta& entry : append->entries) {
      if (entry.kind == EntryKind::kCommand) sizes.push_back(entry.bytes);
    }
  } else if (const auto* chunk = std::get_if<InstallSnapshot>(&body)) {
    sizes.push_back(chunk->bytes);
  }
  return sizes;
}

absl::Status TakePayloads(const Header& header, const SharedBytes& bytes, Envelope& envelope) {
  const std::vector<uint64_t> sizes = PayloadSizes(envelope.message.body);
  if (static_cast<size_t>(header.payload_crc32c_size()) != sizes.size()) {
    return Invalid(absl::StrCat(KindName(envelope.message.body), " with ", header.payload_crc32c_size(),
                                " checksums for ", sizes.size(), " payloads"));
  }
  uint64_t offset = 0;
  envelope.payloads.reserve(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > bytes.size() - offset) return Invalid("a message has fewer payload bytes than it says");
    Payload payload{bytes.Part(offset, sizes[i]), header.payload_crc32c(static_cast<int>(i))};
    if (!payload.intact()) return Invalid(absl::StrCat("payload ", i, " does not have the checksum its maker gave it"));
    offset += sizes[i];
    envelope.payloads.push_back(std::move(payload));
  }
  if (offset != bytes.size()) return Invalid("a message has more payload bytes than it says");
  return absl::OkStatus();
}

}  // namespace

std::vector<SharedBytes> EncodeMessage(const Envelope& envelope) {
  Header header;
  Put(envelope.message.source, *header.mutable_source());
  Put(envelope.message.dest, *header.mutable_dest());
  header.set_term(envelope.message.term);
  header.set_group(envelope.group);
  std::visit(PutBody{header}, envelope.message.body);
  std::vector<SharedBytes> parts(1);
  parts.reserve(1 + envelope.payloads.size());
  uint64_t payload_bytes = 0;
  for (const Payload& payload : envelope.payloads) {
    header.add_payload_crc32c(payload.crc32c);
    payload_bytes += payload.bytes.size();
    if (!payload.bytes.empty()) parts.push_back(payload.bytes);
  }
  parts[0] = EncodeFrameHead(FrameKind::kMessage, header.SerializeAsString(), payload_bytes);
  return parts;
}

absl::StatusOr<Envelope> DecodeMessage(const Frame& frame) {
  LOCKSTEP_CHECK(frame.kind == FrameKind::kMessage);
  Header header;
  if (!header.ParseFromArray(frame.header.data(), static_cast<int>(frame.header.size()))) {
    return Invalid("a message's header is no protobuf of its kind");
  }
  absl::StatusOr<MessageBody> body = TakeBody(header);
  if (!body.ok()) return body.status();
  Envelope envelope;
  envelope.group = header.group();
  envelope.message = {Take(header.source()), Take(header.dest()), header.term(), *std::move(body)};
  if (absl::Status status = ValidateMessage(envelope.message); !status.ok()) return status;
  if (absl::Status status = TakePayloads(header, frame.payload, envelope); !status.ok()) return status;
  return envelope;
}

}  // namespace lockstep::runtime
