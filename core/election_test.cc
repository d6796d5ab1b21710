#include "core/election.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

RequestVote VoteFor(Term term, LogPosition last, bool transfer = false) { return {term, last, false, transfer}; }
RequestVote PreVoteFor(Term term, LogPosition last) { return {term, last, true, false}; }

TEST(ElectionTest, APreCandidateChangesNothingDurable) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kPreCandidate);
  EXPECT_EQ(node.state.current_term, 4u);
  EXPECT_TRUE(node.All<effect::SaveVote>().empty());
  const RequestVote request = node.Only<RequestVote>(2);
  EXPECT_TRUE(request.pre_vote);
  EXPECT_EQ(request.election_term, 5u);
}

TEST(ElectionTest, ARealElectionWaitsForTheVoteForItself) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  EXPECT_EQ(node.state.role, Role::kCandidate);
  EXPECT_EQ(node.state.current_term, 5u);
  const WriteId write = node.All<effect::SaveVote>()[0].write_id;
  for (const effect::Send& send : node.All<effect::Send>()) EXPECT_EQ(send.after, write);
}

TEST(ElectionTest, APreVoteNeverCountsAsAVote) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  node.CompleteWrites();
  node.Receive(3, 4, RequestVoteReply{5, true, true});  // Late.
  EXPECT_EQ(node.state.role, Role::kCandidate);
}

TEST(ElectionTest, AVoterCountsOnce) {
  Node node(1, Disk(Voters({1, 2, 3, 4, 5}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  EXPECT_EQ(node.state.role, Role::kPreCandidate);
}

TEST(ElectionTest, AVoteOfAnEarlierTermIsIgnored) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  node.CompleteWrites();
  node.Receive(2, 4, RequestVoteReply{4, false, true});
  EXPECT_EQ(node.state.role, Role::kCandidate);
}

TEST(ElectionTest, ANonVotersGrantCountsNothing) {
  Configuration configuration = Voters({1, 2, 3});
  configuration.learners.insert(N(4));
  Node node(1, Disk(configuration, 4, {4}));
  node.Take(input::ElectionTimeout{});
  EXPECT_TRUE(node.SentTo<RequestVote>(4).empty());
  node.Receive(4, 4, RequestVoteReply{5, true, true});
  node.Receive(9, 4, RequestVoteReply{5, true, true});
  EXPECT_EQ(node.state.role, Role::kPreCandidate);
}

TEST(ElectionTest, AJointElectionNeedsBothHalves) {
  Configuration joint = Voters({1, 2, 3});
  joint.outgoing_voters = Voters({1, 4, 5}).voters;
  Node node(1, Disk(joint, 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  node.Receive(3, 4, RequestVoteReply{5, true, true});
  EXPECT_EQ(node.state.role, Role::kPreCandidate);
  node.Receive(4, 4, RequestVoteReply{5, true, true});
  EXPECT_EQ(node.state.role, Role::kCandidate);
}

TEST(ElectionTest, OneVoteForEachTerm) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Receive(2, 5, VoteFor(5, {1, 4}));
  EXPECT_TRUE(node.Only<RequestVoteReply>(2).granted);
  node.Receive(3, 5, VoteFor(5, {1, 4}));
  EXPECT_FALSE(node.Only<RequestVoteReply>(3).granted);
  node.Receive(2, 5, VoteFor(5, {1, 4}));
  EXPECT_TRUE(node.Only<RequestVoteReply>(2).granted) << "the same candidate gets the same answer";
}

TEST(ElectionTest, AVoteIsReleasedOnlyOnceDurable) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Receive(2, 5, VoteFor(5, {1, 4}));
  const effect::Send reply = node.All<effect::Send>()[0];
  const effect::SaveVote save = node.All<effect::SaveVote>()[0];
  EXPECT_EQ(reply.after, save.write_id);
  EXPECT_EQ(save.term, 5u);
  EXPECT_EQ(save.voted_for, N(2)) << "term and vote are one write";
}

TEST(ElectionTest, NoVoteForALogThatIsBehind) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {3, 4}));
  node.Receive(2, 5, VoteFor(5, {9, 3}));
  EXPECT_FALSE(node.Only<RequestVoteReply>(2).granted);
  node.Receive(3, 5, VoteFor(5, {1, 4}));
  EXPECT_FALSE(node.Only<RequestVoteReply>(3).granted);
  node.Receive(2, 5, VoteFor(5, {2, 4}));
  EXPECT_TRUE(node.Only<RequestVoteReply>(2).granted);
}

