// Reduces an impossible history to the smallest set of operations that is already impossible.
//
// Idea: choose which operations must stay as observers; the writes that could have been what they observed follow from
// the certificate's rules (certificate_checker.h), so every candidate is a valid conflict if the engine refutes it.
// Begin with a few operations before the bad event, take more until they are impossible, then drop one after the other
// (delta debugging, Zeller and Hildebrandt 2002).
// Contract: what is returned is a conflict that VerifyConflict accepts, or empty if none was found within the budget.
// Left to others: telling it in words (explain.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_CONFLICT_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_CONFLICT_H_

#include <span>

#include "spec/linearizability/access.h"
#include "spec/linearizability/budget.h"
#include "spec/linearizability/certificate.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

struct SmallConflict {
  Conflict conflict;
  bool minimal = false;  // leaving out any one of the kept operations makes the rest possible
};

// For a register's accesses that an engine found impossible: `hint` is the engine's conflict (may be empty), `event`
// the bad event if known. Requires: accesses in order of invocation, all of them (no DropUnread).
SmallConflict ReduceRegisterConflict(std::span<const Access> accesses, Value initial, const Conflict& hint,
                                     Position event, const Budget& budget);

// The same for any model.
SmallConflict ReduceConflict(const History& history, const Semantics& semantics, std::span<const OperationId> ids,
                             Position event, const Budget& budget);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_CONFLICT_H_
