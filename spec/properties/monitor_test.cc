#include "spec/properties/monitor.h"

#include <gtest/gtest.h>

#include "spec/properties/scene.h"

namespace lockstep::spec {
namespace {

TEST(MonitorTest, TheFirstViolationStays) {
  Scene scene;
  scene.Elect(1, 2);
  EXPECT_FALSE(scene.monitor().Fail(Property::kLiveness, kNoNode, 7, "no leader"));
  EXPECT_FALSE(scene.monitor().Fail(Property::kDeterminism, kNoNode, 8, "differs"));
  EXPECT_EQ(scene.failed(), "Liveness");
  EXPECT_EQ(scene.monitor().violation()->step, 7u);
  EXPECT_FALSE(scene.Take(1, input::HeartbeatTimeout{}));
  EXPECT_FALSE(scene.monitor().Sent(9, {{1, 0}, {2, 0}, 1, Heartbeat{}}));
}

// A branch of a run knows what happened before it, and nothing of the other branch.
TEST(MonitorTest, IsAValue) {
  Scene scene;
  scene.Elect(1, 2);
  Scene branch = scene;
  branch.Append(1, 5);
  branch.Replicate(1, 2);
  EXPECT_EQ(branch.monitor().committed_index(), 2u);
  EXPECT_EQ(scene.monitor().committed_index(), 0u);
  scene.Replicate(1, 2);
  EXPECT_EQ(scene.monitor().committed_index(), 1u);
  EXPECT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_TRUE(branch.holds()) << branch.evidence();
}

TEST(MonitorTest, AHaltedNodeStillAnswersRequests) {
  Scene scene;
  scene.Elect(1, 2);
  scene.monitor().DiskLost(0, {3, 0});
  scene.Take(3, input::HeartbeatTimeout{}, [](State& state, EffectSink& effects) {
    state.halted = true;
    effects.Add(effect::Halt{});
  });
  EXPECT_EQ(scene.monitor().goals()[Goal::kHalted], 1u);
  scene.Take(3, input::Read{4, {}}, [](State&, EffectSink& effects) {
    effects.Add(effect::Outcome{4, effect::OutcomeKind::kRejected, effect::Reason::kHalted, {}, 0, 0, 0});
  });
  EXPECT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.monitor().open_requests({3, 0}), 0u);
}

TEST(MonitorTest, TwoLivesOfADiskDoNotRunTogether) {
  Scene scene;
  State other;
  other.id = {2, 1};
  EXPECT_FALSE(scene.monitor().Started(9, {0, kNoNode, other.snapshot, other.log}, other, {}));
  EXPECT_EQ(scene.failed(), "NoIdentityReuseProp");
}

TEST(MonitorTest, ARestartOfAMajorityIsCountedWhenSomethingWasCommittedBetween) {
  Scene scene;
  scene.Elect(1, 2);
  scene.Crash(3);
  scene.Restart(3, scene.Disk(3));
  scene.Replicate(1, 2);
  scene.Crash(2);
  scene.Restart(2, scene.Disk(2));
  EXPECT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.monitor().goals()[Goal::kMajorityRestarts], 1u);
}

}  // namespace
}  // namespace lockstep::spec
