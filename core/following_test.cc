#include "core/following.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Command;
using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

AppendEntries Entries(LogPosition previous, std::initializer_list<Term> terms, Index commit = 0) {
  AppendEntries request;
  request.previous = previous;
  for (Term term : terms) request.entries.push_back(Command(term));
  request.commit_index = commit;
  return request;
}

TEST(FollowingTest, AGapIsRejectedWithWhereTheLogEnds) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1, 1}));
  node.Receive(1, 3, Entries({5, 3}, {3}));
  const AppendEntriesReply reply = node.Only<AppendEntriesReply>(1);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.rejected_index, 5u);
  EXPECT_EQ(reply.hint, (LogPosition{2, 1}));
}

//     index     1 2 3 4 5
//     follower  1 4 4 4 4
//     leader    1 3 3 3 .     asks at 4:3
TEST(FollowingTest, AConflictHintSkipsAllEntriesOfLaterTerms) {
  Node node(2, Disk(Voters({1, 2, 3}), 5, {1, 4, 4, 4, 4}));
  node.Receive(1, 5, Entries({4, 3}, {5}));
  EXPECT_EQ(node.Only<AppendEntriesReply>(1).hint, (LogPosition{1, 1}));
}

TEST(FollowingTest, OnlyARealConflictTakesEntriesAway) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1, 2, 2, 2}));
  node.Receive(1, 2, Entries({1, 1}, {2}));  // A late, shorter request.
  EXPECT_EQ(node.state.log.last_index(), 4u);
  EXPECT_TRUE(node.All<effect::TruncateLog>().empty());
  EXPECT_EQ(node.Only<AppendEntriesReply>(1).match_index, 2u) << "no more than the request covered";
}

TEST(FollowingTest, AConflictReplacesTheRest) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1, 2, 2, 2}));
  node.Receive(1, 3, Entries({2, 2}, {3}));
  EXPECT_EQ(node.state.log.last_index(), 3u);
  EXPECT_EQ(node.state.log.last_term(), 3u);
}

TEST(FollowingTest, CommitIsBoundedByWhatTheRequestCovers) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1, 2, 2}));
  node.Receive(1, 3, Entries({1, 1}, {}, /*commit=*/3));
  EXPECT_EQ(node.state.commit_index, 1u) << "entries 2 and 3 may differ from the leader's";
}

TEST(FollowingTest, AConflictWithACommittedEntryHalts) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1, 2}));
  node.Receive(1, 3, Entries({2, 2}, {}, 2));
  ASSERT_EQ(node.state.commit_index, 2u);
  node.Receive(1, 3, Entries({1, 1}, {3}));
  EXPECT_TRUE(node.state.halted);
  EXPECT_EQ(node.All<effect::Halt>()[0].reason, effect::HaltReason::kCommittedConflict);
  EXPECT_TRUE(node.All<effect::TruncateLog>().empty());
}

TEST(FollowingTest, ACommitOfEntriesThatAreGoneHalts) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1}));
  node.Receive(1, 3, Heartbeat{4, 1});
  EXPECT_TRUE(node.state.halted);
  EXPECT_EQ(node.All<effect::Halt>()[0].reason, effect::HaltReason::kAcknowledgedEntriesLost);
}

TEST(FollowingTest, ASecondLeaderInATermHalts) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1}));
  node.Receive(1, 3, Heartbeat{0, 1});
  node.Receive(3, 3, Heartbeat{0, 1});
  EXPECT_EQ(node.All<effect::Halt>()[0].reason, effect::HaltReason::kTwoLeaders);
}

TEST(FollowingTest, AStaleLeaderIsToldTheTerm) {
  Node node(2, Disk(Voters({1, 2, 3}), 3, {1}));
  node.Receive(1, 2, Entries({1, 1}, {2}));
  const effect::Send send = node.All<effect::Send>()[0];
  EXPECT_EQ(send.message.term, 3u);
  EXPECT_FALSE(std::get<AppendEntriesReply>(send.message.body).accepted);
  EXPECT_EQ(node.state.log.last_index(), 1u);
}

TEST(FollowingTest, AConfigurationIsInEffectFromItsAppendAndUntilItIsTakenAway) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  AppendEntries request;
  request.previous = {1, 1};
  request.entries = {{2, 0, EntryKind::kConfiguration}};
  request.configurations = {{2, Voters({1, 2, 3, 4})}};
  node.Receive(1, 2, request);
  EXPECT_EQ(node.state.configuration(), Voters({1, 2, 3, 4}));
  EXPECT_EQ(node.All<effect::ConfigurationChanged>().size(), 1u);
  node.Receive(3, 3, Entries({1, 1}, {3}));
  EXPECT_EQ(node.state.configuration(), Voters({1, 2, 3}));
  EXPECT_EQ(node.All<effect::ConfigurationChanged>().size(), 1u);
}

TEST(FollowingTest, EntriesBelowTheSnapshotAreSkipped) {
  DurableState disk;
  disk.term = 2;
  disk.snapshot = {{3, 2}, {0, Voters({1, 2, 3})}, 10};
  disk.log = Log({3, 2}, {0, Voters({1, 2, 3})});
  Node node(2, disk);
  node.Receive(1, 2, Entries({1, 1}, {2, 2, 2}));
  EXPECT_EQ(node.state.log.last_index(), 4u);
  node.CompleteWrites();
  EXPECT_EQ(node.Only<AppendEntriesReply>(1).match_index, 4u);
  node.Receive(1, 2, Entries({1, 1}, {2}));
  EXPECT_EQ(node.Only<AppendEntriesReply>(1).match_index, 2u);
}

TEST(FollowingTest, AHeartbeatIsAnsweredWithItsRound) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{1, 17});
  EXPECT_EQ(node.Only<HeartbeatReply>(1).round, 17u);
  EXPECT_EQ(node.state.commit_index, 1u);
}

}  // namespace
}  // namespace lockstep
