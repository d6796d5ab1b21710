#include "core/fingerprint.h"

#include <type_traits>

namespace lockstep {
namespace {

// What counts of each type. One class, so that every overload sees all others.
struct Fields {
  // Adds every argument, in order.
  template <typename... Ts>
  static void AddAll(Fingerprinter& f, const Ts&... values) {
    (Add(f, values), ...);
  }

  static void Add(Fingerprinter& f, bool value) { f.Add(value ? 1 : 0); }
  template <typename T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) static void Add(Fingerprinter& f, T value) {
    f.Add(static_cast<uint64_t>(value));
  }
  static void Add(Fingerprinter& f, NodeId id) { f.Add((uint64_t{id.incarnation} << 32) | id.number); }
  static void Add(Fingerprinter& f, LogPosition position) { AddAll(f, position.index, position.term); }
  static void Add(Fingerprinter& f, const EntryMeta& entry) { AddAll(f, entry.term, entry.bytes, entry.kind); }

  template <typename Range>
  requires requires(const Range& range) {
    range.begin();
    range.size();
  }
  static void Add(Fingerprinter& f, const Range& range) {
    f.Add(range.size());
    for (const auto& element : range) Add(f, element);
  }

  template <typename T>
  static void Add(Fingerprinter& f, const std::optional<T>& value) {
    f.Add(value.has_value() ? 1 : 0);
    if (value.has_value()) Add(f, *value);
  }

  static void Add(Fingerprinter& f, const Configuration& c) {
    AddAll(f, c.voters, c.outgoing_voters, c.learners, c.learners_next, c.auto_leave);
  }
  static void Add(Fingerprinter& f, const ConfigurationEntry& c) { AddAll(f, c.index, c.configuration); }
  static void Add(Fingerprinter& f, const MemberChange& c) { AddAll(f, c.kind, c.node); }
  static void Add(Fingerprinter& f, const Snapshot& s) { AddAll(f, s.last_included, s.configuration, s.bytes); }

  static void Add(Fingerprinter& f, const Log& log) {
    AddAll(f, log.base(), log.last_index());
    for (Index i = log.first_index(); i <= log.last_index(); ++i) Add(f, log.At(i));
    Add(f, log.configurations());
  }

  static void Add(Fingerprinter& f, const Options& o) {
    AddAll(f, o.pre_vote, o.check_quorum, o.append_entries_max, o.append_bytes_max, o.inflight_messages_max,
           o.inflight_bytes_max, o.uncommitted_bytes_max, o.apply_entries_max, o.snapshot_interval_entries,
           o.snapshot_trailing_entries, o.snapshot_trailing_bytes, o.snapshot_chunk_bytes, o.resident_entries,
           o.lease_micros);
  }

  // Messages.
  static void Add(Fingerprinter& f, const RequestVote& m) {
    AddAll(f, m.election_term, m.last_log, m.pre_vote, m.leader_transfer);
  }
  static void Add(Fingerprinter& f, const RequestVoteReply& m) { AddAll(f, m.election_term, m.pre_vote, m.granted); }
  static void Add(Fingerprinter& f, const AppendEntries& m) {
    AddAll(f, m.previous, m.commit_index, m.entries, m.configurations);
  }
  static void Add(Fingerprinter& f, const AppendEntriesReply& m) {
    AddAll(f, m.accepted, m.match_index, m.rejected_index, m.hint);
  }
  static void Add(Fingerprinter& f, const Heartbeat& m) { AddAll(f, m.commit_index, m.round); }
  static void Add(Fingerprinter& f, const HeartbeatReply& m) { AddAll(f, m.round); }
  static void Add(Fingerprinter& f, const InstallSnapshot& m) {
    AddAll(f, m.last_included, m.configuration, m.offset, m.bytes, m.total_bytes);
  }
  static void Add(Fingerprinter& f, const InstallSnapshotReply& m) {
    AddAll(f, m.last_included, m.next_offset, m.installed);
  }
  static void Add(Fingerprinter&, const TimeoutNow&) {}
  static void Add(Fingerprinter& f, const ReadRequest& m) { AddAll(f, m.start, m.position); }
  static void Add(Fingerprinter& f, const ReadReply& m) { AddAll(f, m.start, m.position, m.accepted, m.read_index); }

