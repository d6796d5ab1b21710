// Checks registers while their history is being made, with memory bounded by what is still open.
//
// Idea: one frontier per key, fed event by event. An operation's answer is needed to know what its invocation may have
// led to, so events wait in a queue behind the oldest operation that is still open; the queue is as long as that
// operation has lasted. So the first bad event is found as soon as every operation open at it has ended or been given
// up, and never missed.
// Contract: the same answers as Check on the same events, for models with a register's view (access.h). Once a verdict
// other than kLinearizable is there, it stays.
// Left to others: evidence. Keep the events and hand the history to Check to see why.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_ONLINE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_ONLINE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "spec/linearizability/budget.h"
#include "spec/linearizability/frontier.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

class OnlineChecker {
 public:
  enum class Verdict : uint8_t { kLinearizable, kNotLinearizable, kUnknown };
  // Names an operation from its invocation to its completion.
  using Ticket = uint32_t;

  struct Options {
    Semantics semantics;
    Budget budget;
    // Events of one key that may wait behind an open operation; more, and the verdict is unknown.
    size_t waiting_max = 1 << 16;
  };

  // Values are handles of one pool of the caller's (value.h); integers need none.
  explicit OnlineChecker(Options options);
  OnlineChecker(const OnlineChecker&) = delete;
  OnlineChecker& operator=(const OnlineChecker&) = delete;

  // An operation begins. Tickets are used again after their operation has ended.
  // Requires: RegisterLike(model, invocation.kind). Cost: O(1), and the frontier's step when nothing is waiting.
  Ticket Invoke(const Invocation& invocation);
  // It ends. Requires: an open ticket. An outcome of kUnknown closes the ticket too.
  void Complete(Ticket ticket, Outcome outcome, Value result = kUnknownValue);
  // It ends, did not happen, and its answer says nothing. Requires: an open ticket.
  void Drop(Ticket ticket);
  // The history ends: operations still open have unknown outcome.
  void Finish();

  Verdict verdict() const { return verdict_; }
  // The event of the verdict, counted from 0 over all calls of Invoke and Complete; kNever while linearizable.
  Position event() const { return event_; }
  // Bytes that are alive.
  size_t bytes() const;
  Position event_count() const { return next_event_; }

 private:
  struct Open {
    Operation operation;
    bool ended = false;
    bool dropped = false;
    uint32_t waiting = 0;  // of its events in the queue
  };
  struct Event {
    Ticket ticket;
    Position position;
    bool completes;
  };
  struct Register {
    Frontier frontier;
    std::deque<Event> waiting;
    bool judged = false;  // its frontier can say no more
  };

  Register& RegisterOf(Key key);
  void Drain(Register* reg);
  void Feed(const Event& event, Register* reg);
  void Judge(Verdict verdict, Position event);

  Options options_;
  Meter meter_;
  absl::flat_hash_map<Key, std::unique_ptr<Register>> registers_;
  std::vector<Key> keys_;  // in order of appearance
  std::vector<Open> open_;
  std::vector<Ticket> free_;
  Position next_event_ = 0;
  Verdict verdict_ = Verdict::kLinearizable;
  Position event_ = kNever;
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_ONLINE_H_
