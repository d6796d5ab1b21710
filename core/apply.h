// From committed to applied: one page of entries at the state machine at a time.
#ifndef LOCKSTEP_CORE_APPLY_H_
#define LOCKSTEP_CORE_APPLY_H_

#include "core/action.h"

namespace lockstep {

// Raises commit_index to `index`, if that is higher, and applies what can be.
// Requires: index <= log.last_index().
void SetCommitIndex(Context& context, Index index);

// Hands the next page to the state machine if it has none: entries that are committed and durable here, so that a
// restart never finds a state that is ahead of its log.
void MaybeApply(Context& context);

// Action: the state machine has applied up to `index`.
void Applied(Context& context, Index index);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_APPLY_H_