  static void Add(Fingerprinter& f, const Message& m) {
    AddAll(f, m.source, m.dest, m.term, m.body.index());
    std::visit([&f](const auto& body) { Add(f, body); }, m.body);
  }

  // The state's parts.
  static void Add(Fingerprinter& f, const PendingLogWrite& w) { AddAll(f, w.write_id, w.last, w.done); }
  static void Add(Fingerprinter& f, const Storage& s) {
    AddAll(f, s.next_write_id, s.pending_vote_write, s.durable_term, s.durable_vote, s.durable_index, s.issued_index,
           s.pending_log_writes, s.failing);
  }
  static void Add(Fingerprinter& f, const InflightAppend& i) { AddAll(f, i.last, i.bytes); }
  static void Add(Fingerprinter& f, const OutgoingSnapshot& s) {
    AddAll(f, s.snapshot, s.offset, s.waiting, s.stalled);
  }
  static void Add(Fingerprinter& f, const Progress& p) {
    AddAll(f, p.mode, p.match_index, p.next_index, p.sent_commit_index, p.probe_sent, p.recently_active, p.acked_round,
           p.inflight, p.inflight_bytes, p.snapshot, p.loading_first, p.loading_last);
  }
  static void Add(Fingerprinter& f, const Peer& p) { AddAll(f, p.id, p.progress); }
  static void Add(Fingerprinter& f, const PendingProposal& p) { AddAll(f, p.index, p.request_id); }
  static void Add(Fingerprinter& f, const PendingRead& r) {
    AddAll(f, r.request_id, r.origin, r.forwarded, r.round, r.read_index);
  }
  static void Add(Fingerprinter& f, const ConfirmedRead& r) {
    AddAll(f, r.request_id, r.read_index, r.lease_until_micros);
  }
  static void Add(Fingerprinter& f, const ForwardedRead& r) { AddAll(f, r.request_id, r.position, r.aged); }
  static void Add(Fingerprinter& f, const PendingTransfer& t) {
    AddAll(f, t.request_id, t.target, t.timeout_now_sent, t.aged);
  }
  static void Add(Fingerprinter& f, const LeaderState& l) {
    AddAll(f, l.peers, l.term_start_index, l.uncommitted_bytes, l.proposals, l.change, l.round, l.round_began_micros,
           l.confirmed_round, l.reads, l.lease_until_micros, l.lease_revoked);
  }
  static void Add(Fingerprinter& f, const Vote& v) { AddAll(f, v.voter, v.granted); }
  static void Add(Fingerprinter& f, const CandidateState& c) { AddAll(f, c.votes, c.leader_transfer); }
  static void Add(Fingerprinter& f, const IncomingSnapshot& s) {
    AddAll(f, s.source, s.last_included, s.configuration, s.total_bytes, s.next_offset, s.store_write_id, s.storing_end,
           s.installing);
  }
  static void Add(Fingerprinter& f, const FollowerState& s) { AddAll(f, s.verified_index, s.acked_index, s.reads); }

  static void Add(Fingerprinter& f, const State& s) {
    AddAll(f, s.id, s.options, s.start, s.current_term, s.voted_for, s.log, s.snapshot, s.storage, s.role, s.leader,
           s.commit_index, s.apply_index, s.applied_index, s.snapshot_wanted, s.vote_withheld, s.halted, s.leading,
           s.candidacy, s.following, s.incoming, s.transfer, s.confirmed_reads, s.next_read_position);
  }