TEST(ElectionTest, WhileALeaderLivesElectionsAreNotHeard) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Receive(2, 4, Heartbeat{0, 1});
  node.Receive(3, 7, VoteFor(7, {9, 4}));
  EXPECT_EQ(node.state.current_term, 4u);
  EXPECT_TRUE(node.effects.empty());
  node.Receive(3, 4, PreVoteFor(5, {9, 4}));
  EXPECT_FALSE(node.Only<RequestVoteReply>(3).granted);
  node.Receive(3, 7, VoteFor(7, {9, 4}, /*transfer=*/true));
  EXPECT_TRUE(node.Only<RequestVoteReply>(3).granted) << "the leader asked for this one";
}

TEST(ElectionTest, APreVoteRequestOfAHigherTermRaisesNothing) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Receive(2, 8, PreVoteFor(9, {5, 4}));
  EXPECT_EQ(node.state.current_term, 4u);
  EXPECT_TRUE(node.Only<RequestVoteReply>(2).granted);
}

TEST(ElectionTest, ARefusedPreVoteTeachesTheHigherTerm) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 9, RequestVoteReply{5, true, false});
  EXPECT_EQ(node.state.current_term, 9u);
  EXPECT_EQ(node.state.role, Role::kFollower);
}

TEST(ElectionTest, ALostElectionGoesBackToAPreVote) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Take(input::ElectionTimeout{});
  node.Receive(2, 4, RequestVoteReply{5, true, true});
  node.CompleteWrites();
  node.Receive(2, 5, RequestVoteReply{5, false, false});
  node.Receive(3, 5, RequestVoteReply{5, false, false});
  EXPECT_EQ(node.state.role, Role::kFollower);
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kPreCandidate);
  EXPECT_EQ(node.state.current_term, 5u);
}

TEST(ElectionTest, ALearnerVotesButDoesNotCampaign) {
  Configuration configuration = Voters({2, 3});
  configuration.learners.insert(N(1));
  Node node(1, Disk(configuration, 4, {4}));
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kFollower);
  node.Receive(2, 5, VoteFor(5, {1, 4}));
  EXPECT_TRUE(node.Only<RequestVoteReply>(2).granted) << "it may have been promoted without knowing yet";
}

TEST(ElectionTest, ANewLeaderAppendsANoOpAndSendsItToAll) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Lead({2});
  EXPECT_EQ(node.state.log.At(2), testing::NoOp(5));
  EXPECT_EQ(node.Only<AppendEntries>(2).previous, (LogPosition{1, 4}));
  EXPECT_EQ(node.Only<AppendEntries>(3).entries.size(), 1u);
}

TEST(ElectionTest, ALeaderWithoutAQuorumStepsDown) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Lead({2});
  node.Receive(2, 5, HeartbeatReply{0});
  node.Take(input::QuorumCheckTimeout{});
  EXPECT_EQ(node.state.role, Role::kLeader);
  node.Take(input::QuorumCheckTimeout{});
  EXPECT_EQ(node.state.role, Role::kFollower);
  EXPECT_EQ(node.state.leader, kNoNode);
}

TEST(ElectionTest, AHigherTermEndsALeadershipAndItsRequests) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Lead({2});
  node.Take(input::Propose{{{8, 1}}});
  node.Take(input::Read{9, input::ReadMode::kReadIndex});
  node.Receive(3, 7, AppendEntriesReply{false, 0, 1, {1, 4}});
  EXPECT_EQ(node.state.role, Role::kFollower);
  EXPECT_EQ(node.state.current_term, 7u);
  ASSERT_EQ(node.All<effect::Outcome>().size(), 2u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kUnknown);
  EXPECT_EQ(node.All<effect::Outcome>()[1].kind, effect::OutcomeKind::kRejected);
  EXPECT_EQ(node.state.leading, LeaderState{});
}

TEST(ElectionTest, TimeoutNowSkipsThePreVote) {
  Node node(1, Disk(Voters({1, 2, 3}), 4, {4}));
  node.Receive(2, 4, Heartbeat{0, 1});
  node.Receive(2, 4, TimeoutNow{});
  EXPECT_EQ(node.state.role, Role::kCandidate);
  EXPECT_TRUE(node.Only<RequestVote>(3).leader_transfer);
}

}  // namespace
}  // namespace lockstep
