#include "core/election.h"

#include <algorithm>

#include "core/membership.h"
#include "core/progress.h"
#include "core/read.h"
#include "core/replication.h"
#include "core/storage.h"
#include "core/transfer.h"

namespace lockstep {
namespace {

bool Installing(const State& state) { return state.incoming.has_value() && state.incoming->installing; }

// Whether this node is a voter, as far as is certain: while the latest configuration is not committed, the ones before
// it may still be the ones that hold, and only this node's log may be able to win. It counts itself only where it is a
// voter of the latest. [Thesis §4.2.2]
bool MayCampaign(const State& state) {
  const auto& configurations = state.log.configurations();
  for (size_t at = configurations.size(); at > 0; --at) {
    if (configurations[at - 1].configuration.IsVoter(state.id)) return true;
    if (configurations[at - 1].index <= state.commit_index) return false;
  }
  return false;
}

void RecordVote(CandidateState& candidacy, NodeId voter, bool granted) {
  auto& votes = candidacy.votes;
  auto at =
      std::lower_bound(votes.begin(), votes.end(), voter, [](const Vote& vote, NodeId id) { return vote.voter < id; });
  if (at != votes.end() && at->voter == voter) return;  // A voter has one vote, however often it speaks.
  votes.insert(at, {voter, granted});
}

VoteResult Tally(const State& state) {
  return state.configuration().QuorumVote([&state](NodeId id) {
    for (const Vote& vote : state.candidacy.votes) {
      if (vote.voter == id) return vote.granted ? VoteResult::kWon : VoteResult::kLost;
    }
    return VoteResult::kPending;
  });
}

void AskForVotes(Context& context) {
  State& state = context.state;
  RequestVote request;
  request.pre_vote = state.role == Role::kPreCandidate;
  request.election_term = state.current_term + (request.pre_vote ? 1 : 0);
  request.last_log = state.last_log();
  request.leader_transfer = state.candidacy.leader_transfer;
  for (NodeId id : state.configuration().Members()) {
    if (id != state.id && state.configuration().IsVoter(id)) Send(context, id, request);
  }
}

void BecomeLeader(Context& context) {
  State& state = context.state;
  state.role = Role::kLeader;
  state.leader = state.id;
  state.candidacy = {};
  state.incoming.reset();
  state.leading.term_start_index = state.log.last_index() + 1;
  ReconcilePeers(state.configuration(), state.id, state.log.last_index(), state.leading.peers);
  state.leading.uncommitted_bytes = state.log.BytesAfter(state.commit_index);
  FinishTransfer(context, state.id);
  state.log.Append({state.current_term, 0, EntryKind::kNoOp});
  WriteLog(context);
  SetTimer(context, effect::Timer::kHeartbeat);
  SetTimer(context, effect::Timer::kQuorumCheck);
  BroadcastAppend(context);
}

void StartElection(Context& context, bool leader_transfer) {
  State& state = context.state;
  SetTermAndVote(state, state.current_term + 1, state.id);
  state.role = Role::kCandidate;
  state.leader = kNoNode;
  state.candidacy = {};
  state.candidacy.leader_transfer = leader_transfer;
  SaveVote(context);
  AskForVotes(context);
}

void CountVotes(Context& context) {
  State& state = context.state;
  switch (Tally(state)) {
    case VoteResult::kPending:
      return;
    case VoteResult::kLost:
      BecomeFollower(context, kNoNode, effect::Reason::kNone);
      return;
    case VoteResult::kWon:
      if (state.role == Role::kPreCandidate) {
        SetTimer(context, effect::Timer::kElection);
        StartElection(context, /*leader_transfer=*/false);
      } else {
        BecomeLeader(context);
      }
      return;
  }
}

// Leaves following behind; a half received snapshot would only be in the way.
void StopFollowing(Context& context) {
  RejectForwardedReads(context, effect::Reason::kLeadershipLost);
  context.state.following = {};
  context.state.incoming.reset();
}

void StartPreElection(Context& context) {
  State& state = context.state;
  state.role = Role::kPreCandidate;
  state.candidacy = {};
  RecordVote(state.candidacy, state.id, true);
  AskForVotes(context);
  CountVotes(context);
}

}  // namespace

void ElectionTimeout(Context& context) {
  State& state = context.state;
  if (state.role == Role::kLeader) return;
  SetTimer(context, effect::Timer::kElection);
  state.vote_withheld = false;
  state.leader = kNoNode;
  FinishTransfer(context, kNoNode);
  RejectUnreachableReads(context);
  const bool may_campaign = MayCampaign(state) && !Installing(state) && !state.storage.failing;
  if (state.storage.failing) RetryWrites(context);
  if (!may_campaign) {
    if (state.role != Role::kFollower) BecomeFollower(context, kNoNode, effect::Reason::kNone);
    RejectForwardedReads(context, effect::Reason::kTimedOut);
    return;
  }
  StopFollowing(context);
  if (state.options.pre_vote) {
    StartPreElection(context);
  } else {
    StartElection(context, /*leader_transfer=*/false);
  }
}

void QuorumCheckTimeout(Context& context) {
  State& state = context.state;
  if (state.role != Role::kLeader) return;
  SetTimer(context, effect::Timer::kQuorumCheck);
  AgeTransfer(context);
  const VoteResult active = state.configuration().QuorumVote([&state](NodeId id) {
    if (id == state.id) return VoteResult::kWon;
    const Peer* peer = FindPeer(state.leading.peers, id);
    return peer != nullptr && peer->progress.recently_active ? VoteResult::kWon : VoteResult::kLost;
  });
  if (state.options.check_quorum && active != VoteResult::kWon) {
    BecomeFollower(context, kNoNode, effect::Reason::kLeadershipLost);
    return;
  }
  for (Peer& peer : state.leading.peers) peer.progress.recently_active = false;
}

bool HearsElection(const State& state, const RequestVote& request) {
  if (request.leader_transfer) return true;
  if (state.vote_withheld) return false;
  return !state.options.check_quorum || state.leader == kNoNode;
}

void ReceiveRequestVote(Context& context, const Message& message, const RequestVote& request) {
  State& state = context.state;
  RequestVoteReply reply{request.election_term, request.pre_vote, false};
  const bool up_to_date = state.log.IsUpToDate(request.last_log);
  if (request.pre_vote) {
    reply.granted = up_to_date && request.election_term > state.current_term && HearsElection(state, request);
  } else if (request.election_term == state.current_term && up_to_date &&
             (state.role == Role::kFollower || state.role == Role::kPreCandidate)) {
    const bool free = state.voted_for == kNoNode && state.leader == kNoNode && HearsElection(state, request);
    reply.granted = free || state.voted_for == message.source;
    if (reply.granted) {
      SetTermAndVote(state, state.current_term, message.source);
      if (state.role == Role::kPreCandidate) BecomeFollower(context, kNoNode, effect::Reason::kNone);
      SetTimer(context, effect::Timer::kElection);
    }
  }
  Send(context, message.source, reply);
}

void ReceiveRequestVoteReply(Context& context, const Message& message, const RequestVoteReply& reply) {
  State& state = context.state;
  const bool awaited = reply.pre_vote
                           ? state.role == Role::kPreCandidate && reply.election_term == state.current_term + 1
                           : state.role == Role::kCandidate && reply.election_term == state.current_term;
  if (!awaited) return;
  RecordVote(state.candidacy, message.source, reply.granted);
  CountVotes(context);
}

void ReceiveTimeoutNow(Context& context) {
  State& state = context.state;
  if (state.role == Role::kLeader || !MayCampaign(state)) return;
  if (Installing(state) || state.storage.failing) return;
  SetTimer(context, effect::Timer::kElection);
  StopFollowing(context);
  StartElection(context, /*leader_transfer=*/true);
}

void UpdateTerm(Context& context, Term term) {
  State& state = context.state;
  BecomeFollower(context, kNoNode, effect::Reason::kLeadershipLost);
  SetTermAndVote(state, term, kNoNode);
  RejectForwardedReads(context, effect::Reason::kLeadershipLost);
  state.following = {};
  if (!Installing(state)) state.incoming.reset();
}

void BecomeFollower(Context& context, NodeId leader, effect::Reason reason) {
  State& state = context.state;
  const bool led = state.role == Role::kLeader;
  if (led) {
    EndProposals(context, reason);
    RejectReads(context, reason);
    RejectLeaseReads(context, reason);  // From now on this node itself may vote for another.
    state.leading = {};
    SetTimer(context, effect::Timer::kElection);
  }
  state.role = Role::kFollower;
  state.leader = leader;
  state.candidacy = {};
}

void CountOwnVote(Context& context) {
  State& state = context.state;
  if (state.role != Role::kCandidate || !VoteDurable(state)) return;
  RecordVote(state.candidacy, state.id, true);
  CountVotes(context);
}

}  // namespace lockstep
