#include "spec/properties/determinism.h"

#include "absl/strings/str_cat.h"

namespace lockstep::spec {

std::optional<std::string> CheckDeterminism(StepFunction step, State before, const Input& input, const State& after,
                                            const EffectSink& effects) {
  EffectSink again;
  step(before, input, again);
  if (again.size() != effects.size()) {
    return absl::StrCat("the step gave ", effects.size(), " effects, and ", again.size(), " when taken again");
  }
  for (size_t i = 0; i < effects.size(); ++i) {
    if (!(again[i] == effects[i])) {
      return absl::StrCat("effect ", i, " of ", effects.size(), " differs when the step is taken again");
    }
  }
  if (!(before == after)) return "the step gave another state when taken again";
  return std::nullopt;
}

}  // namespace lockstep::spec
