// Replays a history in the order that the system's own log claims, and checks real time.
//
// Idea: completions that carry a log index (or revision) name a linearization. Replaying it is one pass, for any model.
// If the replay is legal, the history is linearizable and no search is needed. If it is not although the history is
// linearizable, the system's order is wrong: a bug of another kind, which only this stage can see.
// Contract: at one index the operation that changed the state comes first, then those that observed it, in order of
// invocation. Operations of unknown outcome without an index are placed by need: exact for plain writes, undecided
// where other operations of unknown outcome might be needed.
// Left to others: histories in which a definite operation lacks an index.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_WITNESS_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_WITNESS_H_

#include <span>
#include <vector>

#include "spec/linearizability/certificate.h"
#include "spec/linearizability/history.h"
#include "spec/linearizability/model.h"

namespace lockstep::linearizability {

enum class LogOrder : uint8_t {
  kNotGiven,  // some definite operation has no index
  kFollowed,  // the log's order explains every answer
  kViolated,  // no order that follows the log's explains the answers, or it contradicts real time
  kUndecided  // operations of unknown outcome leave it open
};

struct WitnessResult {
  LogOrder log_order = LogOrder::kNotGiven;
  Order order;                        // kFollowed
  std::vector<OperationId> evidence;  // kViolated: the operation whose answer or time contradicts the order, and the
                                      // one it contradicts, if that is known
};

// Tries the log's order on the operations of one component. Cost: O(n log n).
WitnessResult TryLogOrder(const History& history, const Semantics& semantics, std::span<const OperationId> ids,
                          Model& model);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_WITNESS_H_
