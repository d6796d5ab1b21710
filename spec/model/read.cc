// Reads. [Thesis §6.4]
#include <algorithm>

#include "spec/model/operators.h"

namespace lockstep::model {

void FinishReads(Context& c) {
  auto& confirmed = c.node.confirmed;
  if (confirmed.empty()) return;
  std::erase_if(confirmed, [&c](const ConfirmedRead& read) {
    if (read.index > c.node.applied_index) return false;
    c.output.answered.push_back(read);
    return true;
  });
}

namespace {

void SendReadReply(Context& c, NodeId dest, ReadKey key, bool accepted, Index index) {
  Message reply = Compose(c.node, MessageKind::kReadReply, dest);
  reply.read = key;
  reply.accepted = accepted;
  reply.read_index = index;
  Send(c, std::move(reply));
}

}  // namespace

void RejectReads(Context& c) {
  for (const PendingRead& read : c.node.reads) {
    if (read.origin != c.node.id) SendReadReply(c, read.origin, read.key, false, 0);
  }
  c.node.reads.clear();
}

// Another node may be elected from now on, whatever the lease said.
void RejectLeaseReads(Context& c) {
  std::erase_if(c.node.confirmed, [](const ConfirmedRead& read) { return read.by_lease; });
}

void BeginRoundIfWaiting(Context& c) {
  const Node& n = c.node;
  if (n.role != Role::kLeader || n.confirmed_round < n.round || !n.TermCommitted() || n.reads.empty()) return;
  BeginRound(c);
}

void BeginRound(Context& c) {
  Node& n = c.node;
  ++n.round;
  for (PendingRead& read : n.reads) {
    if (read.round != 0 || !n.TermCommitted()) continue;
    read.round = n.round;
    read.index = n.commit_index;
  }
  for (const Peer& peer : n.peers) {
    Message beat = Compose(n, MessageKind::kHeartbeat, peer.id);
    beat.commit_index = std::min(n.commit_index, peer.match_index);  // [TLA HeartbeatCommitWithinAcknowledged]
    beat.round = n.round;
    Send(c, std::move(beat));
  }
  ConfirmRounds(c);
}

void ConfirmRounds(Context& c) {
  Node& n = c.node;
  const uint64_t acked = QuorumValue(n.configuration(), [&n](NodeId id) -> uint64_t {
    if (id == n.id) return n.round;
    const Peer* peer = n.FindPeer(id);
    return peer == nullptr ? 0 : peer->acked_round;
  });
  if (acked <= n.confirmed_round) return;
  n.confirmed_round = acked;
  std::erase_if(n.reads, [&](const PendingRead& read) {
    if (read.round == 0 || read.round > acked) return false;
    if (read.origin == n.id) {
      n.confirmed.push_back({read.request, read.index});
    } else {
      SendReadReply(c, read.origin, read.key, true, read.index);
    }
    return true;
  });
  FinishReads(c);
  BeginRoundIfWaiting(c);
}

bool Read(Context& c, RequestId request, ReadKey key) {
  Node& n = c.node;
  if (n.halted || n.leader == kNoNode) return false;
  if (n.role == Role::kLeader) {
    n.reads.push_back({request, n.id, {}, 0, 0});
    BeginRoundIfWaiting(c);
    return EndOfStep(c);
  }
  n.forwarded.push_back({request, key});
  Message question = Compose(n, MessageKind::kReadRequest, n.leader);
  question.read = key;
  Send(c, std::move(question));
  return EndOfStep(c);
}

bool ReadByLease(Context& c, RequestId request) {
  Node& n = c.node;
  if (!c.options.leases || n.halted || n.role != Role::kLeader || !n.TermCommitted()) return false;
  n.confirmed.push_back({request, n.commit_index, true});
  FinishReads(c);
  return EndOfStep(c);
}

void TakeReadRequest(Context& c, const Message& m) {
  Node& n = c.node;
  if (n.role != Role::kLeader) {
    RefuseReadRequest(c, m);
    return;
  }
  for (const PendingRead& read : n.reads) {
    if (read.origin == m.source && read.key == m.read) return;
  }
  n.reads.push_back({0, m.source, m.read, 0, 0});
  BeginRoundIfWaiting(c);
}

void RefuseReadRequest(Context& c, const Message& m) { SendReadReply(c, m.source, m.read, false, 0); }

void TakeReadReply(Context& c, const Message& m) {
  Node& n = c.node;
  const auto read = std::find_if(n.forwarded.begin(), n.forwarded.end(),
                                 [&m](const ForwardedRead& forwarded) { return forwarded.key == m.read; });
  if (read == n.forwarded.end()) return;
  const RequestId request = read->request;
  n.forwarded.erase(read);
  if (!m.accepted) return;
  n.confirmed.push_back({request, m.read_index});
  FinishReads(c);
}

bool Cancel(Context& c, RequestId request) {
  Node& n = c.node;
  if (n.halted) return false;
  size_t ended = 0;
  if (n.transfer.has_value() && n.transfer->request == request) {
    n.transfer.reset();
    ++ended;
  }
  ended +=
      std::erase_if(n.reads, [&](const PendingRead& read) { return read.origin == n.id && read.request == request; });
  ended += std::erase_if(n.confirmed, [&](const ConfirmedRead& read) { return read.request == request; });
  ended += std::erase_if(n.forwarded, [&](const ForwardedRead& read) { return read.request == request; });
  return ended != 0 && EndOfStep(c);
}

}  // namespace lockstep::model
