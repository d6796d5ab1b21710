#include <type_traits>
#include <variant>

#include "traces/convert.h"

namespace lockstep::traces {
namespace {

// An enumeration of core as the one of the same order in the trace.
template <typename To, typename From>
To Enum(From from) {
  return static_cast<To>(static_cast<int>(from));
}

template <typename From, typename To>
void Repeat(const From& from, To* to) {
  to->Reserve(static_cast<int>(from.size()));
  for (const auto& element : from) ToProto(element, to->Add());
}

// ---- Bodies of messages ----

void Put(const RequestVote& from, proto::Message* message) {
  proto::RequestVote* to = message->mutable_request_vote();
  to->set_election_term(from.election_term);
  ToProto(from.last_log, to->mutable_last_log());
  to->set_pre_vote(from.pre_vote);
  to->set_leader_transfer(from.leader_transfer);
}

void Put(const RequestVoteReply& from, proto::Message* message) {
  proto::RequestVoteReply* to = message->mutable_request_vote_reply();
  to->set_election_term(from.election_term);
  to->set_pre_vote(from.pre_vote);
  to->set_granted(from.granted);
}

void Put(const AppendEntries& from, proto::Message* message) {
  proto::AppendEntries* to = message->mutable_append_entries();
  ToProto(from.previous, to->mutable_previous());
  to->set_commit_index(from.commit_index);
  Repeat(from.entries, to->mutable_entries());
  Repeat(from.configurations, to->mutable_configurations());
}

void Put(const AppendEntriesReply& from, proto::Message* message) {
  proto::AppendEntriesReply* to = message->mutable_append_entries_reply();
  to->set_accepted(from.accepted);
  to->set_match_index(from.match_index);
  to->set_rejected_index(from.rejected_index);
  ToProto(from.hint, to->mutable_hint());
}

void Put(const Heartbeat& from, proto::Message* message) {
  proto::Heartbeat* to = message->mutable_heartbeat();
  to->set_commit_index(from.commit_index);
  to->set_round(from.round);
}

void Put(const HeartbeatReply& from, proto::Message* message) {
  message->mutable_heartbeat_reply()->set_round(from.round);
}

void Put(const InstallSnapshot& from, proto::Message* message) {
  proto::InstallSnapshot* to = message->mutable_install_snapshot();
  ToProto(from.last_included, to->mutable_last_included());
  ToProto(from.configuration, to->mutable_configuration());
  to->set_offset(from.offset);
  to->set_bytes(from.bytes);
  to->set_total_bytes(from.total_bytes);
}

void Put(const InstallSnapshotReply& from, proto::Message* message) {
  proto::InstallSnapshotReply* to = message->mutable_install_snapshot_reply();
  ToProto(from.last_included, to->mutable_last_included());
  to->set_next_offset(from.next_offset);
  to->set_installed(from.installed);
}

void Put(const TimeoutNow&, proto::Message* message) { message->mutable_timeout_now(); }

void Put(const ReadRequest& from, proto::Message* message) {
  proto::ReadRequest* to = message->mutable_read_request();
  to->set_start(from.start);
  to->set_position(from.position);
}

void Put(const ReadReply& from, proto::Message* message) {
  proto::ReadReply* to = message->mutable_read_reply();
  to->set_start(from.start);
  to->set_position(from.position);
  to->set_accepted(from.accepted);
  to->set_read_index(from.read_index);
}

// ---- Inputs ----

void Put(const input::ElectionTimeout&, proto::Input* input) { input->mutable_election_timeout(); }
void Put(const input::HeartbeatTimeout&, proto::Input* input) { input->mutable_heartbeat_timeout(); }
void Put(const input::QuorumCheckTimeout&, proto::Input* input) { input->mutable_quorum_check_timeout(); }

void Put(const input::Receive& from, proto::Input* input) {
  ToProto(from.message, input->mutable_receive()->mutable_message());
}

void Put(const input::WriteDone& from, proto::Input* input) {
  input->mutable_write_done()->set_write_id(from.write_id);
}

void Put(const input::WriteFailed& from, proto::Input* input) {
  input->mutable_write_failed()->set_write_id(from.write_id);
}

void Put(const input::Propose& from, proto::Input* input) {
  proto::Propose* to = input->mutable_propose();
  for (const input::Proposal& proposal : from.proposals) {
    proto::Proposal* added = to->add_proposals();
    added->set_request_id(proposal.request_id);
    added->set_bytes(proposal.bytes);
  }
}

void Put(const input::ProposeConfiguration& from, proto::Input* input) {
  proto::ProposeConfiguration* to = input->mutable_propose_configuration();
  to->set_request_id(from.request_id);
  for (const MemberChange& change : from.change.members) {
    proto::MemberChange* added = to->add_members();
    added->set_kind(Enum<proto::ChangeKind>(change.kind));
    ToProto(change.node, added->mutable_node());
  }
  to->set_transition(Enum<proto::Transition>(from.change.transition));
}

void Put(const input::Read& from, proto::Input* input) {
  proto::Read* to = input->mutable_read();
  to->set_request_id(from.request_id);
  to->set_mode(Enum<proto::ReadMode>(from.mode));
}

void Put(const input::TransferLeadership& from, proto::Input* input) {
  proto::TransferLeadership* to = input->mutable_transfer_leadership();
  to->set_request_id(from.request_id);
  ToProto(from.target, to->mutable_target());
}

void Put(const input::Cancel& from, proto::Input* input) { input->mutable_cancel()->set_request_id(from.request_id); }

void Put(const input::Applied& from, proto::Input* input) { input->mutable_applied()->set_index(from.index); }

void Put(const input::SnapshotTaken& from, proto::Input* input) {
  proto::SnapshotTaken* to = input->mutable_snapshot_taken();
  to->set_index(from.index);
  to->set_bytes(from.bytes);
  to->set_ok(from.ok);
}

void Put(const input::SnapshotChunkStored& from, proto::Input* input) {
  proto::SnapshotChunkStored* to = input->mutable_snapshot_chunk_stored();
  to->set_write_id(from.write_id);
  to->set_ok(from.ok);
}

void Put(const input::SnapshotInstalled& from, proto::Input* input) {
  proto::SnapshotInstalled* to = input->mutable_snapshot_installed();
  ToProto(from.last_included, to->mutable_last_included());
  to->set_ok(from.ok);
}

void Put(const input::EntriesLoaded& from, proto::Input* input) {
  proto::EntriesLoaded* to = input->mutable_entries_loaded();
  ToProto(from.peer, to->mutable_peer());
  to->set_first(from.first);
  to->set_last(from.last);
  to->set_ok(from.ok);
}

void Put(const input::PeerUnreachable& from, proto::Input* input) {
  ToProto(from.peer, input->mutable_peer_unreachable()->mutable_peer());
}

// ---- Effects ----

void Put(const effect::SaveVote& from, proto::Effect* effect) {
  proto::SaveVote* to = effect->mutable_save_vote();
  to->set_write_id(from.write_id);
  to->set_term(from.term);
  ToProto(from.voted_for, to->mutable_voted_for());
}

void Put(const effect::AppendLog& from, proto::Effect* effect) {
  proto::AppendLog* to = effect->mutable_append_log();
  to->set_write_id(from.write_id);
  to->set_first(from.first);
  Repeat(from.entries, to->mutable_entries());
  Repeat(from.configurations, to->mutable_configurations());
}

void Put(const effect::TruncateLog& from, proto::Effect* effect) {
  proto::TruncateLog* to = effect->mutable_truncate_log();
  to->set_write_id(from.write_id);
  to->set_last(from.last);
}

void Put(const effect::Send& from, proto::Effect* effect) {
  proto::Send* to = effect->mutable_send();
  ToProto(from.message, to->mutable_message());
  to->set_after(from.after);
}

void Put(const effect::LoadEntries& from, proto::Effect* effect) {
  proto::LoadEntries* to = effect->mutable_load_entries();
  ToProto(from.peer, to->mutable_peer());
  to->set_first(from.first);
  to->set_last(from.last);
}

void Put(const effect::Apply& from, proto::Effect* effect) {
  proto::Apply* to = effect->mutable_apply();
  to->set_first(from.first);
  to->set_last(from.last);
}

void Put(const effect::SetTimer& from, proto::Effect* effect) {
  effect->mutable_set_timer()->set_timer(Enum<proto::Timer>(from.timer));
}

void Put(const effect::TakeSnapshot& from, proto::Effect* effect) {
  proto::TakeSnapshot* to = effect->mutable_take_snapshot();
  ToProto(from.last_included, to->mutable_last_included());
  ToProto(from.configuration, to->mutable_configuration());
}

void Put(const effect::CompactLog& from, proto::Effect* effect) {
  ToProto(from.last, effect->mutable_compact_log()->mutable_last());
}

void Put(const effect::StoreSnapshotChunk& from, proto::Effect* effect) {
  proto::StoreSnapshotChunk* to = effect->mutable_store_snapshot_chunk();
  to->set_write_id(from.write_id);
  ToProto(from.source, to->mutable_source());
  ToProto(from.last_included, to->mutable_last_included());
  to->set_offset(from.offset);
  to->set_bytes(from.bytes);
  to->set_total_bytes(from.total_bytes);
}

void Put(const effect::InstallSnapshot& from, proto::Effect* effect) {
  proto::InstallStoredSnapshot* to = effect->mutable_install_snapshot();
  ToProto(from.last_included, to->mutable_last_included());
  ToProto(from.configuration, to->mutable_configuration());
}

void Put(const effect::Outcome& from, proto::Effect* effect) {
  proto::Outcome* to = effect->mutable_outcome();
  to->set_request_id(from.request_id);
  to->set_kind(Enum<proto::OutcomeKind>(from.kind));
  to->set_reason(Enum<proto::Reason>(from.reason));
  ToProto(from.leader, to->mutable_leader());
  to->set_index(from.index);
  to->set_term(from.term);
  to->set_lease_until_micros(from.lease_until_micros);
}

void Put(const effect::ConfigurationChanged& from, proto::Effect* effect) {
  ToProto(from.configuration, effect->mutable_configuration_changed()->mutable_configuration());
}

void Put(const effect::RoleChanged& from, proto::Effect* effect) {
  proto::RoleChanged* to = effect->mutable_role_changed();
  to->set_role(ToProto(from.role));
  to->set_term(from.term);
  ToProto(from.leader, to->mutable_leader());
}

void Put(const effect::Halt& from, proto::Effect* effect) {
  proto::Halt* to = effect->mutable_halt();
  to->set_reason(Enum<proto::HaltReason>(from.reason));
  ToProto(from.peer, to->mutable_peer());
  ToProto(from.here, to->mutable_here());
  ToProto(from.there, to->mutable_there());
}

void PutAll(const NodeSet& from, google::protobuf::RepeatedPtrField<proto::NodeId>* to) { Repeat(from, to); }

}  // namespace

void ToProto(NodeId from, proto::NodeId* to) {
  to->set_number(from.number);
  to->set_incarnation(from.incarnation);
}

void ToProto(LogPosition from, proto::LogPosition* to) {
  to->set_index(from.index);
  to->set_term(from.term);
}

void ToProto(const Configuration& from, proto::Configuration* to) {
  PutAll(from.voters, to->mutable_voters());
  PutAll(from.outgoing_voters, to->mutable_outgoing_voters());
  PutAll(from.learners, to->mutable_learners());
  PutAll(from.learners_next, to->mutable_learners_next());
  to->set_auto_leave(from.auto_leave);
}

void ToProto(const ConfigurationEntry& from, proto::ConfigurationEntry* to) {
  to->set_index(from.index);
  ToProto(from.configuration, to->mutable_configuration());
}

void ToProto(const EntryMeta& from, proto::Entry* to) {
  to->set_term(from.term);
  to->set_bytes(from.bytes);
  to->set_kind(Enum<proto::EntryKind>(from.kind));
}

void ToProto(const Message& from, proto::Message* to) {
  ToProto(from.source, to->mutable_source());
  ToProto(from.dest, to->mutable_dest());
  to->set_term(from.term);
  std::visit([to](const auto& body) { Put(body, to); }, from.body);
}

void ToProto(const Input& from, proto::Input* to) {
  to->set_now_micros(from.now.micros);
  to->set_now_error_micros(from.now.error_micros);
  std::visit([to](const auto& event) { Put(event, to); }, from.event);
}

void ToProto(const Effect& from, proto::Effect* to) {
  std::visit([to](const auto& effect) { Put(effect, to); }, from);
}

void ToProto(const Options& from, proto::Options* to) {
  to->set_pre_vote(from.pre_vote);
  to->set_check_quorum(from.check_quorum);
  to->set_append_entries_max(from.append_entries_max);
  to->set_append_bytes_max(from.append_bytes_max);
  to->set_inflight_messages_max(from.inflight_messages_max);
  to->set_inflight_bytes_max(from.inflight_bytes_max);
  to->set_uncommitted_bytes_max(from.uncommitted_bytes_max);
  to->set_apply_entries_max(from.apply_entries_max);
  to->set_snapshot_interval_entries(from.snapshot_interval_entries);
  to->set_snapshot_trailing_entries(from.snapshot_trailing_entries);
  to->set_snapshot_trailing_bytes(from.snapshot_trailing_bytes);
  to->set_snapshot_chunk_bytes(from.snapshot_chunk_bytes);
  to->set_resident_entries(from.resident_entries);
  to->set_lease_micros(from.lease_micros);
}

proto::Role ToProto(Role role) { return Enum<proto::Role>(role); }

}  // namespace lockstep::traces
