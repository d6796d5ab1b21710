#include "sim/history.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

namespace lin = linearizability;

// A search far beyond what any run needs: more, and the run says that its history was not decided.
constexpr lin::Budget kBudget{.steps = 20'000'000, .bytes = uint64_t{256} << 20};

lin::OnlineChecker::Options RegistersThatBeginAtZero() {
  lin::OnlineChecker::Options options;
  options.semantics.model = lin::ModelKind::kRegister;
  options.semantics.initial = lin::ValuePool().Integer(0);
  // A compare-and-set that did not take place is an answer: its key held another value.
  options.semantics.failed_cas = lin::Semantics::FailedCompareAndSet::kFact;
  options.budget = kBudget;
  return options;
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

History::History(uint32_t clients) : checker_(RegistersThatBeginAtZero()), open_(clients) {}

void History::Begin(uint32_t client, const Command& operation) {
  if (client >= open_.size()) open_.resize(client + 1);
  Open& open = open_[client];
  open.operation = operation;
  open.ticket = checker_.Invoke({.kind = KindOf(operation.kind),
                                 .key = operation.key,
                                 .argument = ValueOf(operation.argument),
                                 .expected = ValueOf(operation.expected)});
}

void History::End(uint32_t client, Answer answer, uint64_t result) {
  const Open& open = open_[client];
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

std::string History::Evidence() const {
  const std::string at = "event " + std::to_string(checker_.event()) + " of the clients' history";
  if (checker_.verdict() == Verdict::kUnknown) return at + ": too many orders to try, the history is not decided";
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
