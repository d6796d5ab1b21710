#include "spec/linearizability/model.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "spec/linearizability/models/abstract_types.h"
#include "spec/linearizability/models/store.h"

namespace lockstep::linearizability {

bool Belongs(OperationKind kind, ModelKind model) {
  using K = OperationKind;
  switch (model) {
    case ModelKind::kRegister:
      return kind == K::kRead || kind == K::kWrite || kind == K::kCompareAndSet;
    case ModelKind::kKeyValue:
      return kind <= K::kTransaction;
    case ModelKind::kListAppend:
      return kind == K::kRead || kind == K::kAppend || kind == K::kTransaction;
    case ModelKind::kMutex:
      return kind == K::kAcquire || kind == K::kRelease;
    case ModelKind::kLease:
      return kind == K::kAcquire || kind == K::kRelease || kind == K::kRenew;
    case ModelKind::kSet:
    case ModelKind::kCounter:
      return kind == K::kAdd || kind == K::kRead;
    case ModelKind::kQueue:
      return kind == K::kEnqueue || kind == K::kDequeue;
    case ModelKind::kBank:
      return kind == K::kTransfer || kind == K::kRead;
  }
  return false;
}

Relevance RelevanceOf(const Semantics& semantics, const Operation& operation) {
  const bool fact = semantics.failed_cas == Semantics::FailedCompareAndSet::kFact;
  if (operation.outcome == Outcome::kFail) {
    const bool answers = (IsRefusal(operation) && fact) || operation.kind == OperationKind::kRenew;
    return answers ? Relevance::kDefinite : Relevance::kIgnored;
  }
  const bool reads = operation.kind == OperationKind::kRead || operation.kind == OperationKind::kRange;
  if (operation.outcome == Outcome::kUnknown) return reads ? Relevance::kIgnored : Relevance::kOptional;
  if (!reads) return Relevance::kDefinite;
  const bool silent = operation.result == kUnknownValue ||
                      (operation.result == kNil && semantics.nil_read == Semantics::NilRead::kNoAnswer);
  return silent ? Relevance::kIgnored : Relevance::kDefinite;
}

void KeysOf(const History& history, const Operation& operation, std::vector<Key>* keys) {
  if (operation.kind == OperationKind::kRange || operation.kind == OperationKind::kDeleteRange) {
    AppendRangeKeys(history, operation.argument, keys);
    return;
  }
  if (operation.kind != OperationKind::kTransaction) {
    keys->push_back(operation.key);
    return;
  }
  const Transaction& transaction = history.TransactionOf(operation);
  for (const TransactionGuard& guard : transaction.guards) keys->push_back(guard.key);
  for (const auto* steps : {&transaction.then, &transaction.otherwise}) {
    for (const TransactionStep& step : *steps) {
      if (step.kind == OperationKind::kRange || step.kind == OperationKind::kDeleteRange) {
        AppendRangeKeys(history, step.argument, keys);
      } else {
        keys->push_back(step.key);
      }
    }
  }
}

absl::StatusOr<std::unique_ptr<Model>> MakeModel(const History& history, const Semantics& semantics,
                                                 std::span<const OperationId> ids) {
  for (OperationId id : ids) {
    if (Belongs(history.operation(id).kind, semantics.model)) continue;
    const std::string_view kind = Name(history.operation(id).kind);
    const std::string_view model = Name(semantics.model);
    return absl::InvalidArgumentError(absl::StrCat("operation ", id, " is a ", std::string(kind), ", which a ",
                                                   std::string(model), " does not have; choose another model"));
  }
  switch (semantics.model) {
    case ModelKind::kRegister:
    case ModelKind::kKeyValue:
    case ModelKind::kListAppend:
      return MakeStoreModel(history, semantics, ids);
    case ModelKind::kMutex:
      return MakeMutexModel(history);
    case ModelKind::kLease:
      return MakeLeaseModel(history);
    case ModelKind::kSet:
      return MakeSetModel(history);
    case ModelKind::kQueue:
      return MakeQueueModel(history);
    case ModelKind::kCounter:
      return MakeCounterModel(history, semantics);
    case ModelKind::kBank:
      return MakeBankModel(history, semantics, ids);
  }
  return absl::InvalidArgumentError("no such model");
}

}  // namespace lockstep::linearizability
