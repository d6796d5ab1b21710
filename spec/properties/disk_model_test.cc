#include "spec/properties/disk_model.h"

#include <gtest/gtest.h>

namespace lockstep::spec {
namespace {

// A disk of term 1 with entries of these terms from index 1.
struct Found {
  Term term = 1;
  NodeId vote;
  Snapshot snapshot;
  Log log;

  explicit Found(std::initializer_list<Term> terms) {
    for (Term each : terms) log.Append({each, 0, EntryKind::kCommand});
  }
  DiskView view() const { return {term, vote, snapshot, log}; }
};

effect::AppendLog Append(WriteId id, Index first, std::initializer_list<Term> terms) {
  effect::AppendLog write{id, first, {}, {}};
  for (Term term : terms) write.entries.push_back({term, 0, EntryKind::kCommand});
  return write;
}

class DiskModelTest : public ::testing::Test {
 protected:
  DiskModelTest() { model_.Reset(Found({1, 1}).view()); }
  bool Allows(const Found& found) {
    std::string why;
    return model_.Allows(found.view(), &why);
  }
  DiskModel model_;
};

TEST_F(DiskModelTest, WithoutWritesTheDiskIsWhatItWas) {
  EXPECT_TRUE(Allows(Found({1, 1})));
  EXPECT_FALSE(Allows(Found({1})));
  EXPECT_FALSE(Allows(Found({1, 1, 1})));
  Found voted({1, 1});
  voted.vote = {2, 0};
  EXPECT_FALSE(Allows(voted));
}

TEST_F(DiskModelTest, ACrashKeepsAPrefixOfTheWritesTheLastOneInPart) {
  model_.Ask(Append(1, 3, {2, 2}));
  model_.Ask(effect::SaveVote{2, 3, {2, 0}});
  model_.Ask(Append(3, 4, {3}));
  EXPECT_TRUE(Allows(Found({1, 1})));
  EXPECT_TRUE(Allows(Found({1, 1, 2})));
  EXPECT_TRUE(Allows(Found({1, 1, 2, 2})));
  Found voted({1, 1, 2, 2});
  voted.term = 3;
  voted.vote = {2, 0};
  EXPECT_TRUE(Allows(voted));
  voted.log.TruncateAfter(3);  // What write 3 is to replace may be gone before it is there ...
  EXPECT_TRUE(Allows(voted));
  voted.log.TruncateAfter(2);  // ... but not what was durable when the vote was.
  EXPECT_FALSE(Allows(voted));
}

TEST_F(DiskModelTest, ACompletionVouchesForAllBefore) {
  model_.Ask(Append(1, 3, {2}));
  model_.Ask(effect::SaveVote{2, 2, {2, 0}});
  model_.Ask(effect::SaveVote{3, 3, {3, 0}});
  EXPECT_FALSE(model_.Holds({3, 2}));
  EXPECT_EQ(model_.VoteAfter(2), (DurableVote{2, {2, 0}}));
  EXPECT_TRUE(model_.HoldsAfter(1, {3, 2}));
  const DiskModel::Votes votes = model_.Complete(3);
  ASSERT_EQ(votes.size(), 2u);
  EXPECT_EQ(votes[0], (DurableVote{2, {2, 0}}));
  EXPECT_EQ(model_.vote(), (DurableVote{3, {3, 0}}));
  EXPECT_TRUE(model_.Holds({3, 2}));
  EXPECT_FALSE(Allows(Found({1, 1})));
}

TEST_F(DiskModelTest, ALateCompletionDoesNotVouchForWhatTookItsPlace) {
  model_.Ask(Append(1, 3, {2}));
  model_.Ask(effect::TruncateLog{2, 2});
  model_.Ask(Append(3, 3, {3}));
  model_.Complete(1);
  EXPECT_TRUE(model_.Holds({3, 2}));
  EXPECT_FALSE(model_.Holds({3, 3}));
  EXPECT_EQ(model_.EndOf(3), (LogPosition{3, 3}));
  model_.Complete(3);
  EXPECT_TRUE(model_.Holds({3, 3}));
  EXPECT_EQ(model_.EndOf(3), std::nullopt);
}

TEST_F(DiskModelTest, AFailureVoidsWhatFollows) {
  model_.Ask(Append(1, 3, {2}));
  model_.Ask(effect::SaveVote{2, 4, kNoNode});
  model_.Ask(Append(3, 2, {4}));
  model_.Fail(1);
  EXPECT_TRUE(model_.Failed(2));
  EXPECT_TRUE(model_.Complete(3).empty());
  EXPECT_FALSE(model_.Holds({2, 4}));
  EXPECT_FALSE(model_.Holds({2, 1}));  // Write 3 may have replaced it.
  EXPECT_TRUE(model_.Holds({1, 1}));
  EXPECT_TRUE(Allows(Found({1, 1})));
  EXPECT_TRUE(Allows(Found({1, 1, 2})));
  EXPECT_FALSE(Allows(Found({2})));
  // Until the node knows, what it asks for is void; then it counts again, and settles what was open.
  model_.Ask(Append(4, 3, {4}));
  EXPECT_TRUE(model_.Failed(4));
  model_.NodeTold(1);
  model_.Ask(Append(5, 2, {4, 4}));
  model_.Complete(5);
  EXPECT_TRUE(model_.Holds({3, 4}));
  EXPECT_FALSE(Allows(Found({1, 1})));
}

TEST_F(DiskModelTest, AFailureToldLateVoidsNothingNew) {
  model_.Ask(Append(1, 3, {1}));
  model_.Ask(Append(2, 4, {1}));
  model_.Ask(Append(3, 5, {1}));
  model_.Complete(2);
  model_.Fail(1);  // It is on disk, and counts as failed all the same: so does write 3.
  model_.NodeTold(1);
  EXPECT_TRUE(model_.Holds({4, 1}));
  EXPECT_TRUE(model_.Failed(3));
  model_.Ask(Append(4, 3, {1, 1, 1}));
  model_.Fail(3);
  model_.NodeTold(3);
  model_.Complete(4);
  EXPECT_TRUE(model_.Holds({5, 1}));
}

TEST_F(DiskModelTest, ASnapshotCoversWhatItReplaces) {
  model_.Ask(effect::InstallSnapshot{{5, 2}, {}});
  EXPECT_FALSE(model_.Holds({5, 2}));
  Found installed({});
  installed.snapshot.last_included = {5, 2};
  installed.log = Log({5, 2}, {});
  EXPECT_TRUE(Allows(installed));
  EXPECT_TRUE(Allows(Found({1, 1})));
  model_.SnapshotInstalled({5, 2}, /*drop_log=*/true);
  EXPECT_TRUE(model_.Holds({5, 2}));
  EXPECT_TRUE(Allows(installed));
  EXPECT_FALSE(Allows(Found({1, 1})));
}

TEST_F(DiskModelTest, WritesThatAnInstallationOvertookFailWithoutHarm) {
  model_.Ask(Append(1, 3, {1}));
  model_.SnapshotInstalled({5, 2}, /*drop_log=*/true);
  model_.Ask(Append(2, 6, {3}));
  model_.Fail(1);
  model_.NodeTold(1);
  model_.Complete(2);
  EXPECT_TRUE(model_.Holds({6, 3}));
}

TEST_F(DiskModelTest, AnOlderWriteMayFailLater) {
  model_.Ask(Append(1, 3, {1}));
  model_.Ask(Append(2, 4, {1}));
  model_.Fail(2);
  model_.NodeTold(2);
  model_.Fail(1);
  model_.NodeTold(1);
  model_.Ask(effect::SaveVote{3, 2, kNoNode});
  model_.Complete(3);
  EXPECT_FALSE(model_.Holds({3, 1}));
  EXPECT_EQ(model_.vote(), (DurableVote{2, kNoNode}));
}

TEST_F(DiskModelTest, CompactionTakesNothingAway) {
  model_.SnapshotTaken({1, 1});
  model_.Compact({1, 1});
  Found found({1, 1});
  found.snapshot.last_included = {1, 1};
  EXPECT_TRUE(Allows(found));
  found.log.CompactTo(1);
  EXPECT_TRUE(Allows(found));
  EXPECT_FALSE(Allows(Found({1, 1})));  // Without the snapshot.
}

}  // namespace
}  // namespace lockstep::spec
