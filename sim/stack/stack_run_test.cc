// Runs of whole nodes: that they work, are the same twice, and that their checks see what is wrong.
#include <gtest/gtest.h>

#include <string>

#include "sim/choices.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/swarm.h"

namespace lockstep::sim {
namespace {

RunResult RunOf(const Scenario& scenario, const Checks& checks = {}) {
  Choices choices = Choices::Seeded(scenario.seed);
  return Run(scenario, choices, nullptr, checks);
}

std::string Text(const RunResult& result) {
  return result.violation.has_value() ? result.violation->property + ": " + result.violation->evidence : "";
}

Scenario Quiet(uint64_t seed) {
  Scenario scenario;
  scenario.full_stack = true;
  scenario.seed = seed;
  scenario.safety_micros = 1'000'000;
  return scenario;
}

TEST(StackRunTest, ServesClientsWithoutFaults) {
  const RunResult result = RunOf(Quiet(1));
  EXPECT_EQ(Text(result), "");
  EXPECT_EQ(result.history, HistoryVerdict::kLinearizable);
  EXPECT_GT(result.counters.operations_ok, 100u);
  EXPECT_GT(result.events, result.steps);
}

TEST(StackRunTest, TheSameChoicesGiveTheSameRun) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Scenario scenario = DrawScenario(seed, {.stack = Stack::kFull, .servers = {}, .faults = {}});
    EXPECT_EQ(RunOf(scenario).digest, RunOf(scenario).digest) << "seed " << seed;
  }
}

// Each fault that only whole nodes know, alone and at full strength.
TEST(StackRunTest, EachFaultStrikesAndIsSurvived) {
  for (Fault fault : FaultsOf(Stack::kFull)) {
    if (FaultTable()[static_cast<size_t>(fault)].core) continue;
    uint64_t struck = 0;
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      Scenario scenario = DrawScenario(seed, {.stack = Stack::kFull, .servers = 3, .faults = {{fault}}});
      // What breaks connections, and what ends processes, for those that strike only then.
      scenario.fault_ppm[Fault::kLoss] = 50'000;
      scenario.fault_ppm[Fault::kCrash] = 200'000;
      // With so many operations of unknown outcome the search in the history may take long.
      const RunResult result = RunOf(scenario, {.history = false});
      EXPECT_EQ(Text(result), "") << ToString(fault) << ", seed " << seed;
      struck += result.counters.faults[fault];
    }
    EXPECT_GT(struck, 0u) << ToString(fault);
  }
}

TEST(StackRunTest, ASwarmRunsWithoutAViolation) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const RunResult result = RunOf(DrawScenario(seed, {.stack = Stack::kFull, .servers = {}, .faults = {}}));
    EXPECT_EQ(Text(result), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace lockstep::sim
