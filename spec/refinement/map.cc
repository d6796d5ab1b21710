#include "spec/refinement/map.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace lockstep::spec {
namespace {

void MapIds(const NodeSet& set, model::NodeIds& ids) { ids.assign(set.begin(), set.end()); }

model::ConfigurationPtr ConfigurationOf(const std::vector<ConfigurationEntry>& entries, Index index) {
  for (const ConfigurationEntry& entry : entries) {
    if (entry.index == index) return Map(entry.configuration);
  }
  return nullptr;
}

model::Entry MapEntry(const EntryMeta& entry, const std::vector<ConfigurationEntry>& configurations, Index index) {
  return {entry.term, entry.kind == EntryKind::kCommand ? entry.bytes : 0, entry.kind,
          entry.kind == EntryKind::kConfiguration ? ConfigurationOf(configurations, index) : nullptr};
}

void MapLeader(const LeaderState& leading, model::Node& node) {
  node.term_start = leading.term_start_index;
  node.peers.clear();
  for (const Peer& peer : leading.peers) {
    node.peers.push_back({peer.id, peer.progress.match_index, peer.progress.acked_round});
  }
  node.round = leading.round;
  node.confirmed_round = leading.confirmed_round;
  node.reads.clear();
  for (const PendingRead& read : leading.reads) {
    node.reads.push_back(
        {read.request_id, read.origin, {read.forwarded.start, read.forwarded.position}, read.round, read.read_index});
  }
}

void MapRequests(const State& state, model::Node& node) {
  node.confirmed.clear();
  for (const ConfirmedRead& read : state.confirmed_reads) {
    node.confirmed.push_back({read.request_id, read.read_index, read.lease_until_micros != 0});
  }
  node.forwarded.clear();
  for (const ForwardedRead& read : state.following.reads) {
    node.forwarded.push_back({read.request_id, {state.start, read.position}});
  }
  node.transfer.reset();
  if (state.transfer.has_value()) {
    node.transfer =
        model::Transfer{state.transfer->request_id, state.transfer->target, state.transfer->timeout_now_sent};
  }
}

}  // namespace

model::Position Map(LogPosition position) { return {position.index, position.term}; }

model::ConfigurationPtr Map(const Configuration& configuration) {
  auto mapped = std::make_shared<model::Configuration>();
  MapIds(configuration.voters, mapped->voters);
  MapIds(configuration.outgoing_voters, mapped->outgoing);
  MapIds(configuration.learners, mapped->learners);
  MapIds(configuration.learners_next, mapped->learners_next);
  mapped->auto_leave = configuration.auto_leave;
  return mapped;
}

model::Snapshot Map(const Snapshot& snapshot) {
  return {Map(snapshot.last_included), Map(snapshot.configuration.configuration)};
}

model::Change Map(const ConfigurationChange& change) {
  model::Change mapped;
  for (const MemberChange& member : change.members) {
    mapped.members.push_back({static_cast<model::ChangeKind>(member.kind), member.node});
  }
  mapped.transition = static_cast<model::Transition>(change.transition);
  return mapped;
}

void MapState(const State& state, model::Node& node) {
  node.id = state.id;
  node.halted = state.halted;
  node.current_term = state.current_term;
  node.voted_for = state.voted_for;
  const auto& configurations = state.log.configurations();
  node.log = model::Log({Map(state.log.base()), Map(state.log.ConfigurationAt(state.log.base_index()).configuration)});
  for (Index i = state.log.first_index(); i <= state.log.last_index(); ++i) {
    node.log.Append(MapEntry(state.log.At(i), configurations, i));
  }
  node.snapshot = Map(state.snapshot);
  node.durable_term = state.storage.durable_term;
  node.durable_vote = state.storage.durable_vote;
  node.durable_index = state.storage.durable_index;
  node.issued_index = state.storage.issued_index;
  node.vote_write = state.storage.pending_vote_write;
  node.log_writes.clear();
  for (const PendingLogWrite& write : state.storage.pending_log_writes) {
    node.log_writes.push_back({write.write_id, write.last, write.done});
  }
  node.failing = state.storage.failing;
  node.role = state.role;
  node.leader = state.leader;
  node.commit_index = state.commit_index;
  node.applied_index = state.applied_index;
  node.vote_withheld = state.vote_withheld;
  node.granted.clear();
  node.refused.clear();
  for (const Vote& vote : state.candidacy.votes) (vote.granted ? node.granted : node.refused).push_back(vote.voter);
  node.verified_index = state.following.verified_index;
  node.acked_index = state.following.acked_index;
  node.incoming.reset();
  if (state.incoming.has_value()) {
    node.incoming =
        model::Incoming{state.incoming->source,
                        {Map(state.incoming->last_included), Map(state.incoming->configuration.configuration)},
                        state.incoming->installing};
  }
  MapLeader(state.leading, node);
  MapRequests(state, node);
}

