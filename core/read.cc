#include "core/read.h"

#include <algorithm>
#include <utility>

#include "core/progress.h"

namespace lockstep {
namespace {

bool TermCommitted(const State& state) { return state.commit_index >= state.leading.term_start_index; }

bool LeaseHolds(const State& state, Now now) {
  return state.options.lease_micros > 0 && !state.leading.lease_revoked &&
         now.micros + now.error_micros < state.leading.lease_until_micros;
}

// The read index of `read` is confirmed.
void Confirm(Context& context, const PendingRead& read) {
  if (read.origin == context.state.id) {
    context.state.confirmed_reads.push_back({read.request_id, read.read_index, 0});
  } else {
    Send(context, read.origin, ReadReply{read.forwarded.start, read.forwarded.position, true, read.read_index});
  }
}

// Refuses the confirmed reads that satisfy `predicate`; the others wait on.
template <typename Predicate>
void RejectConfirmedIf(Context& context, effect::Reason reason, const Predicate& predicate) {
  std::erase_if(context.state.confirmed_reads, [&](const ConfirmedRead& read) {
    if (!predicate(read)) return false;
    Finish(context, read.request_id, effect::OutcomeKind::kRejected, reason);
    return true;
  });
}

void Refuse(Context& context, NodeId origin, const ReadRequest& request) {
  Send(context, origin, ReadReply{request.start, request.position, false, 0});
}

}  // namespace

void Read(Context& context, const input::Read& request) {
  State& state = context.state;
  if (state.role == Role::kLeader) {
    if (request.mode == input::ReadMode::kLease && TermCommitted(state) && LeaseHolds(state, context.now)) {
      state.confirmed_reads.push_back({request.request_id, state.commit_index, state.leading.lease_until_micros});
      FinishReads(context);
      return;
    }
    state.leading.reads.push_back({request.request_id, state.id, {}, 0, 0});
    BeginRoundIfWaiting(context);
    return;
  }
  if (state.leader == kNoNode) {
    Finish(context, request.request_id, effect::OutcomeKind::kRejected, effect::Reason::kNotLeader);
    return;
  }
  const uint64_t position = state.next_read_position++;
  state.following.reads.push_back({request.request_id, position, false});
  Send(context, state.leader, ReadRequest{state.start, position});
}

void ReceiveReadRequest(Context& context, const Message& message, const ReadRequest& request) {
  State& state = context.state;
  if (state.role != Role::kLeader) {
    Refuse(context, message.source, request);
    return;
  }
  for (const PendingRead& read : state.leading.reads) {
    if (read.origin == message.source && read.forwarded == request) return;  // A duplicate.
  }
  state.leading.reads.push_back({0, message.source, request, 0, 0});
  BeginRoundIfWaiting(context);
}

void ReceiveReadReply(Context& context, const ReadReply& reply) {
  State& state = context.state;
  if (reply.start != state.start) return;
  auto& reads = state.following.reads;
  const auto read = std::find_if(reads.begin(), reads.end(), [&reply](const ForwardedRead& forwarded) {
    return forwarded.position == reply.position;
  });
  if (read == reads.end()) return;
  const RequestId request_id = read->request_id;
  reads.erase(read);
  if (!reply.accepted) {
    Finish(context, request_id, effect::OutcomeKind::kRejected, effect::Reason::kNotLeader);
    return;
  }
  state.confirmed_reads.push_back({request_id, reply.read_index, 0});
  FinishReads(context);
}

void BeginRound(Context& context) {
  State& state = context.state;
  LeaderState& leading = state.leading;
  ++leading.round;
  leading.round_began_micros = state.options.lease_micros > 0 ? context.now.micros - context.now.error_micros : 0;
  if (TermCommitted(state)) {
    for (PendingRead& read : leading.reads) {
      if (read.round != 0) continue;
      read.round = leading.round;
      read.read_index = state.commit_index;
    }
  }
  for (Peer& peer : leading.peers) {
    const Index commit_index = std::min(state.commit_index, peer.progress.match_index);
    peer.progress.sent_commit_index = std::max(peer.progress.sent_commit_index, commit_index);
    Send(context, peer.id, Heartbeat{commit_index, leading.round});
  }
  ConfirmRounds(context);
}

void BeginRoundIfWaiting(Context& context) {
  State& state = context.state;
  const LeaderState& leading = state.leading;
  if (state.role != Role::kLeader || leading.confirmed_round < leading.round || !TermCommitted(state)) return;
  if (leading.reads.empty()) return;
  BeginRound(context);
}

void ConfirmRounds(Context& context) {
  State& state = context.state;
  LeaderState& leading = state.leading;
  const uint64_t answered = state.configuration().QuorumValue([&state](NodeId id) -> uint64_t {
    if (id == state.id) return state.leading.round;
    const Peer* peer = FindPeer(state.leading.peers, id);
    return peer == nullptr ? 0 : peer->progress.acked_round;
  });
  if (answered <= leading.confirmed_round || answered > leading.round) return;
  leading.confirmed_round = answered;
  if (answered == leading.round && state.options.lease_micros > 0 && !leading.lease_revoked) {
    leading.lease_until_micros = leading.round_began_micros + state.options.lease_micros;
  }
  const auto waiting =
      std::stable_partition(leading.reads.begin(), leading.reads.end(),
                            [answered](const PendingRead& read) { return read.round != 0 && read.round <= answered; });
  for (auto read = leading.reads.begin(); read != waiting; ++read) Confirm(context, *read);
  leading.reads.erase(leading.reads.begin(), waiting);
  FinishReads(context);
  BeginRoundIfWaiting(context);
}

void FinishReads(Context& context) {
  State& state = context.state;
  auto& reads = state.confirmed_reads;
  size_t kept = 0;
  for (size_t i = 0; i < reads.size(); ++i) {
    if (reads[i].read_index > state.applied_index) {
      reads[kept++] = reads[i];
      continue;
    }
    context.effects.Add(effect::Outcome{reads[i].request_id, effect::OutcomeKind::kDone, effect::Reason::kNone,
                                        state.leader, reads[i].read_index, 0, reads[i].lease_until_micros});
  }
  reads.resize(kept);
}

void RejectUnreachableReads(Context& context) {
  const Index reachable = context.state.commit_index;
  RejectConfirmedIf(context, effect::Reason::kTimedOut,
                    [reachable](const ConfirmedRead& read) { return read.read_index > reachable; });
}

void RejectLeaseReads(Context& context, effect::Reason reason) {
  RejectConfirmedIf(context, reason, [](const ConfirmedRead& read) { return read.lease_until_micros != 0; });
}

void RejectReads(Context& context, effect::Reason reason) {
  LeaderState& leading = context.state.leading;
  for (const PendingRead& read : leading.reads) {
    if (read.origin == context.state.id) {
      Finish(context, read.request_id, effect::OutcomeKind::kRejected, reason);
    } else {
      Refuse(context, read.origin, read.forwarded);
    }
  }
  leading.reads.clear();
}

void ResendForwardedReads(Context& context) {
  State& state = context.state;
  for (ForwardedRead& read : state.following.reads) {
    if (read.aged) Send(context, state.leader, ReadRequest{state.start, read.position});
    read.aged = true;
  }
}

void RejectForwardedReads(Context& context, effect::Reason reason) {
  auto& reads = context.state.following.reads;
  for (const ForwardedRead& read : reads) {
    Finish(context, read.request_id, effect::OutcomeKind::kRejected, reason);
  }
  reads.clear();
}

}  // namespace lockstep
