// Is this a history at all, and one that its model can speak about?
//
// Idea: everything the later stages take for granted is checked here once, with messages for the person who wrote the
// history down.
// Contract: OK means that every later stage is defined on it.
// Left to others: whether it is linearizable.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_VALIDATE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_VALIDATE_H_

#include "absl/status/status.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

// Intervals sane and in order, one open operation per process, no event used twice, operations that the model has with
// arguments of the right type, an initial value of the right type.
// Errors: InvalidArgument: what is wrong, with which operation, at which line of the source.
// Cost: O(n).
absl::Status Validate(const History& history, const Semantics& semantics);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_VALIDATE_H_
