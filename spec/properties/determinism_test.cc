#include "spec/properties/determinism.h"

#include <gtest/gtest.h>

namespace lockstep::spec {
namespace {

void Steady(State& state, const Input&, EffectSink& effects) {
  ++state.current_term;
  effects.Add(effect::SetTimer{});
}

// What no step may do: it remembers.
void Forgetful(State& state, const Input& input, EffectSink& effects) {
  static int calls = 0;
  Steady(state, input, effects);
  if (++calls % 2 == 0) state.commit_index = 7;
}
void Noisy(State& state, const Input& input, EffectSink& effects) {
  static int calls = 0;
  Steady(state, input, effects);
  if (++calls % 2 == 0) effects.Add(effect::SetTimer{});
}

std::optional<std::string> Twice(StepFunction step) {
  State state;
  EffectSink effects;
  const Input input{input::ElectionTimeout{}, {}};
  const State before = state;
  step(state, input, effects);
  return CheckDeterminism(step, before, input, state, effects);
}

TEST(DeterminismTest, TellsWhatDiffers) {
  EXPECT_EQ(Twice(Steady), std::nullopt);
  EXPECT_EQ(Twice(Forgetful), "the step gave another state when taken again");
  EXPECT_EQ(Twice(Noisy), "the step gave 1 effects, and 2 when taken again");
}

}  // namespace
}  // namespace lockstep::spec
