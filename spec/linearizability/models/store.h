// The sequential key-value store: registers, compare-and-set, appending texts
// and lists, ranges and transactions.
//
// Idea: one state word per key of the component. A word is a history's Value
// handle, or the name of a text or list that only appending produced. Lists are
// hash-consed cells (rest, last), so that appending and comparing are O(1).
// Contract and what is left to others: model.h.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_MODELS_STORE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_MODELS_STORE_H_

#include <memory>
#include <span>
#include <vector>

#include "spec/linearizability/model.h"

namespace lockstep::linearizability {

std::unique_ptr<Model> MakeStoreModel(const History& history, const Semantics& semantics,
                                      std::span<const OperationId> ids);

// The keys of the history whose names lie in [first, end), in order of name.
// `bounds` is a list of two texts; an end of nil means "to the last key".
void AppendRangeKeys(const History& history, Value bounds, std::vector<Key>* keys);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_MODELS_STORE_H_
