#include "core/start.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Command;
using testing::Disk;
using testing::N;
using testing::Voters;

TEST(StartTest, AFounderBeginsAsFollowerOfTermZeroWithItsElectionTimer) {
  EffectSink effects;
  const State state = *Start(N(1), {}, 9, Founding(Voters({1, 2, 3})), effects);
  EXPECT_EQ(state.role, Role::kFollower);
  EXPECT_EQ(state.current_term, 0u);
  EXPECT_EQ(state.configuration(), Voters({1, 2, 3}));
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(std::get<effect::SetTimer>(effects[0]).timer, effect::Timer::kElection);
}

TEST(StartTest, ARestartKeepsWhatWasDurableAndNothingElse) {
  EffectSink effects;
  DurableState disk = Disk(Voters({1, 2, 3}), 4, {1, 2, 4});
  disk.voted_for = N(2);
  const State state = *Start(N(1), {}, 9, disk, effects);
  EXPECT_EQ(state.current_term, 4u);
  EXPECT_EQ(state.voted_for, N(2));
  EXPECT_EQ(state.log.last_index(), 3u);
  EXPECT_EQ(state.storage.durable_index, 3u);
  EXPECT_EQ(state.commit_index, 0u) << "what is committed is learnt again";
}

TEST(StartTest, ASnapshotIsCommittedAndApplied) {
  EffectSink effects;
  DurableState disk;
  disk.term = 3;
  disk.snapshot = {{5, 3}, {0, Voters({1, 2})}, 100};
  disk.log = Log({4, 2}, {0, Voters({1, 2})});
  disk.log.Append(Command(3));
  disk.log.Append(Command(3));
  const State state = *Start(N(1), {}, 9, disk, effects);
  EXPECT_EQ(state.commit_index, 5u);
  EXPECT_EQ(state.applied_index, 5u);
  EXPECT_EQ(state.log.last_index(), 6u);
}

TEST(StartTest, ALogOfAnotherHistoryThanTheSnapshotIsDropped) {
  EffectSink effects;
  DurableState disk = Disk(Voters({1, 2}), 3, {1, 1, 1});
  disk.snapshot = {{2, 3}, {0, Voters({1, 2, 3})}, 100};
  const State state = *Start(N(1), {}, 9, disk, effects);
  EXPECT_EQ(state.log.base(), (LogPosition{2, 3}));
  EXPECT_EQ(state.log.last_index(), 2u);
  EXPECT_EQ(state.configuration(), Voters({1, 2, 3}));
  EXPECT_EQ(std::get<effect::CompactLog>(effects[0]).last, (LogPosition{2, 3}));
}

TEST(StartTest, AGapBetweenSnapshotAndLogIsDataLoss) {
  EffectSink effects;
  DurableState disk;
  disk.term = 3;
  disk.snapshot = {{5, 3}, {0, Voters({1, 2})}, 100};
  disk.log = Log({7, 3}, {0, Voters({1, 2})});
  const absl::StatusOr<State> state = Start(N(1), {}, 9, disk, effects);
  EXPECT_EQ(state.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(effects.empty());
}

TEST(StartTest, ALogAheadOfTheStoredTermIsDataLoss) {
  EffectSink effects;
  EXPECT_EQ(Start(N(1), {}, 9, Disk(Voters({1}), 2, {1, 3}), effects).status().code(), absl::StatusCode::kDataLoss);
}

TEST(StartTest, DecreasingTermsAreDataLoss) {
  EffectSink effects;
  EXPECT_EQ(Start(N(1), {}, 9, Disk(Voters({1}), 5, {3, 2}), effects).status().code(), absl::StatusCode::kDataLoss);
}

TEST(StartTest, BadOptionsAndIdsAreInvalid) {
  EffectSink effects;
  EXPECT_EQ(Start(kNoNode, {}, 9, {}, effects).status().code(), absl::StatusCode::kInvalidArgument);
  Options options;
  options.append_entries_max = 0;
  EXPECT_EQ(Start(N(1), options, 9, {}, effects).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(StartTest, WithLeasesARestartedNodeWithholdsItsVoteForOneElectionTimeout) {
  Options options;
  options.lease_micros = 1000;
  testing::Node node(1, Disk(Voters({1, 2, 3}), 1, {1}), options);
  EXPECT_TRUE(node.state.vote_withheld);
  node.Receive(2, 2, RequestVote{2, {1, 1}, false, false});
  EXPECT_EQ(node.state.current_term, 1u) << "it may have promised a leader not to hear this";
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 2, RequestVote{2, {1, 1}, false, false});
  EXPECT_EQ(node.state.voted_for, N(2));
}

}  // namespace
}  // namespace lockstep
