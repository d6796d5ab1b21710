#include "sim/history.h"

#include <algorithm>

#include "spec/linearizability/check.h"

namespace lockstep::sim {
namespace {

namespace lin = linearizability;

// Few runs need more than some ten thousand steps while they go on.
constexpr lin::Budget kOnlineBudget{.steps = 500'000, .bytes = uint64_t{64} << 20};
// Far beyond what any run needs: more, and the run says that its history was not decided.
constexpr lin::Budget kWholeBudget{.steps = 20'000'000, .bytes = uint64_t{256} << 20};

lin::Semantics RegistersThatBeginAtZero() {
  lin::Semantics semantics;
  semantics.model = lin::ModelKind::kRegister;
  semantics.initial = lin::ValuePool().Integer(0);
  // A compare-and-set that did not take place is an answer: its key held another value.
  semantics.failed_cas = lin::Semantics::FailedCompareAndSet::kFact;
  return semantics;
}

lin::OperationKind KindOf(OperationKind kind) {
  switch (kind) {
    case OperationKind::kRead:
      return lin::OperationKind::kRead;
    case OperationKind::kWrite:
      return lin::OperationKind::kWrite;
    case OperationKind::kCompareAndSet:
      return lin::OperationKind::kCompareAndSet;
  }
  return lin::OperationKind::kRead;
}

}  // namespace

History::History(uint32_t clients)
    : checker_({.semantics = RegistersThatBeginAtZero(), .budget = kOnlineBudget}), open_(clients) {}

void History::Begin(uint32_t client, const Command& operation) {
  if (client >= open_.size()) open_.resize(client + 1);
  Open& open = open_[client];
  open.operation = operation;
  events_.push_back({Answer::kPending, operation, 0});
  open.ticket = checker_.Invoke({.kind = KindOf(operation.kind),
                                 .key = operation.key,
                                 .argument = ValueOf(operation.argument),
                                 .expected = ValueOf(operation.expected)});
}

void History::End(uint32_t client, Answer answer, uint64_t result) {
  Complete(open_[client], answer, result);
  events_.push_back({answer, open_[client].operation, result});
  if (checker_.verdict() == Verdict::kNotLinearizable) verdict_ = Verdict::kNotLinearizable;
}

void History::Complete(const Open& open, Answer answer, uint64_t result) {
  if (answer == Answer::kFailed) return checker_.Drop(open.ticket);
  if (answer != Answer::kOk) return checker_.Complete(open.ticket, lin::Outcome::kUnknown);
  if (told_.size() == kToldMax) told_.pop_front();
  told_.push_back({checker_.event_count(), open.operation, result});
  if (open.operation.kind == OperationKind::kRead) {
    checker_.Complete(open.ticket, lin::Outcome::kOk, ValueOf(result));
  } else {
    const bool refused = open.operation.kind == OperationKind::kCompareAndSet && result == 0;
    checker_.Complete(open.ticket, refused ? lin::Outcome::kFail : lin::Outcome::kOk);
  }
}

void History::Finish() {
  checker_.Finish();
  verdict_ = checker_.verdict();
  if (verdict_ == Verdict::kUnknown) CheckWhole();
}

void History::CheckWhole() {
  lin::HistoryBuilder builder(lin::HistoryBuilder::AfterUnknown::kProcessContinues);
  const auto value = [&builder](uint64_t v) { return builder.values().Integer(static_cast<int64_t>(v)); };
  // An operation that failed did not happen: it is left out from its beginning.
  std::vector<bool> failed(events_.size());
  std::vector<size_t> begun(open_.size());
  for (size_t i = 0; i < events_.size(); ++i) {
    const uint32_t client = events_[i].operation.client;
    if (events_[i].answer == Answer::kPending) begun[client] = i;
    if (events_[i].answer == Answer::kFailed) failed[i] = failed[begun[client]] = true;
  }
  for (size_t i = 0; i < events_.size(); ++i) {
    const auto& [answer, o, result] = events_[i];
    if (failed[i]) continue;
    absl::Status status;
    if (answer == Answer::kPending) {
      status = builder.Invoke(o.client, {.kind = KindOf(o.kind),
                                         .key = builder.InternKey(std::to_string(o.key)),
                                         .argument = value(o.argument),
                                         .expected = value(o.expected)});
    } else if (answer != Answer::kOk) {
      status = builder.Complete(o.client, {.outcome = lin::Outcome::kUnknown});
    } else if (o.kind == OperationKind::kRead) {
      status = builder.Complete(o.client, {.outcome = lin::Outcome::kOk, .result = value(result)});
    } else {
      const bool refused = o.kind == OperationKind::kCompareAndSet && result == 0;
      status = builder.Complete(o.client, {.outcome = refused ? lin::Outcome::kFail : lin::Outcome::kOk});
    }
    if (!status.ok()) return;
  }
  const lin::History history = std::move(builder).Finish();
  const lin::Semantics semantics = RegistersThatBeginAtZero();
  const auto result = lin::Check(history, {.semantics = semantics, .budget = kWholeBudget});
  if (!result.ok() || result->verdict == lin::Verdict::kUnknown) return;
  const bool holds = result->verdict == lin::Verdict::kLinearizable;
  verdict_ = holds ? Verdict::kLinearizable : Verdict::kNotLinearizable;
  if (!holds) conflict_ = lin::ExplainConflict(history, semantics, *result);
}

std::string History::Evidence() const {
  if (!conflict_.empty()) return conflict_;
  const std::string at = "event " + std::to_string(checker_.event()) + " of the clients' history";
  if (verdict_ == Verdict::kUnknown) return at + ": too many orders to try, the history is not decided";
  const auto bad =
      std::find_if(told_.begin(), told_.end(), [this](const Told& told) { return told.event == checker_.event(); });
  if (bad == told_.end()) return at + " has no explanation";
  std::string text = at + ": " + Describe(*bad) + "; no order explains this";
  int before = 0;
  for (auto told = bad; told != told_.begin() && before < 3;) {
    --told;
    if (told->operation.key != bad->operation.key) continue;
    text += (before++ == 0 ? " after " : ", after ") + Describe(*told);
  }
  return text;
}

std::string History::Describe(const Told& told) {
  const Command& o = told.operation;
  std::string text =
      "client " + std::to_string(o.client) + ": " + ToString(o.kind) + " of key " + std::to_string(o.key);
  if (o.kind == OperationKind::kRead) return text + " returned " + std::to_string(told.result);
  if (o.kind == OperationKind::kWrite) return text + " wrote " + std::to_string(o.argument);
  return text + ", " + std::to_string(o.expected) + " to " + std::to_string(o.argument) +
         (told.result == 1 ? ", took place" : ", did not take place");
}

}  // namespace lockstep::sim
