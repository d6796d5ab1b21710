#include <string>
#include <string_view>
#include <utility>

#include "traces/convert.h"

namespace lockstep::traces {
namespace {

// Remembers the first thing that had no value in core.
class Problem {
 public:
  // `from` as the enumeration of core with `count` values in the same order.
  template <typename To, typename From>
  To Enum(From from, int count, std::string_view field) {
    const int number = static_cast<int>(from);
    if (number >= 0 && number < count) return static_cast<To>(number);
    Say(std::string(field) + " " + std::to_string(number) + " is not known (0.." + std::to_string(count - 1) + " are)");
    return To{};
  }

  void Say(std::string what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(what);
  }

  // `value`, unless there was a problem.
  template <typename T>
  absl::StatusOr<T> Result(T value) && {
    if (!status_.ok()) return std::move(status_);
    return value;
  }

 private:
  absl::Status status_;
};

EntryMeta Get(const proto::Entry& from, Problem& problem) {
  return {from.term(), from.bytes(), problem.Enum<EntryKind>(from.kind(), 3, "entry kind")};
}

template <typename To, typename From>
std::vector<To> GetAll(const From& from, Problem& problem) {
  std::vector<To> to;
  to.reserve(from.size());
  for (const auto& element : from) to.push_back(Get(element, problem));
  return to;
}

std::vector<ConfigurationEntry> GetConfigurations(
    const google::protobuf::RepeatedPtrField<proto::ConfigurationEntry>& from) {
  std::vector<ConfigurationEntry> to;
  to.reserve(from.size());
  for (const proto::ConfigurationEntry& element : from) to.push_back(FromProto(element));
  return to;
}

MessageBody GetBody(const proto::Message& from, Problem& problem) {
  switch (from.body_case()) {
    case proto::Message::kRequestVote: {
      const proto::RequestVote& body = from.request_vote();
      return RequestVote{body.election_term(), FromProto(body.last_log()), body.pre_vote(), body.leader_transfer()};
    }
    case proto::Message::kRequestVoteReply: {
      const proto::RequestVoteReply& body = from.request_vote_reply();
      return RequestVoteReply{body.election_term(), body.pre_vote(), body.granted()};
    }
    case proto::Message::kAppendEntries: {
      const proto::AppendEntries& body = from.append_entries();
      return AppendEntries{FromProto(body.previous()), body.commit_index(), GetAll<EntryMeta>(body.entries(), problem),
                           GetConfigurations(body.configurations())};
    }
    case proto::Message::kAppendEntriesReply: {
      const proto::AppendEntriesReply& body = from.append_entries_reply();
      return AppendEntriesReply{body.accepted(), body.match_index(), body.rejected_index(), FromProto(body.hint())};
    }
    case proto::Message::kHeartbeat:
      return Heartbeat{from.heartbeat().commit_index(), from.heartbeat().round()};
    case proto::Message::kHeartbeatReply:
      return HeartbeatReply{from.heartbeat_reply().round()};
    case proto::Message::kInstallSnapshot: {
      const proto::InstallSnapshot& body = from.install_snapshot();
      return InstallSnapshot{FromProto(body.last_included()), FromProto(body.configuration()), body.offset(),
                             body.bytes(), body.total_bytes()};
    }
    case proto::Message::kInstallSnapshotReply: {
      const proto::InstallSnapshotReply& body = from.install_snapshot_reply();
      return InstallSnapshotReply{FromProto(body.last_included()), body.next_offset(), body.installed()};
    }
    case proto::Message::kTimeoutNow:
      return TimeoutNow{};
    case proto::Message::kReadRequest:
      return ReadRequest{from.read_request().start(), from.read_request().position()};
    case proto::Message::kReadReply: {
      const proto::ReadReply& body = from.read_reply();
      return ReadReply{body.start(), body.position(), body.accepted(), body.read_index()};
    }
    case proto::Message::BODY_NOT_SET:
      break;
  }
  problem.Say("a message without a body, or of a kind that is not known");
  return TimeoutNow{};
}

Message Get(const proto::Message& from, Problem& problem) {
  return {FromProto(from.source()), FromProto(from.dest()), from.term(), GetBody(from, problem)};
}

input::Propose Get(const proto::Propose& from) {
  input::Propose to;
  to.proposals.reserve(from.proposals_size());
  for (const proto::Proposal& proposal : from.proposals()) {
    to.proposals.push_back({proposal.request_id(), proposal.bytes()});
  }
  return to;
}

input::ProposeConfiguration Get(const proto::ProposeConfiguration& from, Problem& problem) {
  input::ProposeConfiguration to;
  to.request_id = from.request_id();
  for (const proto::MemberChange& change : from.members()) {
    to.change.members.push_back(
        {problem.Enum<ChangeKind>(change.kind(), 3, "kind of membership change"), FromProto(change.node())});
  }
  to.change.transition = problem.Enum<Transition>(from.transition(), 3, "transition");
  return to;
}

Event GetEvent(const proto::Input& from, Problem& problem) {
  switch (from.event_case()) {
    case proto::Input::kElectionTimeout:
      return input::ElectionTimeout{};
    case proto::Input::kHeartbeatTimeout:
      return input::HeartbeatTimeout{};
    case proto::Input::kQuorumCheckTimeout:
      return input::QuorumCheckTimeout{};
    case proto::Input::kReceive:
      return input::Receive{Get(from.receive().message(), problem)};
    case proto::Input::kWriteDone:
      return input::WriteDone{from.write_done().write_id()};
    case proto::Input::kWriteFailed:
      return input::WriteFailed{from.write_failed().write_id()};
    case proto::Input::kPropose:
      return Get(from.propose());
    case proto::Input::kProposeConfiguration:
      return Get(from.propose_configuration(), problem);
    case proto::Input::kRead:
      return input::Read{from.read().request_id(),
                         problem.Enum<input::ReadMode>(from.read().mode(), 2, "mode of a read")};
    case proto::Input::kTransferLeadership:
      return input::TransferLeadership{from.transfer_leadership().request_id(),
                                       FromProto(from.transfer_leadership().target())};
    case proto::Input::kCancel:
      return input::Cancel{from.cancel().request_id()};
    case proto::Input::kApplied:
      return input::Applied{from.applied().index()};
    case proto::Input::kSnapshotTaken:
      return input::SnapshotTaken{from.snapshot_taken().index(), from.snapshot_taken().bytes(),
                                  from.snapshot_taken().ok()};
    case proto::Input::kSnapshotChunkStored: {
      const proto::SnapshotChunkStored& event = from.snapshot_chunk_stored();
      return input::SnapshotChunkStored{event.write_id(), event.ok()};
    }
    case proto::Input::kSnapshotInstalled:
      return input::SnapshotInstalled{FromProto(from.snapshot_installed().last_included()),
                                      from.snapshot_installed().ok()};
    case proto::Input::kEntriesLoaded: {
      const proto::EntriesLoaded& event = from.entries_loaded();
      return input::EntriesLoaded{FromProto(event.peer()), event.first(), event.last(), event.ok()};
    }
    case proto::Input::kPeerUnreachable:
      return input::PeerUnreachable{FromProto(from.peer_unreachable().peer())};
    case proto::Input::EVENT_NOT_SET:
      break;
  }
  problem.Say("an input without an event, or of a kind that is not known");
  return input::ElectionTimeout{};
}

effect::Outcome Get(const proto::Outcome& from, Problem& problem) {
  effect::Outcome to;
  to.request_id = from.request_id();
  to.kind = problem.Enum<effect::OutcomeKind>(from.kind(), 3, "kind of outcome");
  to.reason = problem.Enum<effect::Reason>(from.reason(), 13, "reason");
  to.leader = FromProto(from.leader());
  to.index = from.index();
  to.term = from.term();
  to.lease_until_micros = from.lease_until_micros();
  return to;
}

effect::StoreSnapshotChunk Get(const proto::StoreSnapshotChunk& from) {
  return {from.write_id(), FromProto(from.source()), FromProto(from.last_included()), from.offset(),
          from.bytes(),    from.total_bytes()};
}

Effect GetEffect(const proto::Effect& from, Problem& problem) {
  switch (from.effect_case()) {
    case proto::Effect::kSaveVote:
      return effect::SaveVote{from.save_vote().write_id(), from.save_vote().term(),
                              FromProto(from.save_vote().voted_for())};
    case proto::Effect::kAppendLog: {
      const proto::AppendLog& log = from.append_log();
      return effect::AppendLog{log.write_id(), log.first(), GetAll<EntryMeta>(log.entries(), problem),
                               GetConfigurations(log.configurations())};
    }
    case proto::Effect::kTruncateLog:
      return effect::TruncateLog{from.truncate_log().write_id(), from.truncate_log().last()};
    case proto::Effect::kSend:
      return effect::Send{Get(from.send().message(), problem), from.send().after()};
    case proto::Effect::kLoadEntries:
      return effect::LoadEntries{FromProto(from.load_entries().peer()), from.load_entries().first(),
                                 from.load_entries().last()};
    case proto::Effect::kApply:
      return effect::Apply{from.apply().first(), from.apply().last()};
    case proto::Effect::kSetTimer:
      return effect::SetTimer{problem.Enum<effect::Timer>(from.set_timer().timer(), 3, "timer")};
    case proto::Effect::kTakeSnapshot:
      return effect::TakeSnapshot{FromProto(from.take_snapshot().last_included()),
                                  FromProto(from.take_snapshot().configuration())};
    case proto::Effect::kCompactLog:
      return effect::CompactLog{FromProto(from.compact_log().last())};
    case proto::Effect::kStoreSnapshotChunk:
      return Get(from.store_snapshot_chunk());
    case proto::Effect::kInstallSnapshot: {
      const proto::InstallStoredSnapshot& install = from.install_snapshot();
      return effect::InstallSnapshot{FromProto(install.last_included()), FromProto(install.configuration())};
    }
    case proto::Effect::kOutcome:
      return Get(from.outcome(), problem);
    case proto::Effect::kConfigurationChanged:
      return effect::ConfigurationChanged{FromProto(from.configuration_changed().configuration())};
    case proto::Effect::kRoleChanged:
      return effect::RoleChanged{problem.Enum<Role>(from.role_changed().role(), 4, "role"), from.role_changed().term(),
                                 FromProto(from.role_changed().leader())};
    case proto::Effect::kHalt:
      return effect::Halt{problem.Enum<effect::HaltReason>(from.halt().reason(), 3, "reason to halt"),
                          FromProto(from.halt().peer()), FromProto(from.halt().here()), FromProto(from.halt().there())};
    case proto::Effect::EFFECT_NOT_SET:
      break;
  }
  problem.Say("an effect without content, or of a kind that is not known");
  return effect::SetTimer{};
}

NodeSet GetSet(const google::protobuf::RepeatedPtrField<proto::NodeId>& from) {
  NodeSet to;
  for (const proto::NodeId& id : from) to.insert(FromProto(id));
  return to;
}

}  // namespace

NodeId FromProto(const proto::NodeId& from) { return {from.number(), from.incarnation()}; }

LogPosition FromProto(const proto::LogPosition& from) { return {from.index(), from.term()}; }

Configuration FromProto(const proto::Configuration& from) {
  return {GetSet(from.voters()), GetSet(from.outgoing_voters()), GetSet(from.learners()), GetSet(from.learners_next()),
          from.auto_leave()};
}

ConfigurationEntry FromProto(const proto::ConfigurationEntry& from) {
  return {from.index(), FromProto(from.configuration())};
}

Options FromProto(const proto::Options& from) {
  Options to;
  to.pre_vote = from.pre_vote();
  to.check_quorum = from.check_quorum();
  to.append_entries_max = from.append_entries_max();
  to.append_bytes_max = from.append_bytes_max();
  to.inflight_messages_max = from.inflight_messages_max();
  to.inflight_bytes_max = from.inflight_bytes_max();
  to.uncommitted_bytes_max = from.uncommitted_bytes_max();
  to.apply_entries_max = from.apply_entries_max();
  to.snapshot_interval_entries = from.snapshot_interval_entries();
  to.snapshot_trailing_entries = from.snapshot_trailing_entries();
  to.snapshot_trailing_bytes = from.snapshot_trailing_bytes();
  to.snapshot_chunk_bytes = from.snapshot_chunk_bytes();
  to.resident_entries = from.resident_entries();
  to.lease_micros = from.lease_micros();
  return to;
}

absl::StatusOr<Role> FromProto(proto::Role from) {
  Problem problem;
  const Role role = problem.Enum<Role>(from, 4, "role");
  return std::move(problem).Result(role);
}

absl::StatusOr<Message> FromProto(const proto::Message& from) {
  Problem problem;
  Message message = Get(from, problem);
  return std::move(problem).Result(std::move(message));
}

absl::StatusOr<Input> FromProto(const proto::Input& from) {
  Problem problem;
  Input input{GetEvent(from, problem), {from.now_micros(), from.now_error_micros()}};
  return std::move(problem).Result(std::move(input));
}

absl::StatusOr<Effect> FromProto(const proto::Effect& from) {
  Problem problem;
  Effect effect = GetEffect(from, problem);
  return std::move(problem).Result(std::move(effect));
}

}  // namespace lockstep::traces
