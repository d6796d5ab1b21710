#include "spec/linearizability/history.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::linearizability {
namespace {

constexpr size_t kOperationsMax = size_t{1} << 31;

std::string Text(std::string_view view) { return std::string(view); }

}  // namespace

std::string_view Name(OperationKind kind) {
  switch (kind) {
    case OperationKind::kRead:
      return "read";
    case OperationKind::kWrite:
      return "write";
    case OperationKind::kCompareAndSet:
      return "compare-and-set";
    case OperationKind::kAppend:
      return "append";
    case OperationKind::kDelete:
      return "delete";
    case OperationKind::kRange:
      return "range";
    case OperationKind::kDeleteRange:
      return "delete-range";
    case OperationKind::kTransaction:
      return "transaction";
    case OperationKind::kAcquire:
      return "acquire";
    case OperationKind::kRelease:
      return "release";
    case OperationKind::kRenew:
      return "renew";
    case OperationKind::kAdd:
      return "add";
    case OperationKind::kEnqueue:
      return "enqueue";
    case OperationKind::kDequeue:
      return "dequeue";
    case OperationKind::kTransfer:
      return "transfer";
  }
  return "?";
}

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kFail:
      return "failed";
    case Outcome::kUnknown:
      return "unknown";
  }
  return "?";
}

std::string_view Name(ModelKind model) {
  switch (model) {
    case ModelKind::kRegister:
      return "register";
    case ModelKind::kKeyValue:
      return "key-value";
    case ModelKind::kListAppend:
      return "list-append";
    case ModelKind::kMutex:
      return "mutex";
    case ModelKind::kLease:
      return "lease";
    case ModelKind::kSet:
      return "set";
    case ModelKind::kQueue:
      return "queue";
    case ModelKind::kCounter:
      return "counter";
    case ModelKind::kBank:
      return "bank";
  }
  return "?";
}

Position History::told_unknown(OperationId id) const {
  auto it = told_unknown_.find(id);
  return it == told_unknown_.end() ? kNever : it->second;
}

std::string History::DescribeStep(const TransactionStep& step) const {
  std::string text = Text(Name(step.kind));
  const bool keyless = step.kind == OperationKind::kRange || step.kind == OperationKind::kDeleteRange;
  if (!keyless && !key_names_[step.key].empty()) absl::StrAppend(&text, " ", key_names_[step.key]);
  if (step.kind == OperationKind::kCompareAndSet) {
    absl::StrAppend(&text, " ", values_.ToString(step.expected), " -> ", values_.ToString(step.argument));
  } else if (step.argument != kNil) {
    absl::StrAppend(&text, " ", values_.ToString(step.argument));
  } else if (step.kind == OperationKind::kWrite) {
    absl::StrAppend(&text, " nil");
  }
  if (step.result != kUnknownValue) absl::StrAppend(&text, " = ", values_.ToString(step.result));
  return text;
}

std::string History::Describe(OperationId id) const {
  const Operation& op = operations_[id];
  std::string text = absl::StrCat("process ", op.process, ": ");
  if (op.kind == OperationKind::kTransaction) {
    const Transaction& transaction = TransactionOf(op);
    absl::StrAppend(&text, "transaction [");
    for (const TransactionGuard& guard : transaction.guards) {
      const bool equal = guard.comparison == TransactionGuard::Comparison::kEqual;
      absl::StrAppend(&text, "if ", key_names_[guard.key], equal ? " == " : " != ", values_.ToString(guard.value),
                      "; ");
    }
    const bool then = transaction.taken != Transaction::Branch::kOtherwise;
    if (!then) absl::StrAppend(&text, "else ");
    std::string steps;
    for (const TransactionStep& step : then ? transaction.then : transaction.otherwise) {
      absl::StrAppend(&steps, steps.empty() ? "" : ", ", DescribeStep(step));
    }
    absl::StrAppend(&text, steps, "]");
  } else {
    absl::StrAppend(&text, DescribeStep({op.kind, op.key, op.argument, op.expected, op.result}));
  }
  if (op.outcome != Outcome::kOk) absl::StrAppend(&text, ", ", Text(Name(op.outcome)));
  return text;
}

