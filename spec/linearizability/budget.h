// One deterministic budget of steps and bytes, so that a verdict is the same on
// every machine.
//
// Idea: an engine counts what it does, not how long it takes. The same history
// and budget give the same verdict everywhere; "unknown" says at which event
// the budget ended. Contract: Spend and Hold return false once the budget is
// used up, and from then on.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_BUDGET_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_BUDGET_H_

#include <cstdint>

namespace lockstep::linearizability {

struct Budget {
  // A step looks at one configuration. The default is about a minute on a
  // machine of 2020.
  uint64_t steps = 400'000'000;
  // What engines keep beside the history: configurations, memory of visited
  // ones, states.
  uint64_t bytes = uint64_t{4} << 30;
};

class Meter {
 public:
  explicit Meter(const Budget& budget) : budget_(budget) {}

  bool Spend(uint64_t steps) {
    steps_ += steps;
    return !exhausted();
  }
  bool Hold(uint64_t bytes) {
    bytes_ += bytes;
    return !exhausted();
  }
  void Release(uint64_t bytes) { bytes_ -= bytes; }
  bool exhausted() const { return steps_ > budget_.steps || bytes_ > budget_.bytes; }
  uint64_t steps() const { return steps_; }

 private:
  Budget budget_;
  uint64_t steps_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_BUDGET_H_
