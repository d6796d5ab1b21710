// The leader's side of replication, membership and transfer. [Raft §5.3, §5.4.2, §6; Thesis §3.10, §4, §10.2.1]
#include <algorithm>

#include "spec/model/operators.h"

namespace lockstep::model {

void AppendsTo(const Node& leader, const Peer& peer, const Output& output, std::vector<Message>& messages) {
  const Log& log = leader.log;
  const Index next = std::max(log.base_index(), peer.match_index);
  for (Index previous = next; previous <= (output.all_pages ? log.last_index() : next); ++previous) {
    Message append = Compose(leader, MessageKind::kAppendEntries, peer.id);
    append.position = {previous, *log.TermAt(previous)};
    append.commit_index = leader.commit_index;
    for (Index last = previous;; ++last) {
      const bool is_longest = last == log.last_index() || last - previous == output.page_max;
      if (output.all_pages || is_longest) messages.push_back(append);
      if (is_longest) break;
      append.entries.push_back(log.At(last + 1));
    }
  }
  if (peer.match_index < log.base_index()) {
    Message install = Compose(leader, MessageKind::kInstallSnapshot, peer.id);
    install.position = leader.snapshot.position;
    install.configuration = leader.snapshot.configuration;
    messages.push_back(std::move(install));
  }
}

void BroadcastAppend(Context& c) {
  c.output.may_append = c.node.current_term;
  if (c.output.page_max == 0) return;
  std::vector<Message> messages;
  for (const Peer& peer : c.node.peers) AppendsTo(c.node, peer, c.output, messages);
  for (Message& message : messages) c.output.sent.push_back({std::move(message), 0, true});
}

void HandOverAndStepDown(Context& c) {
  const Node& n = c.node;
  Index best = 0;
  for (const Peer& peer : n.peers) {
    if (n.configuration().IsVoter(peer.id)) best = std::max(best, peer.match_index);
  }
  for (const Peer& peer : n.peers) {
    if (!n.configuration().IsVoter(peer.id) || peer.match_index != best) continue;
    SendOptionally(c, Compose(n, MessageKind::kTimeoutNow, peer.id));
  }
  BecomeFollower(c, kNoNode);
}

void AppendConfiguration(Context& c, Configuration configuration) {
  Node& n = c.node;
  std::vector<Peer> peers;
  for (NodeId id : configuration.Members()) {
    if (id == n.id) continue;
    const Peer* known = n.FindPeer(id);
    peers.push_back(known == nullptr ? Peer{id, 0, 0} : *known);
  }
  for (const Peer& peer : n.peers) {
    if (!configuration.IsMember(peer.id)) c.output.left.push_back(peer);
  }
  n.peers = std::move(peers);
  n.log.Append(
      {n.current_term, 0, EntryKind::kConfiguration, std::make_shared<const Configuration>(std::move(configuration))});
  WriteLog(c);
  BroadcastAppend(c);
  ConfirmRounds(c);
}

namespace {

void ConfigurationCommitted(Context& c) {
  Node& n = c.node;
  if (n.log.configuration_index() > n.commit_index) return;
  if (n.configuration().joint() && n.configuration().auto_leave) {
    AppendConfiguration(c, LeaveJoint(n.configuration()));
  } else if (!n.configuration().IsVoter(n.id)) {
    HandOverAndStepDown(c);
  }
}

}  // namespace

void AdvanceCommitIndex(Context& c) {
  Node& n = c.node;
  const Index reached =
      QuorumValue(n.configuration(), [&n](NodeId id) { return id == n.id ? n.durable_index : n.MatchIndex(id); });
  if (reached <= n.commit_index || n.log.TermAt(reached) != n.current_term) return;
  n.commit_index = reached;
  BroadcastAppend(c);
  ConfigurationCommitted(c);
  BeginRoundIfWaiting(c);
}

void SendTimeoutNowWhenReady(Context& c) {
  Node& n = c.node;
  if (n.role != Role::kLeader || !n.transfer.has_value() || n.transfer->sent) return;
  if (n.MatchIndex(n.transfer->target) != n.log.last_index()) return;
  n.transfer->sent = true;
  RejectLeaseReads(c);
  Send(c, Compose(n, MessageKind::kTimeoutNow, n.transfer->target));
}

void Acknowledge(Context& c, NodeId peer, Index match_index) {
  Node& n = c.node;
  Peer& known = *n.FindPeer(peer);
  if (match_index > known.match_index) {
    known.match_index = match_index;
    AdvanceCommitIndex(c);
  }
  if (n.role != Role::kLeader || n.FindPeer(peer) == nullptr) return;
  BroadcastAppend(c);
  SendTimeoutNowWhenReady(c);
}

void TakeAcknowledgement(Context& c, const Message& m) {
  Node& n = c.node;
  if (n.role != Role::kLeader || n.FindPeer(m.source) == nullptr) return;
  if (m.accepted && m.match_index <= n.log.last_index()) {
    Acknowledge(c, m.source, m.match_index);
  } else {
    BroadcastAppend(c);
  }
}

void TakeHeartbeatReply(Context& c, const Message& m) {
  Node& n = c.node;
  if (n.role != Role::kLeader || m.round > n.round) return;
  Peer* peer = n.FindPeer(m.source);
  if (peer == nullptr) return;
  peer->acked_round = std::max(peer->acked_round, m.round);
  BroadcastAppend(c);
  ConfirmRounds(c);
}

bool HeartbeatTimeout(Context& c) {
  if (c.node.halted || c.node.role != Role::kLeader) return false;
  RetryWrites(c);
  BeginRound(c);
  return EndOfStep(c);
}

bool Propose(Context& c, const uint32_t* values, size_t count) {
  Node& n = c.node;
  if (n.halted || n.role != Role::kLeader || n.transfer.has_value() || count == 0) return false;
  for (size_t i = 0; i < count; ++i) n.log.Append({n.current_term, values[i], EntryKind::kCommand, nullptr});
  WriteLog(c);
  BroadcastAppend(c);
  return EndOfStep(c);
}

bool ProposeConfiguration(Context& c, const Change& change) {
  Node& n = c.node;
  if (n.halted || n.role != Role::kLeader || n.transfer.has_value()) return false;
  if (n.log.configuration_index() > n.commit_index || !n.TermCommitted()) return false;
  std::optional<Configuration> next = NextConfiguration(n.configuration(), change);
  if (!next.has_value()) return false;
  AppendConfiguration(c, *std::move(next));
  return EndOfStep(c);
}

bool TransferLeadership(Context& c, RequestId request, NodeId target) {
  Node& n = c.node;
  if (n.halted || n.role != Role::kLeader || n.transfer.has_value()) return false;
  if (target == n.id || !n.configuration().IsVoter(target)) return false;
  n.transfer = Transfer{request, target, false};
  SendTimeoutNowWhenReady(c);
  return EndOfStep(c);
}

bool EntriesLoaded(Context& c) {
  if (c.node.halted || c.node.role != Role::kLeader) return false;
  BroadcastAppend(c);
  return EndOfStep(c);
}

}  // namespace lockstep::model
