// Requests and their results: one outcome each, and what was promised is there.
#ifndef LOCKSTEP_SPEC_PROPERTIES_REQUESTS_H_
#define LOCKSTEP_SPEC_PROPERTIES_REQUESTS_H_

#include "spec/properties/watch.h"

namespace lockstep::spec {

// The requests that the step's input brings. RequestEndsOnce: an id is open once at most (the host's part of it).
bool OpenRequests(StepView& view);

// RequestEndsOnce: an outcome ends a request that is open; a rejected proposal was not appended.
// AckedNeverLost: a proposal or change that is done is committed, at the index and in the term that it was told.
// ExactlyOnce: at an index at which no other proposal was.
// ReadFreshness, for reads: reads.h.
bool CheckOutcome(StepView& view, const effect::Outcome& outcome);

// RequestEndsOnce: a Cancel leaves its request closed. To be called after all outcomes.
bool CheckCancelled(StepView& view);

// StateMachineSafety: all state machines are given the same command at an index, each once, in order. [Raft §5.4.3]
// ExactlyOnce: an operation takes effect at one index.
bool CheckAppliedCommand(Watch& watch, NodeShadow& node, Index index, uint64_t payload, uint64_t operation,
                         uint64_t step);

// AckedNeverLost: an operation that a client was told of has taken effect, at a committed index.
bool CheckAcknowledged(Watch& watch, uint64_t operation, uint64_t step);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_REQUESTS_H_