namespace {

struct BodyMapper {
  model::Message& to;

  void operator()(const RequestVote& body) const {
    to.kind = model::MessageKind::kRequestVote;
    to.election_term = body.election_term;
    to.position = Map(body.last_log);
    to.pre_vote = body.pre_vote;
    to.transfer = body.leader_transfer;
  }
  void operator()(const RequestVoteReply& body) const {
    to.kind = model::MessageKind::kRequestVoteReply;
    to.election_term = body.election_term;
    to.pre_vote = body.pre_vote;
    to.granted = body.granted;
  }
  void operator()(const AppendEntries& body) const {
    to.kind = model::MessageKind::kAppendEntries;
    to.position = Map(body.previous);
    to.commit_index = body.commit_index;
    Index index = body.previous.index;
    for (const EntryMeta& entry : body.entries) {
      to.entries.push_back(MapEntry(entry, body.configurations, ++index));
    }
  }
  void operator()(const AppendEntriesReply& body) const {
    to.kind = model::MessageKind::kAppendEntriesReply;
    to.accepted = body.accepted;
    to.match_index = body.accepted ? body.match_index : 0;
  }
  void operator()(const Heartbeat& body) const {
    to.kind = model::MessageKind::kHeartbeat;
    to.commit_index = body.commit_index;
    to.round = body.round;
  }
  void operator()(const HeartbeatReply& body) const {
    to.kind = model::MessageKind::kHeartbeatReply;
    to.round = body.round;
  }
  void operator()(const InstallSnapshot& body) const {
    to.kind = model::MessageKind::kInstallSnapshot;
    to.position = Map(body.last_included);
    to.configuration = Map(body.configuration.configuration);
  }
  void operator()(const InstallSnapshotReply& body) const {
    to.kind = model::MessageKind::kInstallSnapshotReply;
    to.position = {body.last_included.index, 0};
    to.accepted = body.installed;
  }
  void operator()(const TimeoutNow&) const { to.kind = model::MessageKind::kTimeoutNow; }
  void operator()(const ReadRequest& body) const {
    to.kind = model::MessageKind::kReadRequest;
    to.read = {body.start, body.position};
  }
  void operator()(const ReadReply& body) const {
    to.kind = model::MessageKind::kReadReply;
    to.read = {body.start, body.position};
    to.accepted = body.accepted;
    to.read_index = body.accepted ? body.read_index : 0;
  }
};

}  // namespace

void MapMessage(const Message& message, model::Message& mapped) {
  std::vector<model::Entry> entries = std::move(mapped.entries);
  entries.clear();
  mapped = model::Message{};
  mapped.entries = std::move(entries);
  mapped.source = message.source;
  mapped.dest = message.dest;
  mapped.term = message.term;
  std::visit(BodyMapper{mapped}, message.body);
}

bool Same(const model::Configuration& mapped, const Configuration& configuration) {
  const auto same = [](const model::NodeIds& ids, const NodeSet& set) {
    return std::equal(ids.begin(), ids.end(), set.begin(), set.end());
  };
  return same(mapped.voters, configuration.voters) && same(mapped.outgoing, configuration.outgoing_voters) &&
         same(mapped.learners, configuration.learners) && same(mapped.learners_next, configuration.learners_next) &&
         mapped.auto_leave == configuration.auto_leave;
}

bool SameEntry(const model::Entry& mapped, const EntryMeta& entry) {
  return mapped.term == entry.term && mapped.kind == entry.kind &&
         (entry.kind != EntryKind::kCommand || mapped.value == entry.bytes);
}

}  // namespace lockstep::spec