  // Inputs.
  static void Add(Fingerprinter&, const input::ElectionTimeout&) {}
  static void Add(Fingerprinter&, const input::HeartbeatTimeout&) {}
  static void Add(Fingerprinter&, const input::QuorumCheckTimeout&) {}
  static void Add(Fingerprinter& f, const input::Receive& e) { Add(f, e.message); }
  static void Add(Fingerprinter& f, const input::WriteDone& e) { Add(f, e.write_id); }
  static void Add(Fingerprinter& f, const input::WriteFailed& e) { Add(f, e.write_id); }
  static void Add(Fingerprinter& f, const input::Proposal& e) { AddAll(f, e.request_id, e.bytes); }
  static void Add(Fingerprinter& f, const input::Propose& e) { Add(f, e.proposals); }
  static void Add(Fingerprinter& f, const input::ProposeConfiguration& e) {
    AddAll(f, e.request_id, e.change.members, e.change.transition);
  }
  static void Add(Fingerprinter& f, const input::Read& e) { AddAll(f, e.request_id, e.mode); }
  static void Add(Fingerprinter& f, const input::TransferLeadership& e) { AddAll(f, e.request_id, e.target); }
  static void Add(Fingerprinter& f, const input::Cancel& e) { Add(f, e.request_id); }
  static void Add(Fingerprinter& f, const input::Applied& e) { Add(f, e.index); }
  static void Add(Fingerprinter& f, const input::SnapshotTaken& e) { AddAll(f, e.index, e.bytes, e.ok); }
  static void Add(Fingerprinter& f, const input::SnapshotChunkStored& e) { AddAll(f, e.write_id, e.ok); }
  static void Add(Fingerprinter& f, const input::SnapshotInstalled& e) { AddAll(f, e.last_included, e.ok); }
  static void Add(Fingerprinter& f, const input::EntriesLoaded& e) { AddAll(f, e.peer, e.first, e.last, e.ok); }
  static void Add(Fingerprinter& f, const input::PeerUnreachable& e) { Add(f, e.peer); }

  // Effects.
  static void Add(Fingerprinter& f, const effect::SaveVote& e) { AddAll(f, e.write_id, e.term, e.voted_for); }
  static void Add(Fingerprinter& f, const effect::AppendLog& e) {
    AddAll(f, e.write_id, e.first, e.entries, e.configurations);
  }
  static void Add(Fingerprinter& f, const effect::TruncateLog& e) { AddAll(f, e.write_id, e.last); }
  static void Add(Fingerprinter& f, const effect::Send& e) { AddAll(f, e.message, e.after); }
  static void Add(Fingerprinter& f, const effect::LoadEntries& e) { AddAll(f, e.peer, e.first, e.last); }
  static void Add(Fingerprinter& f, const effect::Apply& e) { AddAll(f, e.first, e.last); }
  static void Add(Fingerprinter& f, const effect::SetTimer& e) { Add(f, e.timer); }
  static void Add(Fingerprinter& f, const effect::TakeSnapshot& e) { AddAll(f, e.last_included, e.configuration); }
  static void Add(Fingerprinter& f, const effect::CompactLog& e) { Add(f, e.last); }
  static void Add(Fingerprinter& f, const effect::StoreSnapshotChunk& e) {
    AddAll(f, e.write_id, e.source, e.last_included, e.offset, e.bytes, e.total_bytes);
  }
  static void Add(Fingerprinter& f, const effect::InstallSnapshot& e) { AddAll(f, e.last_included, e.configuration); }
  static void Add(Fingerprinter& f, const effect::Outcome& e) {
    AddAll(f, e.request_id, e.kind, e.reason, e.leader, e.index, e.term, e.lease_until_micros);
  }
  static void Add(Fingerprinter& f, const effect::ConfigurationChanged& e) { Add(f, e.configuration); }
  static void Add(Fingerprinter& f, const effect::RoleChanged& e) { AddAll(f, e.role, e.term, e.leader); }
  static void Add(Fingerprinter& f, const effect::Halt& e) { AddAll(f, e.reason, e.peer, e.here, e.there); }
};

}  // namespace

void AddTo(Fingerprinter& fingerprinter, const State& state) { Fields::Add(fingerprinter, state); }

void AddTo(Fingerprinter& fingerprinter, const Message& message) { Fields::Add(fingerprinter, message); }

void AddTo(Fingerprinter& fingerprinter, const Event& event) {
  fingerprinter.Add(event.index());
  std::visit([&fingerprinter](const auto& input) { Fields::Add(fingerprinter, input); }, event);
}

void AddTo(Fingerprinter& fingerprinter, const Effect& effect) {
  fingerprinter.Add(effect.index());
  std::visit([&fingerprinter](const auto& value) { Fields::Add(fingerprinter, value); }, effect);
}

}  // namespace lockstep
