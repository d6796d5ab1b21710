#include "core/membership.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

// A leader of term 2 whose no-op (index 2) is committed.
Node Leader(const Configuration& configuration) {
  Node node(1, Disk(configuration, 1, {1}));
  node.Lead({2, 3});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  return node;
}

input::ProposeConfiguration Change(RequestId id, std::vector<MemberChange> members,
                                   Transition transition = Transition::kAuto) {
  return {id, {std::move(members), transition}};
}

effect::Reason Refusal(const Node& node) { return node.All<effect::Outcome>().at(0).reason; }

TEST(MembershipTest, NoChangeBeforeTheTermsFirstCommit) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  node.Take(Change(7, {{ChangeKind::kAddVoter, N(4)}}));
  EXPECT_EQ(Refusal(node), effect::Reason::kTermNotCommitted);
}

TEST(MembershipTest, OneChangeAtATime) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kAddVoter, N(4)}}));
  node.Take(Change(8, {{ChangeKind::kAddVoter, N(5)}}));
  EXPECT_EQ(Refusal(node), effect::Reason::kChangeInProgress);
}

TEST(MembershipTest, AChangeIsInEffectAtOnceAndNeedsTheNewQuorum) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kAddVoter, N(4)}}));
  EXPECT_EQ(node.state.configuration(), Voters({1, 2, 3, 4}));
  EXPECT_EQ(node.Only<AppendEntries>(4).previous, (LogPosition{2, 2}));
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 2u) << "two of four are no majority";
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 3u);
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].request_id, 7u);
}

TEST(MembershipTest, AJointConfigurationIsLeftByItselfAndTheChangeEndsThen) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kRemove, N(3)}, {ChangeKind::kAddVoter, N(4)}}));
  EXPECT_TRUE(node.state.configuration().joint());
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 3u);
  EXPECT_EQ(node.state.configuration(), Voters({1, 2, 4}));
  EXPECT_TRUE(node.All<effect::Outcome>().empty());
  node.CompleteWrites();
  node.Receive(4, 2, AppendEntriesReply{true, 4, 0, {}});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].index, 4u);
}

TEST(MembershipTest, AJointCommitNeedsBothHalves) {
  Configuration old = Voters({1, 2, 3});
  Node node = Leader(old);
  node.Take(Change(7, {{ChangeKind::kRemove, N(2)},
                       {ChangeKind::kRemove, N(3)},
                       {ChangeKind::kAddVoter, N(4)},
                       {ChangeKind::kAddVoter, N(5)}}));
  node.CompleteWrites();
  node.Receive(4, 2, AppendEntriesReply{true, 3, 0, {}});
  node.Receive(5, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 2u);
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 3u);
}

TEST(MembershipTest, AnExplicitJointConfigurationWaitsToBeLeft) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kAddVoter, N(4)}}, Transition::kJointExplicit));
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_TRUE(node.state.configuration().joint());
  EXPECT_EQ(node.state.commit_index, 3u);
  node.Take(Change(8, {}));
  EXPECT_FALSE(node.state.configuration().joint());
}

TEST(MembershipTest, ARemovedLeaderDoesNotCountItselfAndStepsDownWhenItCommits) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kRemove, N(1)}}));
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 2u) << "node 1 is no voter any more";
  EXPECT_EQ(node.state.role, Role::kLeader);
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 3u);
  EXPECT_EQ(node.state.role, Role::kFollower);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kDone);
  EXPECT_EQ(node.SentTo<TimeoutNow>(2).size() + node.SentTo<TimeoutNow>(3).size(), 1u);
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kFollower) << "a removed node does not campaign";
}

TEST(MembershipTest, ADemotedLeaderStepsDownToLearner) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kAddLearner, N(1)}}));
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.role, Role::kFollower);
  EXPECT_TRUE(node.state.configuration().learners.contains(N(1)));
}

TEST(MembershipTest, ALearnerReceivesTheLogAndCountsNowhere) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kAddLearner, N(4)}}));
  EXPECT_EQ(node.SentTo<AppendEntries>(4).size(), 1u);
  node.CompleteWrites();
  node.Receive(4, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 2u);
}

TEST(MembershipTest, AnImpossibleChangeIsRejected) {
  Node node = Leader(Voters({1, 2, 3}));
  node.Take(Change(7, {{ChangeKind::kRemove, N(1)}, {ChangeKind::kRemove, N(2)}, {ChangeKind::kRemove, N(3)}}));
  EXPECT_EQ(Refusal(node), effect::Reason::kInvalidChange);
  node.Take(Change(8, {}));
  EXPECT_EQ(Refusal(node), effect::Reason::kInvalidChange) << "nothing to leave";
}

TEST(MembershipTest, APendingReadIsConfirmedWhenTheQuorumShrinks) {
  Node node = Leader(Voters({1, 2, 3, 4, 5}));
  node.Receive(3, 2, AppendEntriesReply{true, 2, 0, {}});
  node.Take(input::Applied{2});
  node.Take(input::Read{9, input::ReadMode::kReadIndex});
  node.Receive(2, 2, HeartbeatReply{node.state.leading.round});
  EXPECT_EQ(node.state.leading.reads.size(), 1u);
  node.Take(Change(7, {{ChangeKind::kRemove, N(5)}}));
  EXPECT_EQ(node.state.leading.reads.size(), 1u) << "three of four are needed";
  node.Receive(3, 2, HeartbeatReply{node.state.leading.round});
  EXPECT_TRUE(node.state.leading.reads.empty());
}

//     Node 2 led and removed itself, but nobody else has the entry: only node 2's log can win.
TEST(MembershipTest, ANodeOutsideItsUncommittedConfigurationCampaignsWithoutItsOwnVote) {
  DurableState disk = Disk(Voters({1, 2, 3}), 1, {1});
  disk.log.Append({1, 0, EntryKind::kConfiguration}, Voters({1, 3}));
  Node node(2, disk);
  node.Take(input::ElectionTimeout{});
  ASSERT_EQ(node.state.role, Role::kPreCandidate);
  node.Receive(1, 1, RequestVoteReply{2, true, true});
  EXPECT_EQ(node.state.role, Role::kPreCandidate) << "its own vote does not count";
  node.Receive(3, 1, RequestVoteReply{2, true, true});
  EXPECT_EQ(node.state.role, Role::kCandidate);
}

TEST(MembershipTest, ANewLeaderFinishesAJointConfiguration) {
  DurableState disk = Disk(Voters({1, 2, 3}), 1, {1});
  Configuration joint = *EnterJoint(Voters({1, 2, 3}), {{ChangeKind::kAddVoter, N(4)}}, true);
  disk.log.Append({1, 0, EntryKind::kConfiguration}, joint);
  Node node(1, disk);
  node.Lead({2, 3});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.configuration(), Voters({1, 2, 3, 4}));
}

}  // namespace
}  // namespace lockstep
