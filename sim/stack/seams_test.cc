#include "sim/stack/seams.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/choices.h"
#include "sim/scenario.h"

namespace lockstep::sim {
namespace {

class LaneSchedulerTest : public testing::Test {
 protected:
  void RunAll() {
    while (!world.queue.empty()) {
      const QueuedEvent event = world.queue.Pop();
      world.now = event.time;
      if (event.life == life) lane.Run(event.argument);
    }
  }

  Scenario scenario;
  Choices choices = Choices::Seeded(1);
  World world{scenario, choices, nullptr, Checks{}};
  Clock clock;
  uint32_t life = 1;
  LaneScheduler lane{world, 1, Lane::kTimers, clock, life};
  std::string ran;
};

TEST_F(LaneSchedulerTest, TasksRunInTheOrderInWhichTheyAreDue) {
  lane.RunAfter(10, [this] { ran += 'c'; });
  lane.RunAfter(0, [this] {
    ran += 'a';
    lane.RunAfter(0, [this] { ran += 'b'; });
  });
  lane.RunAfter(10, [this] { ran += 'd'; });
  RunAll();
  EXPECT_EQ(ran, "abcd");
  EXPECT_EQ(world.now, 10);
}

TEST_F(LaneSchedulerTest, WhatIsCalledOffDoesNotRunAndItsPlaceIsReused) {
  const runtime::TaskId first = lane.RunAfter(5, [this] { ran += 'x'; });
  lane.Cancel(first);
  lane.RunAfter(5, [this] { ran += 'a'; });
  lane.Cancel(first);
  RunAll();
  EXPECT_EQ(ran, "a");
}

TEST_F(LaneSchedulerTest, NothingOfAnEndedProcessRuns) {
  lane.RunAfter(5, [this] { ran += 'x'; });
  lane.Clear();
  ++life;
  lane.RunAfter(5, [this] { ran += 'a'; });
  RunAll();
  EXPECT_EQ(ran, "a");
}

TEST_F(LaneSchedulerTest, TimersGoByTheNodesClock) {
  clock.SetRate(100'000, 100'000);
  lane.RunAfter(1'100, [this] { ran += 'a'; });
  RunAll();
  EXPECT_EQ(world.now, 1'000);
}

}  // namespace
}  // namespace lockstep::sim
