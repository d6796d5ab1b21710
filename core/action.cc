#include "core/action.h"

#include <algorithm>
#include <utility>

#include "core/read.h"
#include "core/replication.h"
#include "core/storage.h"

namespace lockstep {
namespace {

// Takes the first element with this request id out of `requests`. Returns whether there was one.
template <typename Requests>
bool Take(Requests& requests, RequestId request_id) {
  const auto at = std::find_if(requests.begin(), requests.end(),
                               [request_id](const auto& request) { return request.request_id == request_id; });
  if (at == requests.end()) return false;
  requests.erase(at);
  return true;
}

// As Take, but only among this node's own reads.
bool TakeOwnRead(const State& state, std::vector<PendingRead>& reads, RequestId request_id) {
  const auto at = std::find_if(reads.begin(), reads.end(), [&state, request_id](const PendingRead& read) {
    return read.origin == state.id && read.request_id == request_id;
  });
  if (at == reads.end()) return false;
  reads.erase(at);
  return true;
}

}  // namespace

void Send(Context& context, NodeId dest, MessageBody body) {
  State& state = context.state;
  WriteId after = 0;
  if (!VoteDurable(state)) {
    SaveVote(context);
    after = state.storage.pending_vote_write;
  }
  context.effects.Add(effect::Send{{state.id, dest, state.current_term, std::move(body)}, after});
}

void SetTimer(Context& context, effect::Timer timer) { context.effects.Add(effect::SetTimer{timer}); }

void Finish(Context& context, RequestId request_id, effect::OutcomeKind kind, effect::Reason reason) {
  context.effects.Add(effect::Outcome{request_id, kind, reason, context.state.leader, 0, 0, 0});
}

void Halt(Context& context, effect::HaltReason reason, NodeId peer, LogPosition here, LogPosition there) {
  State& state = context.state;
  EndProposals(context, effect::Reason::kHalted);
  RejectReads(context, effect::Reason::kHalted);
  RejectForwardedReads(context, effect::Reason::kHalted);
  for (const ConfirmedRead& read : state.confirmed_reads) {
    Finish(context, read.request_id, effect::OutcomeKind::kRejected, effect::Reason::kHalted);
  }
  state.confirmed_reads.clear();
  if (state.transfer.has_value()) {
    Finish(context, state.transfer->request_id, effect::OutcomeKind::kUnknown, effect::Reason::kHalted);
    state.transfer.reset();
  }
  state.halted = true;
  context.effects.Add(effect::Halt{reason, peer, here, there});
}

void Cancel(Context& context, RequestId request_id) {
  State& state = context.state;
  effect::OutcomeKind kind = effect::OutcomeKind::kUnknown;
  bool found = Take(state.leading.proposals, request_id);
  if (!found && state.leading.change.has_value() && state.leading.change->request_id == request_id) {
    state.leading.change.reset();
    found = true;
  }
  if (!found && state.transfer.has_value() && state.transfer->request_id == request_id) {
    state.transfer.reset();
    found = true;
  }
  if (!found) {
    kind = effect::OutcomeKind::kRejected;
    found = TakeOwnRead(state, state.leading.reads, request_id) || Take(state.confirmed_reads, request_id) ||
            Take(state.following.reads, request_id);
  }
  if (found) Finish(context, request_id, kind, effect::Reason::kCancelled);
}

}  // namespace lockstep
