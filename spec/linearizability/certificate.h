// What an engine says about one component of a history, and the evidence that a
// checker can verify without it.
//
// Idea: "linearizable" is proved by an order per component. "Not linearizable"
// is proved by a conflict: a few of the operations that no order fits, chosen
// so that leaving out the others cannot have made it worse. Contract:
// certificate_checker.h states when a certificate is valid, and shares no code
// with the engines.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_CERTIFICATE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_CERTIFICATE_H_

#include <string>
#include <vector>

#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

enum class Decision : uint8_t {
  kLinearizable,
  kNotLinearizable,
  kInapplicable,  // this engine does not handle such a history
  kExhausted,     // the budget ended first
};

// A component's operations in a legal order. Operations that say nothing are
// left out.
using Order = std::vector<OperationId>;

// One operation of a conflict, or as much of it as is needed. Leaving a part out forbids fewer orders, so a conflict of
// parts is one of the whole operations too.
struct ConflictItem {
  enum class Part : uint8_t {
    kWhole,
    kUnfinished,  // its completion is left out: it may happen at any time from its invocation on, or never
    kWriteOnly    // only what it leaves counts, not what it observed: a compare-and-set seen as a plain write
  };
  OperationId id = 0;
  Part part = Part::kWhole;

  friend bool operator==(const ConflictItem&, const ConflictItem&) = default;
};

// Operations that no order fits. Ascending ids, all of one component.
using Conflict = std::vector<ConflictItem>;

// An engine's answer.
struct Answer {
  Decision decision = Decision::kInapplicable;
  Order order;              // kLinearizable, if asked for
  Conflict conflict;        // kNotLinearizable, if the engine knows a small one; need
                            // not be minimal
  Position event = kNever;  // kNotLinearizable: the history up to this event is
                            // already impossible, where known; kExhausted: the
                            // event that was reached
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_CERTIFICATE_H_
