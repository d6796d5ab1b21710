// How a message is taken. [Raft §5.1]
#include "spec/model/operators.h"

namespace lockstep::model {
namespace {

void Handle(Context& c, const Message& m) {
  switch (m.kind) {
    case MessageKind::kRequestVote:
      return AnswerRequestVote(c, m);
    case MessageKind::kRequestVoteReply:
      return CountReply(c, m);
    case MessageKind::kAppendEntries:
      return FollowAppendEntries(c, m);
    case MessageKind::kAppendEntriesReply:
      return TakeAcknowledgement(c, m);
    case MessageKind::kHeartbeat:
      return FollowHeartbeat(c, m);
    case MessageKind::kHeartbeatReply:
      return TakeHeartbeatReply(c, m);
    case MessageKind::kInstallSnapshot:
      return FollowSnapshot(c, m);
    case MessageKind::kInstallSnapshotReply:
      return TakeSnapshotReply(c, m);
    case MessageKind::kTimeoutNow:
      return ObeyTimeoutNow(c);
    case MessageKind::kReadRequest:
      return TakeReadRequest(c, m);
    case MessageKind::kReadReply:
      return TakeReadReply(c, m);
  }
}

// A message of an earlier term: what a leader or candidate sent is refused, so that it learns the later one.
void HandleStale(Context& c, const Message& m) {
  switch (m.kind) {
    case MessageKind::kRequestVote:
      return AnswerRequestVote(c, m);
    case MessageKind::kRequestVoteReply:
      if (m.pre_vote) CountReply(c, m);
      return;
    case MessageKind::kAppendEntries:
      return Send(c, Compose(c.node, MessageKind::kAppendEntriesReply, m.source));
    case MessageKind::kHeartbeat:
      return Send(c, Compose(c.node, MessageKind::kHeartbeatReply, m.source));
    case MessageKind::kInstallSnapshot: {
      Message reply = Compose(c.node, MessageKind::kInstallSnapshotReply, m.source);
      reply.position.index = m.position.index;
      return Send(c, std::move(reply));
    }
    case MessageKind::kReadRequest:
      return RefuseReadRequest(c, m);
    default:
      return;
  }
}

bool RaisesTerm(const Context& c, const Message& m) {
  return m.kind != MessageKind::kRequestVote || (!m.pre_vote && HearsElection(c, m));
}

}  // namespace

bool Receive(Context& c, const Message& m) {
  Node& n = c.node;
  if (n.halted || m.dest != n.id) return false;
  if (m.term < n.current_term) {
    HandleStale(c, m);
  } else if (m.term == n.current_term) {
    Handle(c, m);
  } else if (RaisesTerm(c, m)) {
    UpdateTerm(c, m.term);
    Handle(c, m);
  } else if (m.pre_vote) {
    Handle(c, m);
  }
  return EndOfStep(c);
}

bool Ignored(const Message& m, const Node& n, Term disk_term) {
  if (m.term > disk_term) return false;
  const bool leads = n.role == Role::kLeader && n.current_term == m.term;
  const Peer* peer = leads ? n.FindPeer(m.source) : nullptr;
  switch (m.kind) {
    case MessageKind::kRequestVoteReply:
      if (m.pre_vote) return m.election_term <= disk_term;
      return n.role != Role::kCandidate || n.current_term != m.election_term || Contains(n.granted, m.source) ||
             Contains(n.refused, m.source);
    case MessageKind::kAppendEntriesReply:
      return !(m.accepted && leads && m.match_index > (peer == nullptr ? 0 : peer->match_index));
    case MessageKind::kHeartbeatReply:
      return !(leads && m.round > (peer == nullptr ? 0 : peer->acked_round));
    case MessageKind::kInstallSnapshotReply:
      return !(m.accepted && leads && m.position.index > (peer == nullptr ? 0 : peer->match_index));
    case MessageKind::kTimeoutNow:
      return m.term < disk_term;
    case MessageKind::kReadReply:
      for (const ForwardedRead& read : n.forwarded) {
        if (read.key == m.read) return false;
      }
      return true;
    default:
      return false;
  }
}

Node Start(NodeId id, Term term, NodeId vote, Log log, Snapshot snapshot, bool vote_withheld) {
  Node n;
  n.id = id;
  n.current_term = n.durable_term = term;
  n.voted_for = n.durable_vote = vote;
  n.durable_index = n.issued_index = log.last_index();
  n.commit_index = n.applied_index = snapshot.position.index;
  n.log = std::move(log);
  n.snapshot = std::move(snapshot);
  n.vote_withheld = vote_withheld;
  return n;
}

const std::vector<const char*>& ActionNames() {
  static const std::vector<const char*> names = {
      "ElectionTimeout",
      "HeartbeatTimeout",
      "QuorumCheckTimeout",
      "ReceiveRequestVote",
      "ReceiveRequestVoteReply",
      "ReceiveAppendEntries",
      "ReceiveAppendEntriesReply",
      "ReceiveHeartbeat",
      "ReceiveHeartbeatReply",
      "ReceiveInstallSnapshot",
      "ReceiveInstallSnapshotReply",
      "ReceiveTimeoutNow",
      "ReceiveReadRequest",
      "ReceiveReadReply",
      "WriteDone",
      "WriteFailed",
      "Propose",
      "ProposeConfiguration",
      "Read",
      "ReadByLease",
      "TransferLeadership",
      "Cancel",
      "Applied",
      "SnapshotTaken",
      "SnapshotChunkStored",
      "SnapshotInstalled",
      "EntriesLoaded",
      "Crash",
      "Restart",
  };
  return names;
}

}  // namespace lockstep::model
