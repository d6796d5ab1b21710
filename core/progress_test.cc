#include "core/progress.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::N;
using testing::Voters;

TEST(ProgressTest, ReconcileKeepsThoseKnownAddsTheNewDropsTheGone) {
  std::vector<Peer> peers;
  ReconcilePeers(Voters({1, 2, 3}), N(1), 5, peers);
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0].progress.next_index, 6u);
  FindPeer(peers, N(2))->progress.match_index = 4;
  ReconcilePeers(Voters({1, 2, 4}), N(1), 9, peers);
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(FindPeer(peers, N(2))->progress.match_index, 4u);
  EXPECT_EQ(FindPeer(peers, N(4))->progress.next_index, 10u);
  EXPECT_EQ(FindPeer(peers, N(3)), nullptr);
}

TEST(ProgressTest, AnAcknowledgementEmptiesTheWindowUpToIt) {
  Progress progress;
  BecomeReplicate(progress);
  RecordSent(progress, 2, 10);
  RecordSent(progress, 4, 20);
  EXPECT_EQ(progress.next_index, 5u);
  EXPECT_TRUE(RecordMatch(progress, 3));
  EXPECT_EQ(progress.inflight_bytes, 20u);
  EXPECT_EQ(progress.inflight.size(), 1u);
  EXPECT_FALSE(RecordMatch(progress, 2));
  EXPECT_EQ(progress.match_index, 3u);
}

TEST(ProgressTest, AProbeIsOneAtATime) {
  Progress progress;
  const Options options;
  EXPECT_TRUE(MaySend(progress, options));
  RecordSent(progress, 3, 10);
  EXPECT_FALSE(MaySend(progress, options));
  EXPECT_EQ(progress.next_index, 1u) << "a probe moves nothing";
}

TEST(ProgressTest, ChangingTheModeForgetsWhatWasOnItsWay) {
  Progress progress;
  progress.match_index = 2;
  BecomeReplicate(progress);
  RecordSent(progress, 5, 10);
  progress.loading_first = 6;
  progress.loading_last = 7;
  BecomeProbe(progress, 1);
  EXPECT_EQ(progress.next_index, 3u) << "never at or below what is acknowledged";
  EXPECT_TRUE(progress.inflight.empty());
  EXPECT_EQ(progress.inflight_bytes, 0u);
  EXPECT_EQ(progress.loading_first, 0u);
  BecomeSnapshot(progress, {{9, 3}, {}, 100});
  EXPECT_FALSE(MaySend(progress, Options{}));
  EXPECT_EQ(progress.snapshot.snapshot.bytes, 100u);
}

}  // namespace
}  // namespace lockstep
