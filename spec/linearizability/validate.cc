#include "spec/linearizability/validate.h"

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "spec/linearizability/model.h"

namespace lockstep::linearizability {
namespace {

using Type = ValuePool::Type;

class Validator {
 public:
  Validator(const History& history, const Semantics& semantics)
      : history_(history), values_(history.values()), semantics_(semantics), used_(history.event_count(), false) {}

  absl::Status Run() {
    if (absl::Status status = CheckInitial(); !status.ok()) return status;
    for (OperationId id = 0; id < history_.size(); ++id) {
      std::string fault = Fault(id);
      if (fault.empty()) continue;
      const uint32_t line = history_.invoke_line(id);
      return absl::InvalidArgumentError(absl::StrCat("operation ", id,
                                                     line > 0 ? absl::StrCat(" (line ", line, ")") : "", ", ",
                                                     history_.Describe(id), ": ", fault));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CheckInitial() {
    for (const auto& [key, value] : semantics_.initial_by_key) {
      if (key >= history_.key_count()) {
        return absl::InvalidArgumentError(absl::StrCat("an initial value is given for key ", key,
                                                       ", but there are only ", history_.key_count(), " keys"));
      }
    }
    const Type type = values_.TypeOf(semantics_.initial);
    const std::string shown = values_.ToString(semantics_.initial);
    switch (semantics_.model) {
      case ModelKind::kListAppend:
        if (type == Type::kNil || type == Type::kList) return absl::OkStatus();
        return absl::InvalidArgumentError(absl::StrCat("the initial value ", shown, " is no list"));
      case ModelKind::kCounter:
        if (type == Type::kNil || type == Type::kInteger) return absl::OkStatus();
        return absl::InvalidArgumentError(absl::StrCat("the initial value ", shown, " is no integer"));
      case ModelKind::kBank:
        if (type == Type::kNil || IsBalances(semantics_.initial)) return absl::OkStatus();
        return absl::InvalidArgumentError(
            absl::StrCat("the initial value ", shown, " is no list account, balance, ..."));
      case ModelKind::kMutex:
      case ModelKind::kLease:
      case ModelKind::kSet:
      case ModelKind::kQueue:
        if (type == Type::kNil) return absl::OkStatus();
        return absl::InvalidArgumentError("mutex, lease, set and queue begin free and empty; give no initial value");
      default:
        return absl::OkStatus();
    }
  }

  // What is wrong with the operation; empty if nothing.
  std::string Fault(OperationId id) {
    const Operation& op = history_.operation(id);
    if (std::string fault = TimeFault(id, op); !fault.empty()) return fault;
    if (op.key >= history_.key_count()) return absl::StrCat("its key ", op.key, " has no name");
    if (!Belongs(op.kind, semantics_.model)) {
      return absl::StrCat("a ", std::string(Name(semantics_.model)), " has no such operation; choose another model");
    }
    if (op.kind == OperationKind::kTransaction) return TransactionFault(history_.TransactionOf(op));
    return ArgumentFault(op.kind, op.argument, op.outcome == Outcome::kOk ? op.result : kUnknownValue);
  }

  std::string TimeFault(OperationId id, const Operation& op) {
    if ((op.complete == kNever) != (op.outcome == Outcome::kUnknown)) {
      return "an operation completes exactly when its outcome is known";
    }
    if (op.complete <= op.invoke) return "it completes before it is invoked";
    if (id > 0 && op.invoke <= history_.operation(id - 1).invoke) return "operations are not in order of invocation";
    for (Position position : {op.invoke, op.complete}) {
      if (position == kNever) continue;
      if (position >= used_.size()) return absl::StrCat("there is no event ", position);
      if (used_[position]) return absl::StrCat("event ", position, " belongs to another operation");
      used_[position] = true;
    }
    if (op.outcome == Outcome::kUnknown) return "";  // the process may have gone on or not: see HistoryBuilder
    auto [it, fresh] = open_until_.try_emplace(op.process, op.complete);
    if (!fresh && it->second > op.invoke) return absl::StrCat("process ", op.process, " has another operation open");
    it->second = op.complete;
    return "";
  }

  std::string TransactionFault(const Transaction& transaction) {
    for (const TransactionGuard& guard : transaction.guards) {
      if (guard.key >= history_.key_count()) return absl::StrCat("a condition's key ", guard.key, " has no name");
    }
    for (const auto* steps : {&transaction.then, &transaction.otherwise}) {
      for (const TransactionStep& step : *steps) {
        if (step.key >= history_.key_count()) return absl::StrCat("a step's key ", step.key, " has no name");
        if (step.kind == OperationKind::kTransaction || step.kind == OperationKind::kCompareAndSet ||
            !Belongs(step.kind, semantics_.model)) {
          return absl::StrCat("a transaction of a ", std::string(Name(semantics_.model)), " has no ",
                              std::string(Name(step.kind)));
        }
        if (std::string fault = ArgumentFault(step.kind, step.argument, step.result); !fault.empty()) return fault;
      }
    }
    return "";
  }

  std::string ArgumentFault(OperationKind kind, Value argument, Value result) {
    const bool counter = semantics_.model == ModelKind::kCounter;
    switch (kind) {
      case OperationKind::kRange:
        if (result != kUnknownValue && values_.TypeOf(result) != Type::kList) {
          return absl::StrCat("a range answers a list key, value, ..., not ", values_.ToString(result));
        }
        [[fallthrough]];
      case OperationKind::kDeleteRange:
        return IsBounds(argument) ? "" : "a range needs the list (first, end) of two names";
      case OperationKind::kAdd:
        if (counter && values_.TypeOf(argument) != Type::kInteger) return "a counter adds integers";
        return "";
      case OperationKind::kTransfer:
        return IsTransfer(argument) ? "" : "a transfer needs the list (from, to, amount)";
      case OperationKind::kRead:
        if (semantics_.model == ModelKind::kBank && result != kUnknownValue && result != kNil && !IsBalances(result)) {
          return absl::StrCat("a bank answers a list account, balance, ..., not ", values_.ToString(result));
        }
        return "";
      default:
        return "";
    }
  }

  bool IsBounds(Value value) const {
    if (values_.TypeOf(value) != Type::kList) return false;
    const auto bounds = values_.AsList(value);
    return bounds.size() == 2 && values_.TypeOf(bounds[0]) == Type::kString &&
           (bounds[1] == kNil || values_.TypeOf(bounds[1]) == Type::kString);
  }
  bool IsTransfer(Value value) const {
    return values_.TypeOf(value) == Type::kList && values_.AsList(value).size() == 3 &&
           values_.TypeOf(values_.AsList(value)[2]) == Type::kInteger;
  }
  bool IsBalances(Value value) const {
    if (values_.TypeOf(value) != Type::kList) return false;
    const auto list = values_.AsList(value);
    for (size_t i = 1; i < list.size(); i += 2) {
      if (values_.TypeOf(list[i]) != Type::kInteger) return false;
    }
    return list.size() % 2 == 0;
  }

  const History& history_;
  const ValuePool& values_;
  const Semantics& semantics_;
  std::vector<bool> used_;  // events
  absl::flat_hash_map<uint32_t, Position> open_until_;
};

}  // namespace

absl::Status Validate(const History& history, const Semantics& semantics) {
  return Validator(history, semantics).Run();
}

}  // namespace lockstep::linearizability
