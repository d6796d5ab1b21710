#include "spec/properties/requests.h"

#include "absl/strings/str_cat.h"
#include "spec/properties/reads.h"

namespace lockstep::spec {
namespace {

const char* ToString(RequestKind kind) {
  switch (kind) {
    case RequestKind::kProposal:
      return "proposal";
    case RequestKind::kChange:
      return "configuration change";
    case RequestKind::kRead:
      return "read";
    case RequestKind::kTransfer:
      return "transfer";
  }
  return "request";
}

OpenRequest* Open(StepView& view, RequestId id, RequestKind kind) {
  const auto [request, fresh] = view.before.requests.try_emplace(id);
  if (!fresh) {
    view.Fail(Property::kRequestEndsOnce,
              absl::StrCat(ToString(kind), " ", id, " came while request ", id, " was open"));
    return nullptr;
  }
  request->second.kind = kind;
  return &request->second;
}

bool OpenProposals(StepView& view, const input::Propose& propose) {
  for (const input::Proposal& proposal : propose.proposals) {
    if (Open(view, proposal.request_id, RequestKind::kProposal) == nullptr) return false;
  }
  // Those accepted stand at the end of the leader's list, unless they are committed already.
  const auto& pending = view.state.leading.proposals;
  for (size_t at = pending.size(); at > 0 && pending[at - 1].index > view.log.old_last; --at) {
    const auto request = view.before.requests.find(pending[at - 1].request_id);
    if (request == view.before.requests.end()) continue;
    request->second.index = pending[at - 1].index;
    request->second.term = view.state.current_term;
  }
  return true;
}

bool CheckDone(StepView& view, const effect::Outcome& outcome, const OpenRequest& request) {
  History& history = view.watch.history;
  const bool committed = outcome.index > 0 && outcome.index <= history.committed_index() &&
                         outcome.index <= view.state.commit_index &&
                         history.CommitAt(outcome.index).term == outcome.term;
  const bool same = request.index == 0 || (request.index == outcome.index && request.term == outcome.term);
  if (!committed || !same) {
    return view.Fail(
        Property::kAckedNeverLost,
        absl::StrCat(ToString(request.kind), " ", outcome.request_id, " is done at ", outcome.index, ":", outcome.term,
                     ", ",
                     committed ? absl::StrCat("but was appended at ", request.index, ":", request.term)
                               : absl::StrCat("but that is not committed (here up to ", view.state.commit_index,
                                              ", anywhere up to ", history.committed_index(), ")")));
  }
  auto& acknowledged = view.watch.acknowledged;
  if (acknowledged.size() <= outcome.index) acknowledged.resize(outcome.index + 1, false);
  if (acknowledged[outcome.index]) {
    return view.Fail(Property::kExactlyOnce,
                     absl::StrCat(ToString(request.kind), " ", outcome.request_id, " is done at index ", outcome.index,
                                  ", at which another request was done"));
  }
  acknowledged[outcome.index] = true;
  return true;
}

// A request that was appended may be rejected only when another entry is committed in its place.
bool CheckRejected(StepView& view, const effect::Outcome& outcome, const OpenRequest& request) {
  const History& history = view.watch.history;
  if (request.index == 0) return true;
  if (request.index <= history.committed_index() && history.CommitAt(request.index).term != request.term) return true;
  return view.Fail(Property::kRequestEndsOnce,
                   absl::StrCat(ToString(request.kind), " ", outcome.request_id, " was appended at ", request.index,
                                ":", request.term, " and is told that it has not happened"));
}

void ReachOutcomeGoals(StepView& view, const effect::Outcome& outcome, RequestKind kind) {
  using effect::OutcomeKind;
  using effect::Reason;
  if (kind == RequestKind::kTransfer) {
    if (outcome.kind == OutcomeKind::kDone) {
      view.Reach(Goal::kTransferSucceeded);
    } else if (view.event<input::TransferLeadership>() == nullptr) {
      view.Reach(Goal::kTransferAborted);
    }
  }
  if (outcome.reason == Reason::kQuotaExceeded) view.Reach(Goal::kQuotaRejected);
  if (outcome.reason == Reason::kTermNotCommitted) view.Reach(Goal::kChangeRejectedBeforeTermCommitted);
  if (kind == RequestKind::kProposal && outcome.kind == OutcomeKind::kUnknown) view.Reach(Goal::kProposalUnknown);
}

bool CheckOutcomeOf(StepView& view, const effect::Outcome& outcome, OpenRequest& request) {
  ReachOutcomeGoals(view, outcome, request.kind);
  if (request.kind == RequestKind::kRead) return CheckReadOutcome(view, outcome, request);
  if (request.kind == RequestKind::kTransfer) return true;
  switch (outcome.kind) {
    case effect::OutcomeKind::kDone:
      return CheckDone(view, outcome, request);
    case effect::OutcomeKind::kRejected:
      return CheckRejected(view, outcome, request);
    case effect::OutcomeKind::kUnknown:
      return true;
  }
  return true;
}

}  // namespace

bool OpenRequests(StepView& view) {
  if (const auto* propose = view.event<input::Propose>()) return OpenProposals(view, *propose);
  if (const auto* change = view.event<input::ProposeConfiguration>()) {
    return Open(view, change->request_id, RequestKind::kChange) != nullptr;
  }
  if (const auto* transfer = view.event<input::TransferLeadership>()) {
    return Open(view, transfer->request_id, RequestKind::kTransfer) != nullptr;
  }
  if (const auto* read = view.event<input::Read>()) {
    OpenRequest* request = Open(view, read->request_id, RequestKind::kRead);
    if (request == nullptr) return false;
    OpenRead(view, read->request_id, *request);
  }
  return true;
}

bool CheckOutcome(StepView& view, const effect::Outcome& outcome) {
  const auto request = view.before.requests.find(outcome.request_id);
  if (request == view.before.requests.end()) {
    return view.Fail(Property::kRequestEndsOnce,
                     absl::StrCat("outcome for request ", outcome.request_id, ", which is not open"));
  }
  OpenRequest ended = request->second;
  view.before.requests.erase(request);
  return CheckOutcomeOf(view, outcome, ended);
}

bool CheckCancelled(StepView& view) {
  const auto* cancel = view.event<input::Cancel>();
  if (cancel == nullptr || view.state.halted || !view.before.requests.contains(cancel->request_id)) return true;
  return view.Fail(Property::kRequestEndsOnce,
                   absl::StrCat("request ", cancel->request_id, " was cancelled and goes on"));
}

bool CheckAppliedCommand(Watch& watch, NodeShadow& node, Index index, uint64_t payload, uint64_t operation,
                         uint64_t step) {
  if (index <= node.applied_command || index > node.apply_index) {
    return watch.Fail(Property::kApplyOnceInOrderProp, node.id, step,
                      absl::StrCat("the command at ", index, " was applied after that at ", node.applied_command,
                                   "; given to apply are entries up to ", node.apply_index));
  }
  node.applied_command = index;
  if (watch.payloads.size() <= index) watch.payloads.resize(index + 1, 0);
  uint64_t& known = watch.payloads[index];
  if (known == 0) known = payload;
  if (known != payload) {
    return watch.Fail(Property::kStateMachineSafety, node.id, step,
                      absl::StrCat("another command was applied at ", index, " than elsewhere (hash ", payload,
                                   ", not ", known, ")"));
  }
  if (operation == 0) return true;
  const auto [at, fresh] = watch.operations.try_emplace(operation, index);
  if (fresh || at->second == index) return true;
  return watch.Fail(Property::kExactlyOnce, node.id, step,
                    absl::StrCat("operation ", operation, " took effect at ", at->second, " and again at ", index));
}

bool CheckAcknowledged(Watch& watch, uint64_t operation, uint64_t step) {
  const auto at = watch.operations.find(operation);
  if (at != watch.operations.end() && at->second <= watch.history.committed_index()) return true;
  return watch.Fail(
      Property::kAckedNeverLost, kNoNode, step,
      absl::StrCat("operation ", operation, " was acknowledged, ",
                   at == watch.operations.end() ? "but never took effect"
                                                : absl::StrCat("but index ", at->second, " is not committed")));
}

}  // namespace lockstep::spec
