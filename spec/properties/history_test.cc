#include "spec/properties/history.h"

#include <gtest/gtest.h>

namespace lockstep::spec {
namespace {

TEST(HistoryTest, AQuorumIsAMajorityOfEachHalf) {
  Electorate electorate{0b0111, 0, 0b1000};
  EXPECT_TRUE(electorate.IsQuorum(0b0011));
  EXPECT_FALSE(electorate.IsQuorum(0b1001));
  electorate.outgoing = 0b11000;
  EXPECT_FALSE(electorate.IsQuorum(0b01011));  // One of two is no majority.
  EXPECT_TRUE(electorate.IsQuorum(0b11011));
  EXPECT_FALSE(Electorate{}.IsQuorum(~NodeMask{0}));
}

TEST(HistoryTest, SlotsTellLivesOfADiskApart) {
  History history;
  EXPECT_EQ(history.SlotOf({7, 0}), 0u);
  EXPECT_EQ(history.SlotOf({7, 1}), 1u);
  EXPECT_EQ(history.SlotOf({7, 0}), 0u);
  EXPECT_EQ(history.IdOf(1), (NodeId{7, 1}));
}

TEST(HistoryTest, RecordsStayInOrderOfTerms) {
  History history;
  history.Record(5).leader = {5, 0};
  history.Record(2).leader = {2, 0};
  history.Record(9).leader = {9, 0};
  history.Record(2).first = 7;
  ASSERT_NE(history.Find(2), nullptr);
  EXPECT_EQ(history.Find(2)->leader, (NodeId{2, 0}));
  EXPECT_EQ(history.Find(2)->first, 7u);
  EXPECT_EQ(history.Find(5)->leader, (NodeId{5, 0}));
  EXPECT_EQ(history.Find(3), nullptr);
  EXPECT_EQ(history.Find(10), nullptr);
}

TEST(HistoryTest, AVoterHasOneVoteInATerm) {
  History history;
  NodeId other;
  EXPECT_TRUE(history.AddVote(3, 1, {2, 0}, &other));
  EXPECT_TRUE(history.AddVote(3, 1, {2, 0}, &other));
  EXPECT_TRUE(history.AddVote(4, 1, {1, 0}, &other));
  EXPECT_FALSE(history.AddVote(3, 1, {1, 0}, &other));
  EXPECT_EQ(other, (NodeId{2, 0}));
  EXPECT_EQ(history.VotersFor(3, {2, 0}), MaskOf(1));
  EXPECT_EQ(history.VotersFor(3, {1, 0}), 0u);
}

// index        1 2 3 4 5
// term         1 1 2 2 4
// committed in 2 2 2 4 4
TEST(HistoryTest, CommitsKeepTheTermThatCommitted) {
  History history;
  history.AddCommit(2, 1, 2);
  history.AddCommit(3, 2, 2);
  history.AddCommit(4, 2, 4);
  history.AddCommit(5, 4, 4);
  EXPECT_EQ(history.committed_index(), 5u);
  EXPECT_EQ(history.CommitAt(1).term, 1u);
  EXPECT_EQ(history.CommitAt(3).commit_term, 2u);
  EXPECT_EQ(history.CommitAt(4).term, 2u);
  EXPECT_EQ(history.CommitAt(4).commit_term, 4u);
  EXPECT_EQ(history.LastCommittedBefore(2), 0u);
  EXPECT_EQ(history.LastCommittedBefore(4), 3u);
  EXPECT_EQ(history.LastCommittedBefore(5), 5u);
}

TEST(HistoryTest, ContentsTellEntriesApart) {
  Configuration one, two;
  one.voters = {{1, 0}};
  two.voters = {{1, 1}};
  const EntryMeta command{1, 10, EntryKind::kCommand}, longer{1, 11, EntryKind::kCommand};
  const EntryMeta configuration{1, 0, EntryKind::kConfiguration};
  EXPECT_NE(ContentOf(command, nullptr), ContentOf(longer, nullptr));
  EXPECT_NE(ContentOf(configuration, &one), ContentOf(configuration, &two));
  two = one;
  two.auto_leave = true;
  EXPECT_NE(ContentOf(one), ContentOf(two));
}

}  // namespace
}  // namespace lockstep::spec
