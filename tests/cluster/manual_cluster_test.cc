#include "tests/cluster/manual_cluster.h"

#include <gtest/gtest.h>

namespace lockstep::cluster {
namespace {

constexpr Options kPlain{.pre_vote = false, .check_quorum = false};

ManualCluster Three(bool asynchronous) {
  ManualCluster cluster(/*election_ticks=*/3);
  for (int i = 0; i < 3; ++i) cluster.AddServer(kPlain, Founding({.voters = {{1}, {2}, {3}}}), asynchronous);
  return cluster;
}

bool ToTwo(const Message& message) { return message.dest.number == 2; }

TEST(ManualClusterTest, ElectsAndCommitsWhenItIsToldTo) {
  ManualCluster cluster = Three(false);
  cluster.Take(1, input::ElectionTimeout{});
  EXPECT_TRUE(cluster.Stabilize({1, 2, 3}));
  cluster.Take(1, input::Propose{{{7, 1}}});
  EXPECT_EQ(cluster.FindOutcome(7), nullptr);
  EXPECT_TRUE(cluster.Stabilize({1, 2, 3}));
  ASSERT_NE(cluster.FindOutcome(7), nullptr);
  EXPECT_EQ(cluster.FindOutcome(7)->kind, effect::OutcomeKind::kDone);
  for (uint32_t number = 1; number <= 3; ++number) EXPECT_EQ(cluster.server(number).applied.size(), 2u);
  EXPECT_EQ(cluster.violation(), "");
}

TEST(ManualClusterTest, NothingHappensUntilEffectsAreProcessed) {
  ManualCluster cluster = Three(false);
  cluster.Take(1, input::ElectionTimeout{});
  EXPECT_EQ(cluster.CountQueued(ToTwo), 0u);
  EXPECT_EQ(cluster.server(1).disk.term, 0u);
  EXPECT_EQ(cluster.server(1).view.role, Role::kFollower);
  cluster.ProcessEffects(1);
  EXPECT_EQ(cluster.CountQueued(ToTwo), 1u);
  EXPECT_EQ(cluster.server(1).disk.term, 1u);
  EXPECT_EQ(cluster.server(1).view.role, Role::kCandidate);
}

TEST(ManualClusterTest, AsynchronousWritesWaitForTheirThread) {
  ManualCluster cluster = Three(true);
  cluster.Take(1, input::ElectionTimeout{});
  cluster.ProcessEffects(1);
  EXPECT_EQ(cluster.server(1).disk.term, 0u);
  EXPECT_EQ(cluster.CountQueued(ToTwo), 0u) << "the request waits for the vote";
  EXPECT_TRUE(cluster.ProcessAppendThread(1));
  EXPECT_EQ(cluster.server(1).disk.term, 1u);
  EXPECT_EQ(cluster.CountQueued(ToTwo), 1u);
  EXPECT_FALSE(cluster.ProcessAppendThread(1));
}

TEST(ManualClusterTest, DroppedAndMisroutedMessagesReachNobody) {
  ManualCluster cluster = Three(false);
  cluster.Take(1, input::ElectionTimeout{});
  cluster.ProcessEffects(1);
  EXPECT_EQ(cluster.Drop(ToTwo), 1u);
  EXPECT_EQ(cluster.Deliver([](const Message&) { return true; }, ManualCluster::kAll, ToTwo), 1u);
  EXPECT_EQ(cluster.server(2).state.current_term, 0u);
  EXPECT_EQ(cluster.server(3).state.current_term, 0u);
}

TEST(ManualClusterTest, TicksMakeElectionsHeartbeatsAndQuorumChecks) {
  ManualCluster cluster = Three(false);
  cluster.server(1).election_ticks_max = 2;
  cluster.Tick(1);
  EXPECT_EQ(cluster.server(1).state.role, Role::kFollower);
  cluster.Tick(1);
  EXPECT_EQ(cluster.server(1).state.role, Role::kCandidate);
  EXPECT_TRUE(cluster.Stabilize({1, 2, 3}));
  cluster.Tick(1);
  cluster.ProcessEffects(1);
  EXPECT_EQ(cluster.CountQueued([](const Message& m) { return std::holds_alternative<Heartbeat>(m.body); }), 2u);
}

TEST(ManualClusterTest, TheMonitorSeesWhatIsSent) {
  ManualCluster cluster = Three(false);
  cluster.Take(1, input::ElectionTimeout{});
  EXPECT_TRUE(cluster.Stabilize({1, 2, 3}));
  EXPECT_EQ(cluster.violation(), "");
  cluster.Enqueue({{9}, {1}, 1, HeartbeatReply{}});  // Nobody of that name has started.
  EXPECT_NE(cluster.violation(), "");
}

}  // namespace
}  // namespace lockstep::cluster
