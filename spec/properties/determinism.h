// Determinism: the same step taken again gives the same state and the same effects.
//
// The caller copies the state before one step in some, and hands in the step function itself: this folder knows none.
#ifndef LOCKSTEP_SPEC_PROPERTIES_DETERMINISM_H_
#define LOCKSTEP_SPEC_PROPERTIES_DETERMINISM_H_

#include <optional>
#include <string>

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"

namespace lockstep::spec {

using StepFunction = void (*)(State& state, const Input& input, EffectSink& effects);

// Takes `input` from `before` once more; `after` and `effects` are what it gave the first time.
// Returns what differs, or nothing. Cost: a step, and a comparison of two states.
std::optional<std::string> CheckDeterminism(StepFunction step, State before, const Input& input, const State& after,
                                            const EffectSink& effects);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_DETERMINISM_H_
