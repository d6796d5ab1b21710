// Verifies certificates, knowing nothing of how they were found.
//
// Idea: an order is verified by replaying it. A conflict is verified in two steps: the operations left out cannot have
// explained what those kept observed, so if the history had an order, the kept ones would have one; and trying all
// orders of the kept ones finds none.
// Contract: uses only history.h, certificate.h and the models' meaning (model.h). OK means that the verdict is right.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_CERTIFICATE_CHECKER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_CERTIFICATE_CHECKER_H_

#include <vector>

#include "absl/status/status.h"
#include "spec/linearizability/certificate.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

// Verifies that the orders prove the history linearizable: together they hold every operation that happened, no two of
// them touch the same key, each respects real time, and each is legal.
// Errors: FailedPrecondition: what is wrong. Cost: O(n).
absl::Status VerifyOrders(const History& history, const Semantics& semantics, const std::vector<Order>& orders);

// Verifies that the conflict proves the history not linearizable. An operation x outside it must be one that
//   - changes nothing; or
//   - begins after every definite operation of the conflict has ended; or
//   - for each operation o of the conflict, cannot have changed what o observed: they have no key in common; or o
//     observed nothing; or, for a register, x cannot be the last write before o, since x begins after o ends, or leaves
//     another value than o observed, or ends before a definite write of the conflict begins that ends before o begins;
//     or, for a set or list, x adds an element that o did not see.
// Errors: FailedPrecondition: what is wrong; ResourceExhausted when the conflict is too large to try all orders.
// Cost: O(n * conflict), and the orders of the conflict.
absl::Status VerifyConflict(const History& history, const Semantics& semantics, const Conflict& conflict);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_CERTIFICATE_CHECKER_H_
