// The step function: the whole of Raft as one pure function.
//
// Step touches nothing but its arguments: no clock, randomness, I/O, thread, global or hash order. The same arguments
// give the same result on every machine. It is total: no input, however late, duplicated, malformed or hostile, makes
// it throw or abort; only a defect of this program does (LOCKSTEP_CHECK).
#ifndef LOCKSTEP_CORE_STEP_H_
#define LOCKSTEP_CORE_STEP_H_

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"

namespace lockstep {

// Takes one input and appends to `effects` what the host must now do.
// Cost: O(members + entries of the input), amortised.
void Step(State& state, const Input& input, EffectSink& effects);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_STEP_H_
