// Simulated runs whose every step is a step of the specification.
#include "spec/refinement/refinement.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "sim/choices.h"
#include "sim/observer.h"
#include "sim/run.h"
#include "sim/swarm.h"

namespace lockstep::spec {
namespace {

class Refining : public sim::Observer {
 public:
  void OnStart(const sim::StartEvent& event) override { Take(checker_.Started(event.state)); }
  void OnStep(const sim::StepEvent& event) override {
    if (!mismatch_.has_value()) Take(checker_.Stepped(event.input, event.effects, event.state));
    if (mismatch_.has_value() && text_.empty())
      text_ = ToString(*mismatch_) + "\n" + lockstep::ToString(event.input.event);
  }
  const std::string& text() const { return text_; }

 private:
  void Take(std::optional<Mismatch> mismatch) {
    if (mismatch.has_value() && !mismatch_.has_value()) mismatch_ = std::move(mismatch);
  }
  RefinementChecker checker_;
  std::optional<Mismatch> mismatch_;
  std::string text_;
};

TEST(RefinementTest, EveryStepOfASimulatedRunIsAStepOfTheSpecification) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const sim::Scenario scenario = sim::DrawScenario(seed);
    sim::Choices choices = sim::Choices::Seeded(seed);
    Refining refining;
    sim::Run(scenario, choices, &refining);
    ASSERT_EQ(refining.text(), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace lockstep::spec
