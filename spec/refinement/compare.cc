// Comparison of a mapped state with the core's, variable by variable. Text is made only of what differs.
#include <algorithm>
#include <string>

#include "spec/refinement/map.h"

namespace lockstep::spec {
namespace {

std::string Text(uint64_t value) { return std::to_string(value); }
std::string Text(bool value) { return value ? "true" : "false"; }
std::string Text(NodeId id) { return ToString(id); }
std::string Text(Role role) { return ToString(role); }

template <typename T>
bool Differs(const char* variable, const T& expected, const T& found, std::optional<Difference>& difference) {
  if (expected == found) [[likely]]
    return false;
  difference = Difference{variable, Text(expected), Text(found)};
  return true;
}

#define LOCKSTEP_COMPARE(variable, expected, found) \
  if (Differs(variable, expected, found, difference)) return difference

std::optional<Difference> CompareDurability(const model::Node& n, const State& s) {
  std::optional<Difference> difference;
  LOCKSTEP_COMPARE("durableTerm", n.durable_term, s.storage.durable_term);
  LOCKSTEP_COMPARE("durableVote", n.durable_vote, s.storage.durable_vote);
  LOCKSTEP_COMPARE("durableIndex", n.durable_index, s.storage.durable_index);
  LOCKSTEP_COMPARE("issuedIndex", n.issued_index, s.storage.issued_index);
  LOCKSTEP_COMPARE("failing", n.failing, s.storage.failing);
  LOCKSTEP_COMPARE("writes (vote)", n.vote_write, s.storage.pending_vote_write);
  LOCKSTEP_COMPARE("writes (log, number)", uint64_t{n.log_writes.size()},
                   uint64_t{s.storage.pending_log_writes.size()});
  for (size_t i = 0; i < n.log_writes.size(); ++i) {
    const PendingLogWrite& found = s.storage.pending_log_writes[i];
    LOCKSTEP_COMPARE("writes (log, id)", n.log_writes[i].id, found.write_id);
    LOCKSTEP_COMPARE("writes (last)", n.log_writes[i].last, found.last);
    LOCKSTEP_COMPARE("writes (done)", n.log_writes[i].done, found.done);
  }
  LOCKSTEP_COMPARE("snapshot.index", n.snapshot.position.index, s.snapshot.last_included.index);
  LOCKSTEP_COMPARE("snapshot.term", n.snapshot.position.term, s.snapshot.last_included.term);
  LOCKSTEP_COMPARE("base.index", n.log.base_index(), s.log.base_index());
  LOCKSTEP_COMPARE("base.term", n.log.base().position.term, s.log.base().term);
  LOCKSTEP_COMPARE("log (last index)", n.log.last_index(), s.log.last_index());
  LOCKSTEP_COMPARE("log (last term)", n.log.last_term(), s.log.last_term());
  return difference;
}

std::optional<Difference> CompareVotes(const model::Node& n, const State& s) {
  std::optional<Difference> difference;
  LOCKSTEP_COMPARE("granted and refused (number)", uint64_t{n.granted.size() + n.refused.size()},
                   uint64_t{s.candidacy.votes.size()});
  for (const Vote& vote : s.candidacy.votes) {
    LOCKSTEP_COMPARE(vote.granted ? "granted" : "refused", true,
                     model::Contains(vote.granted ? n.granted : n.refused, vote.voter));
  }
  return difference;
}

std::optional<Difference> CompareLeader(const model::Node& n, const State& s) {
  std::optional<Difference> difference;
  const LeaderState& leading = s.leading;
  LOCKSTEP_COMPARE("termStart", n.term_start, leading.term_start_index);
  LOCKSTEP_COMPARE("round", n.round, leading.round);
  LOCKSTEP_COMPARE("confirmedRound", n.confirmed_round, leading.confirmed_round);
  LOCKSTEP_COMPARE("peers (number)", uint64_t{n.peers.size()}, uint64_t{leading.peers.size()});
  for (size_t i = 0; i < n.peers.size(); ++i) {
    const Peer& found = leading.peers[i];
    LOCKSTEP_COMPARE("peers", n.peers[i].id, found.id);
    LOCKSTEP_COMPARE("matchIndex", n.peers[i].match_index, found.progress.match_index);
    LOCKSTEP_COMPARE("ackedRound", n.peers[i].acked_round, found.progress.acked_round);
  }
  LOCKSTEP_COMPARE("reads (number)", uint64_t{n.reads.size()}, uint64_t{leading.reads.size()});
  for (size_t i = 0; i < n.reads.size(); ++i) {
    const PendingRead& found = leading.reads[i];
    LOCKSTEP_COMPARE("reads (request)", n.reads[i].request, found.request_id);
    LOCKSTEP_COMPARE("reads (origin)", n.reads[i].origin, found.origin);
    LOCKSTEP_COMPARE("reads (position)", n.reads[i].key.position, found.forwarded.position);
    LOCKSTEP_COMPARE("reads (round)", n.reads[i].round, found.round);
    LOCKSTEP_COMPARE("reads (index)", n.reads[i].index, found.read_index);
  }
  return difference;
}

std::optional<Difference> CompareRequests(const model::Node& n, const State& s) {
  std::optional<Difference> difference;
  LOCKSTEP_COMPARE("forwarded (number)", uint64_t{n.forwarded.size()}, uint64_t{s.following.reads.size()});
  for (size_t i = 0; i < n.forwarded.size(); ++i) {
    LOCKSTEP_COMPARE("forwarded", n.forwarded[i].request, s.following.reads[i].request_id);
    LOCKSTEP_COMPARE("forwarded (position)", n.forwarded[i].key.position, s.following.reads[i].position);
  }
  LOCKSTEP_COMPARE("confirmed (number)", uint64_t{n.confirmed.size()}, uint64_t{s.confirmed_reads.size()});
  for (size_t i = 0; i < n.confirmed.size(); ++i) {
    LOCKSTEP_COMPARE("confirmed", n.confirmed[i].request, s.confirmed_reads[i].request_id);
    LOCKSTEP_COMPARE("confirmed (index)", n.confirmed[i].index, s.confirmed_reads[i].read_index);
    LOCKSTEP_COMPARE("confirmed (by lease)", n.confirmed[i].by_lease, s.confirmed_reads[i].lease_until_micros != 0);
  }
  LOCKSTEP_COMPARE("transfer", n.transfer.has_value(), s.transfer.has_value());
  if (n.transfer.has_value()) {
    LOCKSTEP_COMPARE("transfer.target", n.transfer->target, s.transfer->target);
    LOCKSTEP_COMPARE("transfer.sent", n.transfer->sent, s.transfer->timeout_now_sent);
  }
  LOCKSTEP_COMPARE("incoming", n.incoming.has_value(), s.incoming.has_value());
  if (n.incoming.has_value()) {
    LOCKSTEP_COMPARE("incoming.source", n.incoming->source, s.incoming->source);
    LOCKSTEP_COMPARE("incoming.installing", n.incoming->installing, s.incoming->installing);
    LOCKSTEP_COMPARE("incoming.snapshot.index", n.incoming->snapshot.position.index, s.incoming->last_included.index);
    LOCKSTEP_COMPARE("incoming.snapshot.term", n.incoming->snapshot.position.term, s.incoming->last_included.term);
    LOCKSTEP_COMPARE("incoming.snapshot.configuration", true,
                     Same(*n.incoming->snapshot.configuration, s.incoming->configuration.configuration));
  }
  return difference;
}

}  // namespace

std::optional<Difference> CompareState(const model::Node& n, const State& s) {
  std::optional<Difference> difference;
  LOCKSTEP_COMPARE("halted", n.halted, s.halted);
  if (s.halted) return difference;  // What a halted node still holds matters to nobody.
  LOCKSTEP_COMPARE("currentTerm", n.current_term, s.current_term);
  LOCKSTEP_COMPARE("votedFor", n.voted_for, s.voted_for);
  LOCKSTEP_COMPARE("role", n.role, s.role);
  LOCKSTEP_COMPARE("leader", n.leader, s.leader);
  LOCKSTEP_COMPARE("commitIndex", n.commit_index, s.commit_index);
  LOCKSTEP_COMPARE("appliedIndex", n.applied_index, s.applied_index);
  LOCKSTEP_COMPARE("voteWithheld", n.vote_withheld, s.vote_withheld);
  LOCKSTEP_COMPARE("verifiedIndex", n.verified_index, s.following.verified_index);
  LOCKSTEP_COMPARE("ackedIndex", n.acked_index, s.following.acked_index);
  if ((difference = CompareDurability(n, s))) return difference;
  if ((difference = CompareVotes(n, s))) return difference;
  if ((difference = CompareLeader(n, s))) return difference;
  return CompareRequests(n, s);
}

#undef LOCKSTEP_COMPARE

std::optional<Difference> CompareEntries(const model::Node& node, const State& state, Index first, Index last) {
  for (Index i = first; i <= last; ++i) {
    if (SameEntry(node.log.At(i), state.log.At(i))) [[likely]]
      continue;
    const EntryMeta& found = state.log.At(i);
    return Difference{"log[" + std::to_string(i) + "]", model::ToString(node.log.At(i)),
                      std::to_string(found.term) + " " + ToString(found.kind) + "/" + std::to_string(found.bytes)};
  }
  return std::nullopt;
}

}  // namespace lockstep::spec
