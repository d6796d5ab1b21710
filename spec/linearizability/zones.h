// Decides registers whose observed values were each written once, in O(n log
// n): zones after Gibbons and Korach (1997).
//
// Idea: such a value is held during one stretch of time. A write and the reads
// of its value, joined with those that compare-and-sets lead to, form a chain;
// the chain must be held from its first completion to its last invocation if
// that one is later (a forward zone), and fits into a single moment between the
// two otherwise (a backward zone). The history is linearizable exactly when no
// chain contradicts itself, no two forward zones overlap, and no backward zone
// lies inside a forward one. README.md proves it, with compare-and-set chains
// and operations of unknown outcome. Contract: sound and complete where
// applicable. Inapplicable when an observed value may have several writers. A
// refused compare-and-set is left out: then the engine answers kNotLinearizable
// or kInapplicable. Cost: O(n log n) time, about 40 bytes per access beside the
// accesses themselves.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_ZONES_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_ZONES_H_

#include <span>

#include "spec/linearizability/access.h"
#include "spec/linearizability/certificate.h"

namespace lockstep::linearizability {

// Requires: accesses of one key in order of invocation.
Answer CheckZones(std::span<const Access> accesses, Value initial, bool want_order);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_ZONES_H_
