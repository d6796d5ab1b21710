// InvariantScope: while a run goes on, an invariant that a node breaks (core/check.h) ends that run, not the process.
//
// A program that stops itself is a finding like any other: the run reports it as the violation of InternalInvariant,
// with a trace that can be played again and shrunk.
#ifndef LOCKSTEP_SIM_INVARIANT_H_
#define LOCKSTEP_SIM_INVARIANT_H_

#include <stdexcept>

namespace lockstep::sim {

// Thrown where LOCKSTEP_CHECK fails, on a thread that has an InvariantScope. what() says which, and where.
class InvariantError final : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

class InvariantScope {
 public:
  InvariantScope();
  ~InvariantScope();
  InvariantScope(const InvariantScope&) = delete;
  InvariantScope& operator=(const InvariantScope&) = delete;

 private:
  const bool outer_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_INVARIANT_H_
