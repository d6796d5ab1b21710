#include "core/storage.h"

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

TEST(StorageTest, AnAppendIsAcknowledgedWhenItIsDurableAndNotBefore) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {}));
  node.Receive(1, 1, Entries({0, 0}, {1, 1}));
  EXPECT_TRUE(node.SentTo<AppendEntriesReply>(1).empty());
  const WriteId write = node.All<effect::AppendLog>()[0].write_id;
  node.Take(input::WriteDone{write});
  EXPECT_EQ(node.Only<AppendEntriesReply>(1).match_index, 2u);
}

TEST(StorageTest, CompletionsInAnyOrderConfirmOnlyALongestPrefix) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {}));
  node.Receive(1, 1, Entries({0, 0}, {1}));
  const WriteId first = node.All<effect::AppendLog>()[0].write_id;
  node.Receive(1, 1, Entries({1, 1}, {1}));
  const WriteId second = node.All<effect::AppendLog>()[0].write_id;
  node.Take(input::WriteDone{second});
  EXPECT_EQ(node.state.storage.durable_index, 0u);
  EXPECT_TRUE(node.SentTo<AppendEntriesReply>(1).empty());
  node.Take(input::WriteDone{first});
  EXPECT_EQ(node.state.storage.durable_index, 2u);
  EXPECT_EQ(node.Only<AppendEntriesReply>(1).match_index, 2u);
}

// The ABA of append completions: (1, term 1) is written, overwritten by (1, term 2), and the first write completes
// last.
TEST(StorageTest, ALateCompletionDoesNotVouchForTheEntryThatTookTheOthersPlace) {
  Node node(3, Disk(Voters({1, 2, 3}), 1, {}));
  node.Receive(1, 1, Entries({0, 0}, {1}));
  const WriteId old = node.All<effect::AppendLog>()[0].write_id;
  node.Receive(2, 2, Entries({0, 0}, {2}));
  ASSERT_EQ(node.state.log.last_term(), 2u);
  const WriteId vote = node.All<effect::SaveVote>()[0].write_id;
  node.Take(input::WriteDone{vote});
  node.Take(input::WriteDone{old});
  EXPECT_EQ(node.state.storage.durable_index, 0u);
  EXPECT_TRUE(node.SentTo<AppendEntriesReply>(2).empty());
}

TEST(StorageTest, AnUnknownCompletionIsIgnored) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  const State before = node.state;
  node.Take(input::WriteDone{77});
  node.Take(input::WriteFailed{77});
  node.Take(input::WriteDone{0});
  EXPECT_EQ(node.state, before);
}

TEST(StorageTest, MessagesOfATermWaitForItsWrite) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(1, 3, Heartbeat{0, 1});
  ASSERT_EQ(node.All<effect::SaveVote>().size(), 1u);
  const effect::Send reply = node.All<effect::Send>()[0];
  EXPECT_EQ(reply.after, node.All<effect::SaveVote>()[0].write_id);
  node.Take(input::WriteDone{reply.after});
  node.Receive(1, 3, Heartbeat{0, 2});
  EXPECT_EQ(node.All<effect::Send>()[0].after, 0u);
}

TEST(StorageTest, TheCompletionOfASupersededVoteConfirmsNothing) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(1, 3, Heartbeat{0, 1});
  const WriteId first = node.state.storage.pending_vote_write;
  node.Receive(3, 4, Heartbeat{0, 1});
  node.Take(input::WriteDone{first});
  EXPECT_FALSE(VoteDurable(node.state));
  EXPECT_NE(node.state.storage.pending_vote_write, 0u);
}

TEST(StorageTest, AFailedAppendIsWrittenAgainWithAllThatFollowsIt) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {}));
  node.Receive(1, 1, Entries({0, 0}, {1}));
  const WriteId first = node.All<effect::AppendLog>()[0].write_id;
  node.Receive(1, 1, Entries({1, 1}, {1}));
  const WriteId second = node.All<effect::AppendLog>()[0].write_id;
  node.Take(input::WriteFailed{first});
  EXPECT_TRUE(node.state.storage.failing);
  node.Take(input::WriteDone{second});
  EXPECT_EQ(node.state.storage.durable_index, 0u) << "what follows a failed write is void";
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kFollower) << "a node whose disk fails does not campaign";
  ASSERT_EQ(node.All<effect::AppendLog>().size(), 1u);
  const effect::AppendLog again = node.All<effect::AppendLog>()[0];
  EXPECT_EQ(again.first, 1u);
  EXPECT_EQ(again.entries.size(), 2u);
  node.Take(input::WriteDone{again.write_id});
  EXPECT_EQ(node.state.storage.durable_index, 2u);
  EXPECT_FALSE(node.state.storage.failing);
}

TEST(StorageTest, AFollowerWritesAgainWhenItsLeaderSpeaks) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {}));
  node.Receive(1, 1, Entries({0, 0}, {1}));
  node.Take(input::WriteFailed{node.All<effect::AppendLog>()[0].write_id});
  node.Receive(1, 1, Heartbeat{0, 1});
  EXPECT_EQ(node.All<effect::AppendLog>().size(), 1u);
  node.Receive(1, 1, Heartbeat{0, 2});
  EXPECT_TRUE(node.All<effect::AppendLog>().empty()) << "it is under way";
}

