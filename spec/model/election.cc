// Roles and elections. [Raft §5.1, §5.2, §5.4.1; Thesis §4.2.3, §9.6]
#include <algorithm>

#include "spec/model/operators.h"

namespace lockstep::model {

void BecomeFollower(Context& c, NodeId leader) {
  Node& n = c.node;
  if (n.role == Role::kLeader) {
    RejectReads(c);
    RejectLeaseReads(c);
    n.term_start = 0;
    n.peers.clear();
    n.round = 0;
    n.confirmed_round = 0;
  }
  n.role = Role::kFollower;
  n.leader = leader;
  n.granted.clear();
  n.refused.clear();
}

void UpdateTerm(Context& c, Term term) {
  Node& n = c.node;
  BecomeFollower(c, kNoNode);
  SetTermAndVote(n, term, kNoNode);
  n.forwarded.clear();
  n.verified_index = 0;
  n.acked_index = 0;
  if (!n.Installing()) n.incoming.reset();
}

void Halt(Context& c) {
  Node& n = c.node;
  n.halted = true;
  n.reads.clear();
  n.forwarded.clear();
  n.confirmed.clear();
  n.transfer.reset();
}

bool AcceptLeader(Context& c, const Message& m) {
  Node& n = c.node;
  if (n.role == Role::kLeader || (n.leader != kNoNode && n.leader != m.source)) {
    Halt(c);
    return false;
  }
  if (n.role != Role::kFollower) BecomeFollower(c, kNoNode);
  if (n.leader == kNoNode) {
    n.leader = m.source;
    n.transfer.reset();
  }
  n.vote_withheld = false;
  RetryWrites(c);
  return true;
}

bool HearsElection(const Context& c, const Message& m) {
  if (m.transfer) return true;
  return !c.node.vote_withheld && (!c.options.check_quorum || c.node.leader == kNoNode);
}

void StopFollowing(Node& n) {
  n.forwarded.clear();
  n.verified_index = 0;
  n.acked_index = 0;
  n.incoming.reset();
}

namespace {

// [TLA MayVote]
bool MayVote(const Node& n) {
  const Index certain = n.log.ConfigurationIndexAt(std::max(n.commit_index, n.log.base_index()));
  for (Index index = n.log.last_index();; --index) {
    const Index at = n.log.ConfigurationIndexAt(index);
    if (n.log.ConfigurationAt(at)->IsVoter(n.id)) return true;
    if (at <= certain) return false;
    index = at;
  }
}

}  // namespace

bool MayCampaign(const Node& n) { return MayVote(n) && !n.Installing() && !n.failing; }

namespace {

void RecordVote(Node& n, NodeId voter, bool granted) {
  if (Contains(n.granted, voter) || Contains(n.refused, voter)) return;
  Insert(granted ? n.granted : n.refused, voter);
}

void AskForVotes(Context& c, bool transfer) {
  const Node& n = c.node;
  const bool pre_vote = n.role == Role::kPreCandidate;
  for (NodeId id : n.configuration().Members()) {
    if (id == n.id || !n.configuration().IsVoter(id)) continue;
    Message request = Compose(n, MessageKind::kRequestVote, id);
    request.election_term = n.current_term + (pre_vote ? 1 : 0);
    request.position = {n.log.last_index(), n.log.last_term()};
    request.pre_vote = pre_vote;
    request.transfer = transfer;
    Send(c, std::move(request));
  }
}

void BecomeLeader(Context& c) {
  Node& n = c.node;
  n.role = Role::kLeader;
  n.leader = n.id;
  n.granted.clear();
  n.refused.clear();
  n.incoming.reset();
  n.transfer.reset();
  n.term_start = n.log.last_index() + 1;
  for (NodeId id : n.configuration().Members()) {
    if (id != n.id) n.peers.push_back({id, 0, 0});
  }
  n.log.Append({n.current_term, 0, EntryKind::kNoOp, nullptr});
  WriteLog(c);
  BroadcastAppend(c);
}

void CountVotes(Context& c) {
  Node& n = c.node;
  if (HasQuorum(n.configuration(), [&n](NodeId id) { return Contains(n.granted, id); })) {
    if (n.role == Role::kPreCandidate) {
      StartElection(c, false);
    } else {
      BecomeLeader(c);
    }
  } else if (!HasQuorum(n.configuration(), [&n](NodeId id) { return !Contains(n.refused, id); })) {
    BecomeFollower(c, kNoNode);
  }
}

}  // namespace

void StartElection(Context& c, bool transfer) {
  Node& n = c.node;
  SetTermAndVote(n, n.current_term + 1, n.id);
  n.role = Role::kCandidate;
  n.leader = kNoNode;
  n.granted.clear();
  n.refused.clear();
  SaveVote(c);
  AskForVotes(c, transfer);
}

void CountOwnVote(Context& c) {
  if (c.node.role != Role::kCandidate || !c.node.VoteDurable()) return;
  RecordVote(c.node, c.node.id, true);
  CountVotes(c);
}

bool ElectionTimeout(Context& c) {
  Node& n = c.node;
  if (n.halted || n.role == Role::kLeader) return false;
  n.vote_withheld = false;
  n.leader = kNoNode;
  n.transfer.reset();
  std::erase_if(n.confirmed, [&n](const ConfirmedRead& read) { return read.index > n.commit_index; });
  if (!MayCampaign(n)) {
    RetryWrites(c);
    if (n.role != Role::kFollower) BecomeFollower(c, kNoNode);
    n.forwarded.clear();
    return EndOfStep(c);
  }
  StopFollowing(n);
  if (!c.options.pre_vote) {
    StartElection(c, false);
    return EndOfStep(c);
  }
  n.role = Role::kPreCandidate;
  n.granted = {n.id};
  n.refused.clear();
  AskForVotes(c, false);
  CountVotes(c);
  return EndOfStep(c);
}

void AnswerRequestVote(Context& c, const Message& m) {
  Node& n = c.node;
  const bool up_to_date = n.log.IsUpToDate(m.position);
  Message reply = Compose(n, MessageKind::kRequestVoteReply, m.source);
  reply.election_term = m.election_term;
  reply.pre_vote = m.pre_vote;
  if (m.pre_vote) {
    reply.granted = up_to_date && m.election_term > n.current_term && HearsElection(c, m);
    Send(c, std::move(reply));
    return;
  }
  const bool free = n.voted_for == kNoNode && n.leader == kNoNode && HearsElection(c, m);
  reply.granted = m.election_term == n.current_term && up_to_date &&
                  (n.role == Role::kFollower || n.role == Role::kPreCandidate) && (free || n.voted_for == m.source);
  if (reply.granted) {
    SetTermAndVote(n, n.current_term, m.source);
    if (n.role == Role::kPreCandidate) BecomeFollower(c, kNoNode);
  }
  Send(c, std::move(reply));
}

void CountReply(Context& c, const Message& m) {
  Node& n = c.node;
  const bool awaited = m.pre_vote ? n.role == Role::kPreCandidate && m.election_term == n.current_term + 1
                                  : n.role == Role::kCandidate && m.election_term == n.current_term;
  if (!awaited) return;
  RecordVote(n, m.source, m.granted);
  CountVotes(c);
}

void ObeyTimeoutNow(Context& c) {
  Node& n = c.node;
  if (n.role == Role::kLeader || !MayCampaign(n)) return;
  StopFollowing(n);
  StartElection(c, true);
}

bool QuorumCheckTimeout(Context& c, bool give_up, bool step_down) {
  Node& n = c.node;
  if (n.halted || n.role != Role::kLeader) return false;
  if ((give_up && !n.transfer.has_value()) || (step_down && !c.options.check_quorum)) return false;
  if (give_up) n.transfer.reset();
  if (step_down) BecomeFollower(c, kNoNode);
  return EndOfStep(c);
}

}  // namespace lockstep::model
