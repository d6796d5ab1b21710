#include "spec/linearizability/online.h"

#include <optional>
#include <utility>

#include "spec/linearizability/access.h"

namespace lockstep::linearizability {

OnlineChecker::OnlineChecker(Options options) : options_(std::move(options)), meter_(options_.budget) {}

OnlineChecker::Register& OnlineChecker::RegisterOf(Key key) {
  std::unique_ptr<Register>& slot = registers_[key];
  if (slot == nullptr) {
    slot =
        std::make_unique<Register>(Register{Frontier(InitialOf(options_.semantics, key), false, &meter_), {}, false});
    keys_.push_back(key);
  }
  return *slot;
}

OnlineChecker::Ticket OnlineChecker::Invoke(const Invocation& invocation) {
  Ticket ticket;
  if (free_.empty()) {
    ticket = static_cast<Ticket>(open_.size());
    open_.emplace_back();
  } else {
    ticket = free_.back();
    free_.pop_back();
  }
  Open& open = open_[ticket];
  open = {};
  open.operation.key = invocation.key;
  open.operation.kind = invocation.kind;
  open.operation.argument = invocation.argument;
  open.operation.expected = invocation.expected;
  open.operation.invoke = next_event_++;
  open.waiting = 1;
  Register& reg = RegisterOf(invocation.key);
  reg.waiting.push_back({ticket, open.operation.invoke, false});
  if (reg.waiting.size() > options_.waiting_max) Judge(Verdict::kUnknown, open.operation.invoke);
  return ticket;
}

void OnlineChecker::Complete(Ticket ticket, Outcome outcome, Value result) {
  Open& open = open_[ticket];
  const Position position = next_event_++;
  open.ended = true;
  open.operation.outcome = outcome;
  Register& reg = RegisterOf(open.operation.key);
  if (outcome != Outcome::kUnknown) {
    open.operation.complete = position;
    open.operation.result = result;
    ++open.waiting;
    reg.waiting.push_back({ticket, position, true});
  }
  Drain(&reg);
}

void OnlineChecker::Drop(Ticket ticket) {
  open_[ticket].dropped = true;
  Complete(ticket, Outcome::kUnknown);
}

void OnlineChecker::Finish() {
  for (Open& open : open_) {
    if (open.waiting > 0) open.ended = true;
  }
  for (Key key : keys_) Drain(registers_[key].get());
}

void OnlineChecker::Drain(Register* reg) {
  while (!reg->waiting.empty()) {
    const Event event = reg->waiting.front();
    if (!open_[event.ticket].ended) return;
    reg->waiting.pop_front();
    Feed(event, reg);
    if (--open_[event.ticket].waiting == 0) free_.push_back(event.ticket);
  }
}

void OnlineChecker::Feed(const Event& event, Register* reg) {
  if (open_[event.ticket].dropped) return;
  // The frontier names an operation by its ticket, which is not used again before its events are fed.
  const std::optional<Access> access = AccessOf(options_.semantics, open_[event.ticket].operation, event.ticket);
  if (!access.has_value() || reg->judged) return;
  const Frontier::Step step =
      event.completes ? reg->frontier.Complete(event.ticket, event.position) : reg->frontier.Invoke(*access);
  if (step == Frontier::Step::kGoOn) return;
  reg->judged = true;
  Judge(step == Frontier::Step::kImpossible ? Verdict::kNotLinearizable : Verdict::kUnknown, event.position);
}

// Of several verdicts the worst counts, and of equal ones the earliest event.
void OnlineChecker::Judge(Verdict verdict, Position event) {
  const bool worse = verdict == Verdict::kNotLinearizable && verdict_ != Verdict::kNotLinearizable;
  const bool first = verdict_ == Verdict::kLinearizable;
  const bool earlier = verdict == verdict_ && event < event_;
  if (!worse && !first && !earlier) return;
  verdict_ = verdict;
  event_ = event;
}

size_t OnlineChecker::bytes() const {
  size_t bytes = open_.capacity() * sizeof(Open) + free_.capacity() * sizeof(Ticket);
  for (Key key : keys_) {
    const Register& reg = *registers_.at(key);
    bytes += sizeof(Register) + reg.frontier.bytes() + reg.waiting.size() * sizeof(Event);
  }
  return bytes;
}

}  // namespace lockstep::linearizability
