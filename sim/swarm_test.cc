#include "sim/swarm.h"

#include "core/options.h"
#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

TEST(SwarmTest, ASeedIsAlwaysTheSameScenario) { EXPECT_EQ(DrawScenario(7), DrawScenario(7)); }

TEST(SwarmTest, EveryScenarioCanRun) {
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    const Scenario scenario = DrawScenario(seed);
    EXPECT_TRUE(ValidateOptions(scenario.options).ok()) << seed;
    EXPECT_GE(scenario.servers, 1u);
    EXPECT_LE(scenario.servers, 7u);
    EXPECT_GE(scenario.founders, 1u);
    EXPECT_LE(scenario.founders, scenario.servers);
    EXPECT_LT(scenario.founding_learners, scenario.founders);
  }
}

TEST(SwarmTest, EveryFaultAndEverySizeIsDrawnAndNoneAlways) {
  FaultArray<int> with;
  int sizes[8] = {};
  int without_faults = 0, with_one = 0;
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    const Scenario scenario = DrawScenario(seed);
    ++sizes[scenario.servers];
    int count = 0;
    for (const FaultRow& row : FaultTable()) {
      if (scenario.fault_ppm[row.fault] == 0) continue;
      ++with[row.fault];
      ++count;
    }
    without_faults += count == 0 ? 1 : 0;
    with_one += count == 1 ? 1 : 0;
  }
  for (const FaultRow& row : FaultTable()) {
    if (!row.core) continue;
    EXPECT_GT(with[row.fault], 300) << row.name;
    EXPECT_LT(with[row.fault], 1'700) << row.name;
  }
  for (int servers = 1; servers <= 7; ++servers) EXPECT_GT(sizes[servers], 50) << servers;
  EXPECT_GT(without_faults, 50);
  EXPECT_GT(with_one, 150);
}

TEST(SwarmTest, EachStackHasItsOwnFaults) {
  for (const Stack stack : {Stack::kCore, Stack::kFull}) {
    FaultArray<int> with;
    for (uint64_t seed = 1; seed <= 1'000; ++seed) {
      const Scenario scenario = DrawScenario(seed, {.stack = stack, .servers = {}, .faults = {}});
      EXPECT_EQ(scenario.stack(), stack);
      for (const FaultRow& row : FaultTable()) with[row.fault] += scenario.fault_ppm[row.fault] != 0 ? 1 : 0;
    }
    for (const FaultRow& row : FaultTable()) EXPECT_EQ(with[row.fault] > 100, row.known(stack)) << row.name;
  }
}

TEST(SwarmTest, ALeaseIsShorterThanAnyElectionTimeoutByTheDrift) {
  int with_lease = 0;
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    const Scenario scenario = DrawScenario(seed);
    if (scenario.options.lease_micros == 0) continue;
    ++with_lease;
    EXPECT_TRUE(scenario.options.check_quorum);
    // The holder's clock slow, the voter's timer fast.
    const double drift = scenario.clock_drift_ppm_max / 1e6;
    EXPECT_LT(static_cast<double>(scenario.options.lease_micros) / (1 - drift),
              static_cast<double>(scenario.election_timeout_micros) / (1 + drift));
  }
  EXPECT_GT(with_lease, 200);
}

TEST(SwarmTest, WhatIsAskedForIsObeyed) {
  SwarmOptions options;
  options.servers = 5;
  options.faults = {Fault::kCrash, Fault::kLoss};
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = DrawScenario(seed, options);
    EXPECT_EQ(scenario.servers, 5u);
    EXPECT_EQ(scenario.founders, 5u);
    for (const FaultRow& row : FaultTable()) {
      const bool wanted = row.fault == Fault::kCrash || row.fault == Fault::kLoss;
      EXPECT_EQ(scenario.fault_ppm[row.fault] != 0, wanted) << row.name;
    }
  }
}

}  // namespace
}  // namespace lockstep::sim
