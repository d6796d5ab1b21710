#include "core/read.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

// A leader of term 2 among three, whose no-op (index 2) is committed and applied.
Node ReadyLeader(const Options& options = {}) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}), options);
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  node.Take(input::Applied{2});
  return node;
}

TEST(ReadTest, AReadIsDoneOnceAQuorumAnswersARoundBegunAfterIt) {
  Node node = ReadyLeader();
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  EXPECT_TRUE(node.All<effect::Outcome>().empty());
  const uint64_t round = node.Only<Heartbeat>(2).round;
  node.Receive(3, 2, HeartbeatReply{round});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kDone);
  EXPECT_EQ(node.All<effect::Outcome>()[0].index, 2u);
}

TEST(ReadTest, AnAnswerToAnEarlierRoundConfirmsNothing) {
  Node node = ReadyLeader();
  node.Take(input::HeartbeatTimeout{});
  const uint64_t earlier = node.Only<Heartbeat>(2).round;
  node.Receive(2, 2, HeartbeatReply{earlier});
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  node.Receive(2, 2, HeartbeatReply{earlier});
  node.Receive(3, 2, HeartbeatReply{earlier});
  EXPECT_EQ(node.state.leading.reads.size(), 1u);
}

TEST(ReadTest, ReadsThatWaitShareTheNextRound) {
  Node node = ReadyLeader();
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  const uint64_t first = node.Only<Heartbeat>(2).round;
  node.Take(input::Read{8, input::ReadMode::kReadIndex});
  node.Take(input::Read{9, input::ReadMode::kReadIndex});
  EXPECT_TRUE(node.SentTo<Heartbeat>(2).empty()) << "a round is under way";
  node.Receive(2, 2, HeartbeatReply{first});
  EXPECT_EQ(node.All<effect::Outcome>().size(), 1u);
  const uint64_t second = node.Only<Heartbeat>(2).round;
  node.Receive(2, 2, HeartbeatReply{second});
  EXPECT_EQ(node.All<effect::Outcome>().size(), 2u);
}

TEST(ReadTest, NoReadBeforeTheFirstCommitOfTheTerm) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  node.CompleteWrites();
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  EXPECT_TRUE(node.SentTo<Heartbeat>(2).empty());
  node.Take(input::HeartbeatTimeout{});
  node.Receive(2, 2, HeartbeatReply{node.state.leading.round});
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "the commit index may lag an earlier leader's";
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  EXPECT_EQ(node.SentTo<Heartbeat>(2).size(), 1u);
  node.Receive(2, 2, HeartbeatReply{node.state.leading.round});
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "index 2 is not applied yet";
  node.Take(input::Applied{2});
  EXPECT_EQ(node.All<effect::Outcome>().size(), 1u);
}

TEST(ReadTest, ALearnersAnswerCountsNothing) {
  Configuration configuration = Voters({1, 2, 3});
  configuration.learners.insert(N(4));
  Node node(1, Disk(configuration, 1, {1}));
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  node.Receive(4, 2, HeartbeatReply{node.state.leading.round});
  EXPECT_EQ(node.state.leading.reads.size(), 1u);
}

TEST(ReadTest, AFollowerAsksItsLeaderAndWaitsUntilItHasApplied) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{1, 1});
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  const ReadRequest request = node.Only<ReadRequest>(1);
  node.Receive(1, 2, ReadReply{request.start + 1, request.position, true, 1});
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "an answer to an earlier start of this node";
  node.Receive(1, 2, ReadReply{request.start, request.position, true, 1});
  EXPECT_TRUE(node.All<effect::Outcome>().empty());
  node.Take(input::Applied{1});
  EXPECT_EQ(node.All<effect::Outcome>().size(), 1u);
  node.Receive(1, 2, ReadReply{request.start, request.position, true, 1});
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "once";
}

TEST(ReadTest, AConfirmedReadThatMayNeverBeReachedEndsWithTheElectionTimeout) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{1, 1});
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  node.Receive(1, 2, ReadReply{node.state.start, 1, true, 99});
  node.Take(input::ElectionTimeout{});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kTimedOut);
}

