// Runs of the services: that they work, are the same twice, and are found right under all faults.
#include <gtest/gtest.h>

#include <string>

#include "sim/choices.h"
#include "sim/observer.h"
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

// Of a cluster that has room for more members.
Scenario Growing(uint64_t seed) {
  Scenario scenario = Drawn(seed);
  scenario.servers = 6;
  scenario.founders = 3;
  scenario.founding_learners = 0;
  scenario.options.pre_vote = scenario.options.check_quorum = true;
  return scenario;
}

// Operations that ended without an answer, but for those of clients who waited in line for longer than their patience.
struct GivenUp final : Observer {
  void OnClient(const ClientEvent& event) override {
    const bool in_line = event.words.starts_with("lock") || event.words.starts_with("campaign");
    if (event.answer == Answer::kUnknown && !in_line) ++others;
  }
  int others = 0;
};

std::string Text(const RunResult& result) {
  return result.violation.has_value() ? result.violation->property + ": " + result.violation->evidence : "";
}

TEST(ServiceRunTest, ServesClientsWithoutFaults) {
  Scenario scenario;
  scenario.full_stack = scenario.services = true;
  scenario.liveness_bound_micros = 20'000'000;
  GivenUp given_up;
  Choices choices = Choices::Seeded(scenario.seed);
  const RunResult result = sim::Run(scenario, choices, &given_up);
  EXPECT_EQ(Text(result), "");
  EXPECT_EQ(result.history, HistoryVerdict::kLinearizable);
  EXPECT_GT(result.counters.operations_ok, 100u);
  EXPECT_EQ(given_up.others, 0);
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
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    const RunResult result = RunOf(seed % 3 == 0 ? Growing(seed) : Drawn(seed));
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