History History::Restrict(std::span<const OperationId> ids, const Edit& edit) const {
  History part;
  part.key_names_ = key_names_;
  part.values_ = values_;
  part.event_count_ = event_count_;
  for (OperationId id : ids) {
    Operation op = operations_[id];
    if (op.kind == OperationKind::kTransaction) {
      part.transactions_.push_back(TransactionOf(op));
      op.argument.bits = static_cast<uint32_t>(part.transactions_.size() - 1);
    }
    if (edit) edit(id, op);
    if (const Position told = told_unknown(id); told != kNever) {
      part.told_unknown_.emplace(static_cast<OperationId>(part.operations_.size()), told);
    }
    part.operations_.push_back(op);
    if (has_log_indices()) part.log_indices_.push_back(log_indices_[id]);
    part.invoke_lines_.push_back(invoke_line(id));
    part.complete_lines_.push_back(complete_line(id));
  }
  return part;
}

Key HistoryBuilder::InternKey(std::string_view name) {
  auto it = keys_.find(absl::string_view(name.data(), name.size()));
  if (it != keys_.end()) return it->second;
  const Key key = static_cast<Key>(history_.key_names_.size());
  history_.key_names_.emplace_back(name);
  keys_.emplace(std::string(name), key);
  return key;
}

void HistoryBuilder::Reserve(size_t operations) { history_.operations_.reserve(operations); }

absl::Status HistoryBuilder::Invoke(uint32_t process, const Invocation& invocation) {
  ProcessState& state = processes_[process];
  if (state.open != kNone) {
    return absl::FailedPreconditionError(absl::StrCat("process ", process, " invokes an operation while its ",
                                                      Text(Name(history_.operations_[state.open].kind)),
                                                      " is still open; complete that one first"));
  }
  if (state.ended) {
    return absl::FailedPreconditionError(absl::StrCat("process ", process,
                                                      " invokes an operation after one of unknown outcome; a new "
                                                      "process must take over"));
  }
  if (history_.operations_.size() >= kOperationsMax || history_.event_count_ >= kNever - 1) {
    return absl::ResourceExhaustedError("a history holds at most 2^31 operations; split it");
  }
  const OperationId id = static_cast<OperationId>(history_.operations_.size());
  Operation op;
  op.process = process;
  op.key = invocation.key;
  op.kind = invocation.kind;
  op.invoke = history_.event_count_++;
  op.argument = invocation.argument;
  op.expected = invocation.expected;
  if (invocation.transaction != nullptr) {
    op.argument.bits = static_cast<uint32_t>(history_.transactions_.size());
    history_.transactions_.push_back(*invocation.transaction);
  }
  history_.operations_.push_back(op);
  if (invocation.line != 0) {
    history_.invoke_lines_.resize(id);
    history_.invoke_lines_.push_back(invocation.line);
  }
  state.open = id;
  return absl::OkStatus();
}

absl::Status HistoryBuilder::Complete(uint32_t process, const Completion& completion) {
  auto it = processes_.find(process);
  if (it == processes_.end() || it->second.open == kNone) {
    return absl::FailedPreconditionError(absl::StrCat("process ", process,
                                                      " completes an operation, but has none open; its "
                                                      "invocation is missing"));
  }
  const OperationId id = it->second.open;
  it->second.open = kNone;
  Operation& op = history_.operations_[id];
  op.outcome = completion.outcome;
  const Position position = history_.event_count_++;
  if (completion.outcome == Outcome::kUnknown) {
    history_.told_unknown_.emplace(id, position);
    it->second.ended = after_unknown_ == AfterUnknown::kProcessEnds;
  } else {
    op.complete = position;
    op.result = completion.result;
    if (completion.transaction != nullptr) history_.transactions_[op.argument.bits] = *completion.transaction;
  }
  if (completion.log_index >= 0) {
    if (history_.log_indices_.capacity() < history_.operations_.capacity()) {
      history_.log_indices_.reserve(history_.operations_.capacity());
    }
    if (history_.log_indices_.size() <= id) history_.log_indices_.resize(history_.operations_.size(), -1);
    history_.log_indices_[id] = completion.log_index;
  }
  if (completion.line != 0) {
    if (history_.complete_lines_.size() <= id) history_.complete_lines_.resize(history_.operations_.size());
    history_.complete_lines_[id] = completion.line;
  }
  return absl::OkStatus();
}

const Operation* HistoryBuilder::OpenOperation(uint32_t process) const {
  auto it = processes_.find(process);
  if (it == processes_.end() || it->second.open == kNone) return nullptr;
  return &history_.operations_[it->second.open];
}

History HistoryBuilder::Finish() && {
  if (!history_.log_indices_.empty()) history_.log_indices_.resize(history_.operations_.size(), -1);
  return std::move(history_);
}

}  // namespace lockstep::linearizability
