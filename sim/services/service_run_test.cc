// Runs of the services: that they work, are the same twice, and are found right under all faults.
#include <gtest/gtest.h>

#include <string>

#include "sim/choices.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/services/goals.h"
#include "sim/swarm.h"

namespace lockstep::sim {
namespace {

RunResult RunOf(const Scenario& scenario) {
  Choices choices = Choices::Seeded(scenario.seed);
  return Run(scenario, choices);
}

Scenario Drawn(uint64_t seed) { return DrawScenario(seed, {.stack = Stack::kService, .servers = {}, .faults = {}}); }

std::string Text(const RunResult& result) {
  return result.violation.has_value() ? result.violation->property + ": " + result.violation->evidence : "";
}

TEST(ServiceRunTest, ServesClientsWithoutFaults) {
  Scenario scenario;
  scenario.full_stack = scenario.services = true;
  scenario.liveness_bound_micros = 20'000'000;
  const RunResult result = RunOf(scenario);
  EXPECT_EQ(Text(result), "");
  EXPECT_EQ(result.history, HistoryVerdict::kLinearizable);
  EXPECT_GT(result.counters.operations_ok, 100u);
  EXPECT_EQ(result.counters.operations_unknown, 0u);
}

TEST(ServiceRunTest, TheSameChoicesGiveTheSameRun) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const RunResult first = RunOf(Drawn(seed)), second = RunOf(Drawn(seed));
    EXPECT_EQ(first.digest, second.digest) << "seed " << seed;
    EXPECT_EQ(first.draws, second.draws) << "seed " << seed;
  }
}

TEST(ServiceRunTest, ASwarmRunsWithoutAViolationAndDoesWhatItIsFor) {
  Counters times;
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    const RunResult result = RunOf(Drawn(seed));
    EXPECT_EQ(Text(result), "") << "seed " << seed;
    times.Add(result.counters);
  }
  ASSERT_EQ(times.service.size(), kServiceGoalCount);
  for (size_t goal = 0; goal < kServiceGoalCount; ++goal) {
    EXPECT_GT(times.service[goal], 0u) << ToString(static_cast<ServiceGoal>(goal));
  }
}

}  // namespace
}  // namespace lockstep::sim
