#include "spec/properties/step_laws.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "spec/properties/durability.h"

namespace lockstep::spec {
namespace {

std::string Text(Index index, Term term) { return absl::StrCat(index, ":", term); }

bool IsPermitted(Role from, Role to, bool later_term) {
  switch (from) {
    case Role::kFollower:
      return to == Role::kFollower || (to == Role::kPreCandidate && !later_term) ||
             (to == Role::kCandidate && later_term);
    case Role::kPreCandidate:
      return to == Role::kFollower || (to == Role::kPreCandidate && !later_term) ||
             (to == Role::kCandidate && later_term);
    case Role::kCandidate:
      return to != Role::kLeader ? to != Role::kPreCandidate || !later_term : !later_term;
    case Role::kLeader:
      return to == Role::kFollower || (to == Role::kLeader && !later_term);
  }
  return false;
}

// What a node may leave undone after a message of a higher term.
bool MayIgnoreTerm(const StepView& view) {
  const auto* request = view.body<RequestVote>();
  if (request == nullptr) return !ValidateMessage(*view.message).ok();
  const State& state = view.state;
  return request->pre_vote || (state.role == view.before.role && state.voted_for == view.before.voted_for &&
                               state.commit_index == view.before.commit_index && !view.log.any);
}

bool CheckStepDown(StepView& view) {
  const Message* message = view.message;
  if (message == nullptr || message->term <= view.before.term) return true;
  if (message->dest != view.state.id || message->source == view.state.id) return true;
  const State& state = view.state;
  if (state.current_term < message->term ? MayIgnoreTerm(view)
                                         : state.current_term > message->term || state.role == Role::kFollower) {
    return true;
  }
  return view.Fail(
      Property::kStepDownOnHigherTermProp,
      absl::StrCat(ToString(view.before.role), " of term ", view.before.term, " took a ", "message of term ",
                   message->term, " and is a ", ToString(state.role), " of term ", state.current_term));
}

// The first entry taken away, if it was committed in a term that this node has reached.
bool CheckNothingCommittedLost(StepView& view) {
  const Index lost = view.log.kept + 1;
  const History& history = view.watch.history;
  if (view.log.old_last < lost || lost > history.committed_index()) return true;
  const CommitRun& commit = history.CommitAt(lost);
  if (commit.term != view.log.lost_term || commit.commit_term > view.state.current_term) return true;
  return view.Fail(Property::kCommittedReplicatedInv,
                   absl::StrCat("lost entry ", Text(lost, commit.term), ", committed in term ", commit.commit_term,
                                ", in term ", view.state.current_term));
}

bool IsRealConflict(const StepView& view) {
  const auto* append = view.body<AppendEntries>();
  const Index lost = view.log.kept + 1;
  if (append == nullptr || view.message->term != view.state.current_term) return false;
  if (append->previous.index >= lost || append->last_index() < lost) return false;
  return append->entries[lost - append->previous.index - 1].term != view.log.lost_term;
}

bool CheckReplaced(StepView& view) {
  const auto* installed = view.event<input::SnapshotInstalled>();
  const LogPosition base = view.state.log.base();
  if (installed == nullptr || !installed->ok || base.index < view.before.commit_index ||
      base != view.state.snapshot.last_included) {
    return view.Fail(Property::kPermittedLogChangesProp,
                     absl::StrCat("the log was replaced by one that begins after ", Text(base.index, base.term),
                                  ", without a snapshot that ends there; commit index was ", view.before.commit_index));
  }
  if (view.log.old_last > view.before.commit_index) view.Reach(Goal::kSnapshotOverConflict);
  return CheckNothingCommittedLost(view);
}

bool CheckTruncated(StepView& view) {
  const LogChange& log = view.log;
  if (log.kept < view.before.commit_index || !IsRealConflict(view)) {
    return view.Fail(Property::kPermittedLogChangesProp,
                     absl::StrCat("entries ", log.kept + 1, "..", log.old_last, " (the first of term ", log.lost_term,
                                  ") were taken away; commit index was ", view.before.commit_index,
                                  IsRealConflict(view) ? "" : ", and no entry of the current leader conflicts"));
  }
  if (log.old_last - log.kept >= 2) view.Reach(Goal::kTruncationOfTwoOrMore);
  return CheckNothingCommittedLost(view);
}

const PeerShadow* FindShadow(const NodeShadow& before, NodeId id, size_t hint) {
  if (hint < before.peers.size() && before.peers[hint].id == id) return &before.peers[hint];
  for (const PeerShadow& peer : before.peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

const Peer* FindPeer(const State& state, NodeId id) {
  for (const Peer& peer : state.leading.peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

bool CheckWindow(StepView& view, const Peer& peer) {
  const Progress& progress = peer.progress;
  uint64_t bytes = 0;
  Index last = 0;
  bool ascending = true;
  for (const InflightAppend& append : progress.inflight) {
    bytes += append.bytes;
    ascending = ascending && append.last > last;
    last = append.last;
  }
  const bool idle = progress.mode == ProgressMode::kReplicate || progress.inflight.empty();
  if (bytes == progress.inflight_bytes && ascending && idle && last < progress.next_index &&
      progress.inflight.size() <= view.state.options.inflight_messages_max) {
    return true;
  }
  return view.Fail(Property::kWindowAccountingInv,
                   absl::StrCat("window of ", ToString(peer.id), ": ", progress.inflight.size(), " in flight with ",
                                bytes, " bytes up to ", last, ", accounted ", progress.inflight_bytes, " bytes, mode ",
                                static_cast<int>(progress.mode), ", next index ", progress.next_index));
}

bool CheckUncommitted(StepView& view) {
  const State& state = view.state;
  uint64_t& expected = view.before.uncommitted_bytes;
  if (view.became_leader()) {
    expected = state.log.BytesAfter(state.commit_index);
  } else {
    for (Index i = view.log.kept + 1; i <= state.log.last_index(); ++i) expected += state.log.At(i).bytes;
    for (Index i = std::max(view.before.commit_index, state.log.base_index()) + 1; i <= state.commit_index; ++i) {
      expected -= state.log.At(i).bytes;
    }
  }
  if (state.leading.uncommitted_bytes == expected) return true;
  return view.Fail(Property::kUncommittedQuotaInv,
                   absl::StrCat("accounts for ", state.leading.uncommitted_bytes, " uncommitted bytes; entries after ",
                                state.commit_index, " have ", expected));
}

bool CheckPeer(StepView& view, const Peer& peer, const PeerShadow* shadow) {
  const Progress& progress = peer.progress;
  const Index known = shadow == nullptr || !view.stayed_leader() ? 0 : shadow->match_index;
  if (progress.match_index < known) {
    return view.Fail(Property::kMatchMonotonicProp, absl::StrCat("match index of ", ToString(peer.id), " fell from ",
                                                                 known, " to ", progress.match_index));
  }
  if (progress.next_index <= progress.match_index || progress.next_index > view.state.log.last_index() + 1) {
    return view.Fail(Property::kNextAboveMatchInv,
                     absl::StrCat("peer ", ToString(peer.id), ": next index ", progress.next_index, ", match index ",
                                  progress.match_index, ", last index ", view.state.log.last_index()));
  }
  if (progress.match_index == known) return true;
  const auto* reply = view.body<AppendEntriesReply>();
  if (reply != nullptr && !reply->accepted) {
    return view.Fail(Property::kNackHintSafeProp, absl::StrCat("a rejection raised the match index of ",
                                                               ToString(peer.id), " to ", progress.match_index));
  }
  return CheckMatch(view, peer.id, progress.match_index);
}

// The leader of a heartbeat may know more than this node remembers: what it acknowledged before a restart.
bool LeaderKnowsMatch(const StepView& view, Index index) {
  if (view.body<Heartbeat>() == nullptr) return false;
  const NodeShadow* leader = view.watch.Shadow(view.watch.history.SlotOf(view.message->source));
  if (leader == nullptr) return false;
  if (leader->term != view.message->term || leader->role != Role::kLeader) return true;  // It has moved on.
  for (const PeerShadow& peer : leader->peers) {
    if (peer.id == view.state.id) return peer.match_index >= index;
  }
  return true;  // No member any more.
}

// Whether `hint` is the last position of the log at which it may agree with that of a leader which has `rejected`.
bool IsBestHint(const Log& log, LogPosition hint, LogPosition rejected) {
  if (hint.index > rejected.index || !log.Matches(hint)) return false;
  if (hint.index > log.base_index() && hint.term > rejected.term) return false;
  return hint.index >= std::min(rejected.index, log.last_index()) || log.At(hint.index + 1).term > rejected.term;
}

bool CheckRejection(StepView& view, const AppendEntriesReply& reply) {
  const auto* request = view.body<AppendEntries>();
  // Who is told only of a later term need not be told where to look.
  if (request == nullptr || view.message->term < view.state.current_term) return true;
  if (IsBestHint(view.state.log, reply.hint, request->previous)) return true;
  return view.Fail(
      Property::kRejectionHintProp,
      absl::StrCat("refused what follows ", Text(request->previous.index, request->previous.term), " with the hint ",
                   Text(reply.hint.index, reply.hint.term), ", which is not the last position that may agree"));
}

bool UnusedPartsAreDefault(const State& state) {
  const LeaderState& leading = state.leading;
  if (state.role != Role::kLeader &&
      (!leading.peers.empty() || leading.term_start_index != 0 || leading.uncommitted_bytes != 0 ||
       !leading.proposals.empty() || leading.change.has_value() || leading.round != 0 ||
       leading.round_began_micros != 0 || leading.confirmed_round != 0 || !leading.reads.empty() ||
       leading.lease_until_micros != 0 || leading.lease_revoked)) {
    return false;
  }
  const bool campaigns = state.role == Role::kCandidate || state.role == Role::kPreCandidate;
  if (!campaigns && (!state.candidacy.votes.empty() || state.candidacy.leader_transfer)) return false;
  const FollowerState& following = state.following;
  if (state.role != Role::kFollower &&
      (following.verified_index != 0 || following.acked_index != 0 || !following.reads.empty())) {
    return false;
  }
  return state.role != Role::kLeader || !state.incoming.has_value();
}

bool StorageInOrder(const State& state) {
  const Storage& storage = state.storage;
  const auto& writes = storage.pending_log_writes;
  return storage.durable_index <= storage.issued_index && storage.issued_index <= state.log.last_index() &&
         storage.durable_index >= state.log.base_index() && storage.durable_term <= state.current_term &&
         storage.pending_vote_write < storage.next_write_id &&
         (writes.empty() || (writes.front().write_id <= writes.back().write_id &&
                             writes.back().write_id < storage.next_write_id && !writes.front().done));
}

}  // namespace

bool CheckTermAndRole(StepView& view) {
  const State& state = view.state;
  const Term before = view.before.term, after = state.current_term;
  const bool campaigns = state.role == Role::kCandidate || state.role == Role::kLeader;
  const Term heard = view.message == nullptr ? 0 : view.message->term;
  if (after < before || (after > before && after != heard && !(campaigns && after == std::max(before, heard) + 1))) {
    return view.Fail(Property::kTermMonotonicProp,
                     absl::StrCat("term went from ", before, " to ", after,
                                  heard == 0 ? "" : absl::StrCat(" on a message of term ", heard)));
  }
  // A TimeoutNow of a later term makes a follower, which then campaigns: two transitions in one step.
  const bool stepped_down = heard > before && view.body<TimeoutNow>() != nullptr;
  if (!IsPermitted(stepped_down ? Role::kFollower : view.before.role, state.role, after > before)) {
    return view.Fail(Property::kRoleTransitionsProp,
                     absl::StrCat(ToString(view.before.role), " of term ", before, " became ", ToString(state.role),
                                  " of term ", after, " in one step"));
  }
  return CheckStepDown(view);
}

bool CheckVote(StepView& view) {
  const State& state = view.state;
  const NodeId vote = state.voted_for;
  if ((state.role == Role::kCandidate || state.role == Role::kLeader) && vote != state.id) {
    return view.Fail(
        Property::kLeaderVotesForItselfInv,
        absl::StrCat(ToString(state.role), " of term ", state.current_term, " voted for ", ToString(vote)));
  }
  const bool same_term = state.current_term == view.before.term;
  if (same_term && vote == view.before.voted_for) return true;
  if (same_term && view.before.voted_for != kNoNode) {
    return view.Fail(Property::kVoteStableProp, absl::StrCat("vote of term ", state.current_term, " went from ",
                                                             ToString(view.before.voted_for), " to ", ToString(vote)));
  }
  if (vote == kNoNode || vote == state.id) return true;
  const auto* request = view.body<RequestVote>();
  const Term last_term = view.before.log.last_term();
  const Index last_index = view.before.log.last_index();
  if (request != nullptr && !request->pre_vote && view.message->source == vote &&
      request->election_term == state.current_term &&
      (request->last_log.term > last_term ||
       (request->last_log.term == last_term && request->last_log.index >= last_index))) {
    return true;
  }
  return view.Fail(Property::kVoteOnlyUpToDateProp,
                   absl::StrCat("voted for ", ToString(vote), " in term ", state.current_term,
                                " with a log that ends at ", Text(last_index, last_term),
                                request == nullptr ? ", without its request"
                                                   : absl::StrCat("; the request was of term ", request->election_term,
                                                                  ", its log ends at ",
                                                                  Text(request->last_log.index, request->last_log.term),
                                                                  request->pre_vote ? ", a pre-vote" : "")));
}

bool CheckLogChange(StepView& view) {
  const State& state = view.state;
  if (state.log.last_term() > state.current_term) {
    return view.Fail(Property::kMonoLogInv,
                     absl::StrCat("log ends at ", Text(state.log.last_index(), state.log.last_term()), " in term ",
                                  state.current_term));
  }
  if (!view.log.any) return true;
  if ((view.log.truncated() || view.log.replaced) && view.stayed_leader()) {
    return view.Fail(Property::kLeaderAppendOnly, absl::StrCat("leader of term ", state.current_term, " lost entries ",
                                                               view.log.kept + 1, "..", view.log.old_last));
  }
  if (view.log.replaced) return CheckReplaced(view);
  return !view.log.truncated() || CheckTruncated(view);
}

bool CheckRoleTold(StepView& view, const effect::RoleChanged* told) {
  const State& state = view.state;
  const NodeShadow& before = view.before;
  const bool changed = state.role != before.role || state.current_term != before.term || state.leader != before.leader;
  if (told == nullptr ? !changed
                      : told->role == state.role && told->term == state.current_term && told->leader == state.leader) {
    return true;
  }
  return view.Fail(Property::kRoleTransitionsProp,
                   absl::StrCat("is a ", ToString(state.role), " of term ", state.current_term, " under ",
                                ToString(state.leader), " and told ",
                                told == nullptr ? "nothing"
                                                : absl::StrCat(ToString(told->role), " of term ", told->term, " under ",
                                                               ToString(told->leader))));
}

Index VerifiedIndex(const StepView& view) {
  const State& state = view.state;
  Index verified = state.current_term == view.before.term ? view.before.verified_index : 0;
  if (view.message != nullptr && view.message->term == state.current_term) {
    const Log& log = state.log;
    if (const auto* append = view.body<AppendEntries>()) {
      const Index last = append->last_index();
      const Term term = append->entries.empty() ? append->previous.term : append->entries.back().term;
      if (last < log.base_index() || log.TermAt(last) == term) verified = std::max(verified, last);
    } else if (const auto* chunk = view.body<InstallSnapshot>()) {
      if (log.Matches(chunk->last_included)) verified = std::max(verified, chunk->last_included.index);
    }
  } else if (view.event<input::SnapshotInstalled>() != nullptr) {
    verified = std::max(verified, state.snapshot.last_included.index);
  }
  return verified;
}

bool CheckIndexes(StepView& view) {
  const State& state = view.state;
  if (state.commit_index < view.before.commit_index) {
    return view.Fail(Property::kCommitMonotonicProp,
                     absl::StrCat("commit index fell from ", view.before.commit_index, " to ", state.commit_index));
  }
  if (state.apply_index < view.before.apply_index || state.applied_index < view.before.applied_index) {
    return view.Fail(Property::kApplyOnceInOrderProp,
                     absl::StrCat("applied went from ", view.before.applied_index, " to ", state.applied_index,
                                  ", given to apply from ", view.before.apply_index, " to ", state.apply_index));
  }
  if (state.snapshot.last_included.index > state.applied_index || state.applied_index > state.apply_index ||
      state.apply_index > state.commit_index || state.commit_index > state.log.last_index() ||
      state.apply_index > state.storage.durable_index || state.snapshot.last_included.index < state.log.base_index()) {
    return view.Fail(
        Property::kCommitWithinLogInv,
        absl::StrCat("snapshot ", state.snapshot.last_included.index, ", applied ", state.applied_index,
                     ", given to apply ", state.apply_index, ", committed ", state.commit_index, ", durable ",
                     state.storage.durable_index, ", log ", state.log.base_index() + 1, "..", state.log.last_index()));
  }
  const bool led = view.before.role == Role::kLeader && view.before.term == state.current_term;
  if (!led && state.commit_index > view.before.commit_index && state.commit_index > view.before.verified_index &&
      state.role != Role::kLeader && !LeaderKnowsMatch(view, state.commit_index)) {
    return view.Fail(Property::kFollowerCommitBoundProp,
                     absl::StrCat("commit index rose to ", state.commit_index,
                                  ", but the log is known to agree with this term's leader's only up to ",
                                  view.before.verified_index));
  }
  return true;
}

bool CheckSend(StepView& view, const effect::Send& send) {
  const State& state = view.state;
  const Message& message = send.message;
  if (message.source != state.id || message.term > state.current_term) {
    return view.Fail(Property::kMessageTermBoundInv,
                     absl::StrCat("sent a message of term ", message.term, " as ", ToString(message.source),
                                  " in term ", state.current_term));
  }
  if (const auto* append = std::get_if<AppendEntries>(&message.body)) {
    const Index last = append->last_index();
    const bool piece =
        state.log.Matches(append->previous) && last <= state.log.last_index() &&
        (append->entries.empty() || (state.log.At(last) == append->entries.back() &&
                                     state.log.At(append->previous.index + 1) == append->entries.front()));
    if (piece && append->commit_index <= state.commit_index) return true;
    return view.Fail(Property::kLeaderSendsItsLogProp,
                     absl::StrCat("sent entries ", append->previous.index + 1, "..", last, " after ",
                                  Text(append->previous.index, append->previous.term), ", commit index ",
                                  append->commit_index, "; its log is ", state.log.base_index() + 1, "..",
                                  state.log.last_index(), ", commit index ", state.commit_index));
  }
  if (const auto* reply = std::get_if<AppendEntriesReply>(&message.body)) {
    if (!reply->accepted) return CheckRejection(view, *reply);
    if (reply->match_index <= view.before.verified_index) return true;
    return view.Fail(Property::kAckOnlyWhatWasSentProp,
                     absl::StrCat("acknowledged ", reply->match_index, "; what the leader of term ", message.term,
                                  " sent and the log agreed with ends at ", view.before.verified_index));
  }
  if (state.role != Role::kLeader) return true;
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message.body)) {
    const Peer* peer = FindPeer(state, message.dest);
    if (peer == nullptr || heartbeat->commit_index <= std::min(peer->progress.match_index, state.commit_index))
      return true;
    return view.Fail(Property::kLeaderSendsItsLogProp,
                     absl::StrCat("heartbeat to ", ToString(message.dest), " with commit index ",
                                  heartbeat->commit_index, "; it has acknowledged ", peer->progress.match_index));
  }
  if (std::holds_alternative<InstallSnapshot>(message.body)) {
    const Peer* peer = FindPeer(state, message.dest);
    if (peer == nullptr || peer->progress.match_index < state.log.base_index()) return true;
    return view.Fail(Property::kSnapshotOnlyWhenNeededProp,
                     absl::StrCat("snapshot to ", ToString(message.dest), ", which has ", peer->progress.match_index,
                                  " and lacks only entries of the log, which begins at ", state.log.first_index()));
  }
  return true;
}

bool CheckPeers(StepView& view) {
  const State& state = view.state;
  NodeShadow& before = view.before;
  if (state.role != Role::kLeader) {
    before.peers.clear();
    return true;
  }
  const auto& peers = state.leading.peers;
  const auto* reply = view.body<AppendEntriesReply>();
  if (reply != nullptr && !reply->accepted && state.commit_index != before.commit_index) {
    return view.Fail(Property::kNackHintSafeProp,
                     absl::StrCat("a rejection moved the commit index to ", state.commit_index));
  }
  bool same = before.peers.size() == peers.size();
  for (size_t i = 0; i < peers.size(); ++i) {
    const PeerShadow* shadow = FindShadow(before, peers[i].id, i);
    same = same && before.peers[i].id == peers[i].id;
    if (!CheckPeer(view, peers[i], shadow)) return false;
  }
  if (!peers.empty() && !CheckWindow(view, peers[view.watch.event % peers.size()])) return false;
  if (!CheckUncommitted(view)) return false;
  if (!same) before.peers.resize(peers.size());
  for (size_t i = 0; i < peers.size(); ++i) {
    before.peers[i] = {peers[i].id, peers[i].progress.mode, peers[i].progress.match_index};
  }
  return true;
}

bool CheckWellFormed(StepView& view) {
  const State& state = view.state;
  const char* what = nullptr;
  if (!UnusedPartsAreDefault(state)) {
    what = "a part that the role does not use is not in its default state";
  } else if ((state.leader == state.id) != (state.role == Role::kLeader)) {
    what = "only a leader, and every leader, knows itself as the leader";
  } else if (!StorageInOrder(state)) {
    what = "storage indexes or write ids are out of order";
  } else if (state.role == Role::kLeader) {
    const NodeMask members = view.before.electorate.voters() | view.before.electorate.learners;
    if (state.leading.peers.size() != static_cast<size_t>(std::popcount(members & ~MaskOf(view.slot)))) {
      what = "the peers are not the other members";
    } else if (state.leading.confirmed_round > state.leading.round) {
      what = "a round is confirmed that has not begun";
    }
  }
  if (what == nullptr) return true;
  return view.Fail(Property::kStateWellFormedInv,
                   absl::StrCat(what, " (", ToString(state.role), " of term ", state.current_term, ", leader ",
                                ToString(state.leader), ", durable ", state.storage.durable_index, ", issued ",
                                state.storage.issued_index, ", last ", state.log.last_index(), ", ",
                                state.leading.peers.size(), " peers)"));
}

bool CheckElectionTimer(StepView& view) {
  const State& state = view.state;
  const NodeShadow& before = view.before;
  const bool campaigns = state.current_term > before.term && state.voted_for == state.id;
  const bool lost = before.role == Role::kLeader && state.role != Role::kLeader;
  if (campaigns || lost || view.event<input::ElectionTimeout>() != nullptr) return true;
  if (view.message != nullptr) {
    const auto* request = view.body<RequestVote>();
    const bool granted = request != nullptr && !request->pre_vote && state.voted_for == view.message->source;
    const bool of_leader = view.body<AppendEntries>() != nullptr || view.body<Heartbeat>() != nullptr ||
                           view.body<InstallSnapshot>() != nullptr;
    if (granted || (of_leader && state.leader == view.message->source)) return true;
  }
  return view.Fail(Property::kElectionTimerProp,
                   absl::StrCat("the election timer begins anew as a ", ToString(state.role), " of term ",
                                state.current_term, ", without a leader heard, a vote given or a campaign"));
}

bool CheckApply(StepView& view, const effect::Apply& apply, Index* apply_index) {
  const State& state = view.state;
  // A snapshot installed in this step may have moved it on.
  const Index from =
      std::max(*apply_index, view.event<input::SnapshotInstalled>() ? state.snapshot.last_included.index : 0);
  if (apply.first != from + 1 || apply.last < apply.first || apply.last > state.commit_index) {
    return view.Fail(Property::kApplyOnceInOrderProp,
                     absl::StrCat("gave ", apply.first, "..", apply.last, " to apply after ", from, ", committed ",
                                  state.commit_index));
  }
  *apply_index = apply.last;
  return true;
}

}  // namespace lockstep::spec
