// The follower's side: entries, heartbeats, snapshots. [Raft §5.3, §7; Thesis §6.4]
#include <algorithm>

#include "spec/model/operators.h"

namespace lockstep::model {
namespace {

void SetCommitIndex(Node& n, Index index) { n.commit_index = std::max(n.commit_index, index); }

void SendAppendReply(Context& c, NodeId leader, bool accepted, Index match_index) {
  Message reply = Compose(c.node, MessageKind::kAppendEntriesReply, leader);
  reply.accepted = accepted;
  reply.match_index = match_index;
  Send(c, std::move(reply));
}

void Accept(Context& c, NodeId leader, Index index) {
  Node& n = c.node;
  const Index match_index = std::min(index, n.durable_index);
  n.acked_index = std::max(n.acked_index, match_index);
  SendAppendReply(c, leader, true, match_index);
}

// False, and halted, if a committed entry would have to go.
bool AppendNew(Context& c, const Message& m, Index first) {
  Node& n = c.node;
  Index next = first;
  while (next <= m.last_index() && n.log.TermAt(next) == m.entries[next - m.position.index - 1].term) ++next;
  if (next > m.last_index()) return true;
  if (next <= n.log.last_index()) {
    if (next <= n.commit_index) {
      Halt(c);
      return false;
    }
    TruncateLog(c, next - 1);
  }
  for (; next <= m.last_index(); ++next) n.log.Append(m.entries[next - m.position.index - 1]);
  WriteLog(c);
  return true;
}

}  // namespace

void AcknowledgeDurable(Context& c) {
  const Node& n = c.node;
  const Index match_index = std::min(n.verified_index, n.durable_index);
  if (n.role != Role::kFollower || n.leader == kNoNode || match_index <= n.acked_index) return;
  Accept(c, n.leader, match_index);
}

void FollowAppendEntries(Context& c, const Message& m) {
  Node& n = c.node;
  if (!AcceptLeader(c, m) || n.Installing()) return;
  const bool below = m.position.index < n.log.base_index();
  if (!below && !n.log.Matches(m.position)) {
    if (m.position.index <= n.commit_index) {
      Halt(c);
    } else {
      SendAppendReply(c, m.source, false, 0);
    }
    return;
  }
  if (below && m.last_index() >= n.log.base_index() &&
      m.entries[n.log.base_index() - m.position.index - 1].term != n.log.base().position.term) {
    Halt(c);
    return;
  }
  if (!AppendNew(c, m, std::max(m.position.index, n.log.base_index()) + 1)) return;
  n.verified_index = std::max(n.verified_index, m.last_index());
  SetCommitIndex(n, std::min({m.commit_index, m.last_index(), n.log.last_index()}));
  if (m.entries.empty() || n.durable_index >= m.last_index()) Accept(c, m.source, m.last_index());
}

void FollowHeartbeat(Context& c, const Message& m) {
  Node& n = c.node;
  if (!AcceptLeader(c, m)) return;
  if (m.commit_index > n.log.last_index()) {
    Halt(c);
    return;
  }
  SetCommitIndex(n, m.commit_index);
  Message reply = Compose(n, MessageKind::kHeartbeatReply, m.source);
  reply.round = m.round;
  Send(c, std::move(reply));
}

namespace {

void SendSnapshotReply(Context& c, NodeId leader, Index last, bool installed) {
  Message reply = Compose(c.node, MessageKind::kInstallSnapshotReply, leader);
  reply.position.index = last;
  reply.accepted = installed;
  if (installed) {
    Send(c, std::move(reply));
  } else {
    SendOptionally(c, std::move(reply));  // Of one chunk or another: which is the flow of bytes.
  }
}

}  // namespace

void FollowSnapshot(Context& c, const Message& m) {
  Node& n = c.node;
  if (!AcceptLeader(c, m) || n.Installing()) return;
  if (n.log.Matches(m.position)) SetCommitIndex(n, m.position.index);
  if (m.position.index <= n.commit_index) {
    n.incoming.reset();
    if (m.position.index <= n.durable_index) SendSnapshotReply(c, m.source, m.position.index, true);
    return;
  }
  const Snapshot snapshot{m.position, m.configuration};
  if (!n.incoming.has_value() || n.incoming->source != m.source || !(n.incoming->snapshot == snapshot)) {
    n.incoming = Incoming{m.source, snapshot, false};
  }
  SendSnapshotReply(c, m.source, m.position.index, false);
}

void TakeSnapshotReply(Context& c, const Message& m) {
  Node& n = c.node;
  if (n.role != Role::kLeader || n.FindPeer(m.source) == nullptr) return;
  if (m.accepted && m.position.index <= n.commit_index) {
    Acknowledge(c, m.source, m.position.index);
  } else {
    BroadcastAppend(c);
  }
}

bool SnapshotTaken(Context& c, Index index, Index compact_to) {
  Node& n = c.node;
  if (n.halted || index <= n.snapshot.position.index || index > n.applied_index) return false;
  if (compact_to < n.log.base_index() || compact_to > index) return false;
  if (n.log.ConfigurationAt(index)->voters.empty()) return false;
  n.snapshot = {{index, *n.log.TermAt(index)}, n.log.ConfigurationAt(index)};
  n.log.CompactTo(compact_to);
  return EndOfStep(c);
}

bool SnapshotChunkStored(Context& c, ChunkResult result) {
  Node& n = c.node;
  if (n.halted || !n.incoming.has_value() || n.incoming->installing) return false;
  const Index last = n.incoming->snapshot.position.index;
  if (result == ChunkResult::kMore) {
    if (n.leader == n.incoming->source) SendSnapshotReply(c, n.incoming->source, last, false);
    return EndOfStep(c);
  }
  if (result == ChunkResult::kComplete && n.log.Matches(n.incoming->snapshot.position)) SetCommitIndex(n, last);
  if (result == ChunkResult::kFailed || last <= n.commit_index) {
    n.incoming.reset();
  } else {
    SaveVote(c);
    n.incoming->installing = true;
    c.output.writes.push_back({WriteKind::kInstall, n.next_write++, 0, {}, 0, 0, n.incoming->snapshot, {}});
  }
  return EndOfStep(c);
}

namespace {

void ReplaceLog(Node& n, const Snapshot& snapshot) {
  n.log = Log(snapshot);
  n.log_writes.clear();
  n.durable_index = n.issued_index = snapshot.position.index;
  n.snapshot = snapshot;
}

}  // namespace

bool SnapshotInstalled(Context& c, bool ok) {
  Node& n = c.node;
  if (n.halted || !n.Installing()) return false;
  const Incoming incoming = *n.incoming;
  n.incoming.reset();
  if (!ok) return EndOfStep(c);
  ReplaceLog(n, incoming.snapshot);
  const Index last = incoming.snapshot.position.index;
  SetCommitIndex(n, last);
  n.applied_index = std::max(n.applied_index, last);
  if (n.leader == incoming.source) {
    n.verified_index = std::max(n.verified_index, last);
    n.acked_index = std::max(n.acked_index, last);
    SendSnapshotReply(c, incoming.source, last, true);
  }
  FinishReads(c);
  return EndOfStep(c);
}

bool Applied(Context& c, Index index) {
  Node& n = c.node;
  if (n.halted || index <= n.applied_index || index > std::min(n.commit_index, n.durable_index)) return false;
  n.applied_index = index;
  FinishReads(c);
  return EndOfStep(c);
}

}  // namespace lockstep::model