TEST(StorageTest, ALeaderWhoseDiskFailsHandsOverAndStepsDown) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  ASSERT_EQ(node.state.role, Role::kLeader);
  node.Receive(3, 2, AppendEntriesReply{true, 2, 0, {}});
  node.Take(input::Propose{{{5, 1}}});
  node.Take(input::WriteFailed{node.state.storage.pending_log_writes.back().write_id});
  EXPECT_EQ(node.state.role, Role::kFollower);
  EXPECT_EQ(node.SentTo<TimeoutNow>(3).size(), 1u);
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kUnknown);
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kStorageFailed);
}

TEST(StorageTest, ATermIsWrittenBeforeAnyEntryOfIt) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(1, 3, Entries({1, 1}, {3}));
  ASSERT_EQ(node.All<effect::SaveVote>().size(), 1u);
  EXPECT_LT(node.All<effect::SaveVote>()[0].write_id, node.All<effect::AppendLog>()[0].write_id);
}

TEST(StorageTest, ATermIsWrittenBeforeATruncationInIt) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1, 1}));
  node.Receive(1, 2, Entries({1, 1}, {2}));
  ASSERT_EQ(node.All<effect::SaveVote>().size(), 1u);
  EXPECT_LT(node.All<effect::SaveVote>()[0].write_id, node.All<effect::TruncateLog>()[0].write_id);
}

TEST(StorageTest, TheFailureOfASupersededVoteVoidsWhatFollowedIt) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(1, 3, Heartbeat{0, 1});
  const WriteId superseded = node.state.storage.pending_vote_write;
  node.Receive(3, 4, Heartbeat{0, 1});
  const WriteId later = node.state.storage.pending_vote_write;
  node.Take(input::WriteFailed{superseded});
  node.Take(input::WriteDone{later});
  EXPECT_FALSE(VoteDurable(node.state));
  node.Receive(3, 4, Heartbeat{0, 2});
  EXPECT_EQ(node.All<effect::SaveVote>().size(), 1u);
}

TEST(StorageTest, AnEarlierWritesCompletionDoesNotEndAFailure) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(1, 3, Entries({1, 1}, {3}));
  const WriteId vote = node.state.storage.pending_vote_write;
  node.Take(input::WriteFailed{node.All<effect::AppendLog>()[0].write_id});
  node.Take(input::WriteDone{vote});
  EXPECT_TRUE(node.state.storage.failing);
  node.Receive(1, 3, Heartbeat{0, 1});
  EXPECT_EQ(node.All<effect::AppendLog>().size(), 1u);
}

TEST(StorageTest, AFailedVoteTakesLaterAppendsWithIt) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(1, 3, Entries({1, 1}, {3}));
  const WriteId append = node.All<effect::AppendLog>()[0].write_id;
  node.Take(input::WriteFailed{node.state.storage.pending_vote_write});
  node.Take(input::WriteDone{append});
  EXPECT_EQ(node.state.storage.durable_index, 1u);
  node.Take(input::ElectionTimeout{});
  ASSERT_EQ(node.All<effect::SaveVote>().size(), 1u);
  ASSERT_EQ(node.All<effect::AppendLog>().size(), 1u);
  EXPECT_LT(node.All<effect::SaveVote>()[0].write_id, node.All<effect::AppendLog>()[0].write_id);
}

TEST(StorageTest, AFailedVoteIsTriedAgain) {
  Node node(1, Disk(Voters({1}), 0, {}));
  node.Take(input::ElectionTimeout{});
  node.Take(input::WriteFailed{node.state.storage.pending_vote_write});
  EXPECT_TRUE(node.state.storage.failing);
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.All<effect::SaveVote>().size(), 1u);
  node.Take(input::WriteDone{node.state.storage.pending_vote_write});
  EXPECT_FALSE(node.state.storage.failing);
  node.Take(input::ElectionTimeout{});
  node.CompleteWrites();
  EXPECT_EQ(node.state.role, Role::kLeader);
}

TEST(StorageTest, ATruncationIsWrittenBeforeWhatReplacesIt) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1, 1, 1}));
  node.Receive(1, 2, Entries({1, 1}, {2}));
  ASSERT_EQ(node.All<effect::TruncateLog>().size(), 1u);
  ASSERT_EQ(node.All<effect::AppendLog>().size(), 1u);
  EXPECT_EQ(node.All<effect::TruncateLog>()[0].last, 1u);
  EXPECT_EQ(node.All<effect::AppendLog>()[0].first, 2u);
  EXPECT_LT(node.All<effect::TruncateLog>()[0].write_id, node.All<effect::AppendLog>()[0].write_id);
  EXPECT_EQ(node.state.storage.durable_index, 1u);
}

TEST(StorageTest, ASingleNodeCommitsOnlyWhatIsDurable) {
  Node node(1, Disk(Voters({1}), 0, {}));
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kCandidate) << "its own vote counts once it is durable";
  node.Take(input::WriteDone{node.state.storage.pending_vote_write});
  ASSERT_EQ(node.state.role, Role::kLeader);
  node.Take(input::Propose{{{1, 1}}});
  EXPECT_EQ(node.state.commit_index, 0u);
  node.CompleteWrites();
  EXPECT_EQ(node.state.commit_index, 2u);
  EXPECT_EQ(node.All<effect::Outcome>().size(), 1u);
}

}  // namespace
}  // namespace lockstep