TEST(ReadTest, AnUnansweredForwardedReadIsSentAgainWithTheSecondHeartbeat) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{1, 1});
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  const ReadRequest request = node.Only<ReadRequest>(1);
  node.Receive(1, 2, Heartbeat{1, 2});
  EXPECT_TRUE(node.SentTo<ReadRequest>(1).empty());
  node.Receive(1, 2, Heartbeat{1, 3});
  EXPECT_EQ(node.Only<ReadRequest>(1), request);
}

TEST(ReadTest, ALeaderConfirmsAForwardedReadOnceForADuplicate) {
  Node node = ReadyLeader();
  node.Receive(3, 2, ReadRequest{5, 1});
  node.Receive(3, 2, ReadRequest{5, 1});
  EXPECT_EQ(node.state.leading.reads.size(), 1u);
  node.Receive(2, 2, HeartbeatReply{node.state.leading.round});
  EXPECT_TRUE(node.Only<ReadReply>(3).accepted);
}

TEST(ReadTest, WithoutALeaderAReadIsRejectedAtOnce) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kNotLeader);
}

TEST(ReadTest, AFollowerThatLosesItsLeaderEndsItsReads) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{1, 1});
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  node.Take(input::ElectionTimeout{});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kRejected);
}

class LeaseTest : public ::testing::Test {
 protected:
  static Options WithLeases() {
    Options options;
    options.lease_micros = 100;
    return options;
  }
  // A leader whose lease began at 1000 - 5.
  static Node Leased() {
    Node node = ReadyLeader(WithLeases());
    node.Take(input::HeartbeatTimeout{}, {1000, 5});
    node.Receive(2, 2, HeartbeatReply{node.state.leading.round});
    return node;
  }
};

TEST_F(LeaseTest, ALeaseServesUntilItMayHaveEnded) {
  Node node = Leased();
  EXPECT_EQ(node.state.leading.lease_until_micros, 1095);
  node.Take(input::Read{7, input::ReadMode::kLease}, {1089, 5});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].lease_until_micros, 1095);
  node.Take(input::Read{8, input::ReadMode::kLease}, {1090, 5});
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "an ordinary round confirms it instead";
  EXPECT_EQ(node.SentTo<Heartbeat>(2).size(), 1u);
}

TEST_F(LeaseTest, TimeoutNowEndsTheLeaseForTheRestOfTheTerm) {
  Node node = Leased();
  node.Take(input::TransferLeadership{9, N(2)});
  ASSERT_EQ(node.SentTo<TimeoutNow>(2).size(), 1u);
  node.Take(input::HeartbeatTimeout{}, {1010, 5});
  node.Receive(2, 2, HeartbeatReply{node.state.leading.round});
  node.Take(input::Read{7, input::ReadMode::kLease}, {1011, 5});
  EXPECT_TRUE(node.All<effect::Outcome>().empty());
}

// The target may lead, and commit, long before the lease would have ended.
TEST_F(LeaseTest, ReadsThatItConfirmedAndThatWaitToBeAppliedEndWithIt) {
  Node node = Leased();
  node.state.applied_index = 1;
  node.Take(input::Read{7, input::ReadMode::kLease}, {1010, 5});
  ASSERT_TRUE(node.All<effect::Outcome>().empty());
  node.Take(input::TransferLeadership{9, N(2)}, {1010, 5});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].request_id, 7u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kRejected);
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kTransferInProgress);
  EXPECT_EQ(node.SentTo<TimeoutNow>(2).size(), 1u);
}

// It may vote for another at once.
TEST_F(LeaseTest, TheyEndWithTheLeadershipToo) {
  Node node = Leased();
  node.state.applied_index = 1;
  node.Take(input::Read{7, input::ReadMode::kLease}, {1010, 5});
  node.Receive(3, 9, HeartbeatReply{});
  ASSERT_EQ(node.state.role, Role::kFollower);
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kRejected);
}

}  // namespace
}  // namespace lockstep
