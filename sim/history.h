// Whether what the clients of a run were told can have happened, in real time, to one copy of the store.
//
// Idea: every operation and its end is handed, as it happens, to the online checker of spec/linearizability, so that
// the run stops at the first answer that nothing explains. Where many operations have no answer it may find too many
// orders; then the whole history is judged at the end, when it is known which values nobody ever read.
// Contract: an operation without an answer may take effect at any time, or never; one that failed did not.
// Left to others: what the clients do (client.h), and how registers are judged (spec/linearizability/online.h).
#ifndef LOCKSTEP_SIM_HISTORY_H_
#define LOCKSTEP_SIM_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "sim/command.h"
#include "sim/observer.h"
#include "spec/linearizability/online.h"

namespace lockstep::sim {

class History {
 public:
  using Verdict = linearizability::OnlineChecker::Verdict;

  // Room for `clients`; it grows where there are more.
  explicit History(uint32_t clients);

  // A client begins `operation`. Requires: it has none open.
  void Begin(uint32_t client, const Command& operation);
  // Its operation ends so; `result` counts if the answer is kOk.
  void End(uint32_t client, Answer answer, uint64_t result);
  // The run is over: what is open has no answer.
  void Finish();

  // Before Finish, what is not known to be wrong is good.
  Verdict verdict() const { return verdict_; }
  // In words: the first event that nothing explains, and what was answered before it. Requires: no good verdict.
  std::string Evidence() const;
  // Bytes that the online checker keeps alive.
  size_t bytes() const { return checker_.bytes(); }

 private:
  struct Open {
    linearizability::OnlineChecker::Ticket ticket = 0;
    Command operation;
  };
  // An answer, for the evidence.
  struct Told {
    linearizability::Position event = 0;
    Command operation;
    uint64_t result = 0;
  };
  // One line of the history: an operation begins (kPending), or ends.
  struct Event {
    Answer answer = Answer::kPending;
    Command operation;
    uint64_t result = 0;
  };
  static constexpr size_t kToldMax = 64;
  linearizability::Value ValueOf(uint64_t value) { return values_.Integer(static_cast<int64_t>(value)); }
  static std::string Describe(const Told& told);

  void Complete(const Open& open, Answer answer, uint64_t result);
  void CheckWhole();

  linearizability::OnlineChecker checker_;
  Verdict verdict_ = Verdict::kLinearizable;
  std::string conflict_;  // In words, if CheckWhole found one.
  linearizability::ValuePool values_;
  std::vector<Open> open_;  // By client.
  std::vector<Event> events_;
  std::deque<Told> told_;  // The last ones.
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_HISTORY_H_
