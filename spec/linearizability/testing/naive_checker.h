// The oracle of the tests: tries all orders, with its own reading of every operation.
//
// Idea: nothing clever. No memory, no partition, no shared code with the checkers: only history.h.
// Contract: for histories of up to about eight operations and four keys. Its reading of a bank begins with the balances
// of Semantics::initial, which must be given.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_NAIVE_CHECKER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_NAIVE_CHECKER_H_

#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

bool NaivelyLinearizable(const History& history, const Semantics& semantics);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_NAIVE_CHECKER_H_
