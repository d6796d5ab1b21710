// The toy cluster itself: a run of correct moves trips no property, and reaches what it says.
#include "spec/properties/scene.h"

#include <gtest/gtest.h>

namespace lockstep::spec {
namespace {

TEST(SceneTest, AnElectionAndACommitHold) {
  Scene scene;
  scene.Elect(1, 2);
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  scene.Append(1, 7);
  scene.Replicate(1, 2);
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.At(1).commit_index, 2u);
  EXPECT_EQ(scene.monitor().committed_index(), 2u);
  EXPECT_EQ(scene.monitor().open_requests({1, 0}), 0u);
}

TEST(SceneTest, ASuccessionOverADivergentLogHolds) {
  Scene scene;
  scene.Elect(1, 2);
  scene.Append(1);
  scene.Append(1);
  scene.Elect(2, 3);
  EXPECT_EQ(scene.monitor().goals()[Goal::kTwoLeadersAlive], 1u);
  scene.Replicate(2, 3);
  scene.Replicate(2, 1);
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.monitor().goals()[Goal::kTruncationOfTwoOrMore], 1u);
  EXPECT_EQ(scene.At(1).log, scene.At(2).log);
}

TEST(SceneTest, ARestartASnapshotAndAJoinerHold) {
  Scene scene;
  scene.Elect(1, 2);
  scene.Replicate(1, 2);
  scene.ApplyAll(1);
  scene.TakeSnapshot(1);
  scene.StartJoiner();
  Configuration four = scene.At(1).configuration();
  four.learners.insert({4, 0});
  scene.AppendConfiguration(1, four);
  scene.Replicate(1, 2);
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  scene.Crash(2);
  EXPECT_TRUE(scene.Restart(2, scene.Disk(2))) << scene.evidence();
  scene.Replicate(1, 2);
  EXPECT_TRUE(scene.holds()) << scene.evidence();
}

}  // namespace
}  // namespace lockstep::spec
