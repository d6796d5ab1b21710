#include "core/transfer.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

Node Leader() {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  return node;
}

TEST(TransferTest, ATargetThatIsUpToDateIsToldAtOnce) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(2)});
  EXPECT_EQ(node.SentTo<TimeoutNow>(2).size(), 1u);
}

TEST(TransferTest, ATargetThatLagsIsToldWhenItHasCaughtUp) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(3)});
  EXPECT_TRUE(node.SentTo<TimeoutNow>(3).empty());
  node.Receive(3, 2, AppendEntriesReply{true, 2, 0, {}});
  EXPECT_EQ(node.SentTo<TimeoutNow>(3).size(), 1u);
}

TEST(TransferTest, MeanwhileNothingIsProposed) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(3)});
  node.Take(input::Propose{{{8, 1}}});
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kTransferInProgress);
  node.Take(input::ProposeConfiguration{9, {{{ChangeKind::kAddVoter, N(4)}}, Transition::kAuto}});
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kTransferInProgress);
  node.Take(input::TransferLeadership{10, N(2)});
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kTransferInProgress);
}

TEST(TransferTest, OnlyAnotherVoterCanBeTheTarget) {
  Node node = Leader();
  for (const NodeId target : {N(1), N(9)}) {
    node.Take(input::TransferLeadership{7, target});
    EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kInvalidTarget);
  }
}

TEST(TransferTest, ItIsGivenUpAfterAnElectionTimeout) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(3)});
  node.Receive(2, 2, HeartbeatReply{0});
  node.Take(input::QuorumCheckTimeout{});
  EXPECT_TRUE(node.All<effect::Outcome>().empty());
  node.Receive(2, 2, HeartbeatReply{0});
  node.Take(input::QuorumCheckTimeout{});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kRejected);
  node.Take(input::Propose{{{8, 1}}});
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "accepted again";
}

TEST(TransferTest, ItIsDoneWhenTheTargetLeads) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(2)});
  node.Receive(2, 3, RequestVote{3, {2, 2}, false, true});
  EXPECT_TRUE(node.Only<RequestVoteReply>(2).granted);
  EXPECT_TRUE(node.All<effect::Outcome>().empty());
  node.Receive(2, 3, Heartbeat{0, 1});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kDone);
}

TEST(TransferTest, ItIsRejectedWhenAnotherLeads) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(3)});
  node.Receive(2, 3, Heartbeat{0, 1});
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kRejected);
}

TEST(TransferTest, ItIsUnknownWhenNobodyIsHeard) {
  Node node = Leader();
  node.Take(input::TransferLeadership{7, N(2)});
  node.Receive(3, 3, AppendEntriesReply{false, 0, 1, {}});
  node.Take(input::ElectionTimeout{});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kUnknown);
}

}  // namespace
}  // namespace lockstep
