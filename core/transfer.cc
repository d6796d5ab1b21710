#include "core/transfer.h"

#include "core/election.h"
#include "core/progress.h"
#include "core/read.h"
#include "core/replication.h"

namespace lockstep {
namespace {

// Whoever is told to campaign may win before the lease ends: so it ends here, with the reads that still rely on it.
void SendTimeoutNow(Context& context, NodeId target) {
  LeaderState& leading = context.state.leading;
  leading.lease_revoked = true;
  leading.lease_until_micros = 0;
  RejectLeaseReads(context, effect::Reason::kTransferInProgress);
  Send(context, target, TimeoutNow{});
}

void EndTransfer(Context& context, effect::OutcomeKind kind, effect::Reason reason) {
  const RequestId request_id = context.state.transfer->request_id;
  context.state.transfer.reset();
  Finish(context, request_id, kind, reason);
}

}  // namespace

void TransferLeadership(Context& context, const input::TransferLeadership& request) {
  State& state = context.state;
  effect::Reason reason = effect::Reason::kNone;
  if (state.transfer.has_value()) {
    reason = effect::Reason::kTransferInProgress;
  } else if (state.role != Role::kLeader) {
    reason = effect::Reason::kNotLeader;
  } else if (request.target == state.id || !state.configuration().IsVoter(request.target)) {
    reason = effect::Reason::kInvalidTarget;
  }
  if (reason != effect::Reason::kNone) {
    Finish(context, request.request_id, effect::OutcomeKind::kRejected, reason);
    return;
  }
  state.transfer = PendingTransfer{request.request_id, request.target, false, false};
  SendTimeoutNowWhenReady(context);
}

void SendTimeoutNowWhenReady(Context& context) {
  State& state = context.state;
  if (state.role != Role::kLeader || !state.transfer.has_value() || state.transfer->timeout_now_sent) return;
  const Peer* target = FindPeer(state.leading.peers, state.transfer->target);
  if (target == nullptr || target->progress.match_index != state.log.last_index()) return;
  state.transfer->timeout_now_sent = true;
  SendTimeoutNow(context, target->id);
}

void AgeTransfer(Context& context) {
  State& state = context.state;
  if (!state.transfer.has_value()) return;
  if (!state.transfer->aged) {
    state.transfer->aged = true;
    return;
  }
  // Once TimeoutNow has left, the target may yet win.
  const bool sent = state.transfer->timeout_now_sent;
  EndTransfer(context, sent ? effect::OutcomeKind::kUnknown : effect::OutcomeKind::kRejected,
              effect::Reason::kTimedOut);
}

void FinishTransfer(Context& context, NodeId leader) {
  const State& state = context.state;
  if (!state.transfer.has_value()) return;
  if (leader == kNoNode) {
    EndTransfer(context, effect::OutcomeKind::kUnknown, effect::Reason::kTimedOut);
  } else if (leader == state.transfer->target) {
    EndTransfer(context, effect::OutcomeKind::kDone, effect::Reason::kNone);
  } else {
    EndTransfer(context, effect::OutcomeKind::kRejected, effect::Reason::kLeadershipLost);
  }
}

void HandOverAndStepDown(Context& context, effect::Reason reason) {
  State& state = context.state;
  const Peer* best = nullptr;
  for (const Peer& peer : state.leading.peers) {
    if (!state.configuration().IsVoter(peer.id)) continue;
    if (best == nullptr || peer.progress.match_index > best->progress.match_index) best = &peer;
  }
  if (best != nullptr) SendTimeoutNow(context, best->id);
  BecomeFollower(context, kNoNode, reason);
}

}  // namespace lockstep
