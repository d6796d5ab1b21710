#include "sim/campaign.h"

#include <atomic>

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

CampaignOptions Quiet(uint64_t seeds, uint32_t jobs) {
  CampaignOptions options;
  options.seeds = seeds;
  options.jobs = jobs;
  options.twice_every = 4;
  return options;
}

TEST(CampaignTest, RunsEverySeedOnceHoweverManyThreads) {
  const std::atomic<bool> stop = false;
  const CampaignResult one = RunCampaign(Quiet(12, 1), stop), three = RunCampaign(Quiet(12, 3), stop);
  EXPECT_FALSE(one.failure.has_value());
  EXPECT_EQ(one.seeds, 12u);
  EXPECT_EQ(three.seeds, 12u);
  EXPECT_EQ(one.steps, three.steps);
  EXPECT_EQ(one.simulated_micros, three.simulated_micros);
  EXPECT_EQ(one.times.actions, three.times.actions);
  EXPECT_EQ(one.seeds_with.actions, three.seeds_with.actions);
  for (uint64_t seeds : one.seeds_with.actions) EXPECT_LE(seeds, 12u);
}

TEST(CampaignTest, FaultsThatAreNotAskedForDoNotStrike) {
  const std::atomic<bool> stop = false;
  CampaignOptions options = Quiet(10, 2);
  options.faults = {Fault::kCrash};
  const CampaignResult result = RunCampaign(options, stop);
  for (const FaultRow& row : FaultTable()) {
    EXPECT_EQ(result.times.faults[row.fault] != 0, row.fault == Fault::kCrash) << row.name;
  }
}

TEST(CampaignTest, StopsWhenTold) {
  const std::atomic<bool> stop = true;
  EXPECT_EQ(RunCampaign(Quiet(1'000'000, 2), stop).seeds, 0u);
}

TEST(CampaignTest, StopsWhenTheTimeIsOver) {
  const std::atomic<bool> stop = false;
  CampaignOptions options = Quiet(0, 1);
  options.seconds = 0.2;
  const CampaignResult result = RunCampaign(options, stop);
  EXPECT_GT(result.seeds, 0u);
  EXPECT_GE(result.seconds, 0.2);
}

TEST(CampaignTest, TellsItsProgress) {
  const std::atomic<bool> stop = false;
  uint64_t last = 0, calls = 0;
  CampaignOptions options = Quiet(0, 1);
  options.seconds = 0.5;
  RunCampaign(options, stop, [&](const CampaignResult& so_far) {
    EXPECT_GE(so_far.seeds, last);
    last = so_far.seeds;
    ++calls;
  });
  EXPECT_GT(calls, 1u);
}

}  // namespace
}  // namespace lockstep::sim
