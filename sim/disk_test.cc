#include "sim/disk.h"

#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

effect::AppendLog Append(WriteId id, Index first, std::vector<Term> terms) {
  effect::AppendLog write;
  write.write_id = id;
  write.first = first;
  for (Term term : terms) write.entries.push_back({term, 1, EntryKind::kCommand});
  return write;
}

Payloads Of(size_t count, Payload first = 1) {
  Payloads payloads;
  for (size_t i = 0; i < count; ++i) payloads.push_back(static_cast<Payload>(first + i));
  return payloads;
}

std::vector<Term> Terms(const Disk& disk) {
  std::vector<Term> terms;
  const Log& log = disk.durable().log;
  for (Index i = log.first_index(); i <= log.last_index(); ++i) terms.push_back(log.At(i).term);
  return terms;
}

class DiskTest : public testing::Test {
 protected:
  Disk disk_;
  std::vector<WriteId> durable_;
  Choices choices_ = Choices::Seeded(1);
  WriteId first_lost_ = 0;
};

TEST_F(DiskTest, AWriteIsThereOnceItCompletes) {
  disk_.Issue(Append(1, 1, {1, 1}), Of(2));
  EXPECT_TRUE(Terms(disk_).empty());
  EXPECT_TRUE(disk_.pending(1));
  EXPECT_TRUE(disk_.Complete(1, durable_));
  EXPECT_EQ(Terms(disk_), (std::vector<Term>{1, 1}));
  EXPECT_EQ(disk_.payloads().At(2), 2u);
  EXPECT_EQ(durable_, (std::vector<WriteId>{1}));
  EXPECT_FALSE(disk_.pending(1));
}

TEST_F(DiskTest, ACompletionBringsEarlierWritesWithIt) {
  disk_.Issue(Append(1, 1, {1}), Of(1));
  disk_.Issue(effect::SaveVote{2, 3, {2, 0}});
  EXPECT_TRUE(disk_.Complete(2, durable_));
  EXPECT_EQ(durable_, (std::vector<WriteId>{1, 2}));
  EXPECT_EQ(disk_.durable().term, 3u);
  EXPECT_EQ(Terms(disk_), (std::vector<Term>{1}));
  durable_.clear();
  EXPECT_TRUE(disk_.Complete(1, durable_));  // Told late; nothing new.
  EXPECT_TRUE(durable_.empty());
}

TEST_F(DiskTest, AnAppendReplacesWhatWasThere) {
  disk_.Issue(Append(1, 1, {1, 1, 1}), Of(3));
  disk_.Issue(Append(2, 2, {2}), Of(1, 9));
  disk_.Complete(2, durable_);
  EXPECT_EQ(Terms(disk_), (std::vector<Term>{1, 2}));
  EXPECT_EQ(disk_.payloads().At(2), 9u);
}

TEST_F(DiskTest, ATruncationTakesTheTailAway) {
  disk_.Issue(Append(1, 1, {1, 1, 1}), Of(3));
  disk_.Issue(effect::TruncateLog{2, 1});
  disk_.Complete(2, durable_);
  EXPECT_EQ(Terms(disk_), (std::vector<Term>{1}));
  EXPECT_EQ(disk_.payloads().last(), 1u);
}

TEST_F(DiskTest, ACrashKeepsAPrefixOfWhatWasOnItsWay) {
  std::set<size_t> kept;
  for (int i = 0; i < 200; ++i) {
    Disk disk;
    for (WriteId id = 1; id <= 3; ++id) disk.Issue(Append(id, id, {1}), Of(1));
    const size_t lost = disk.Crash(true, false, choices_, &first_lost_);
    EXPECT_EQ(Terms(disk).size(), 3 - lost);
    EXPECT_EQ(first_lost_, lost == 0 ? 0 : 4 - lost);
    EXPECT_TRUE(disk.idle());
    kept.insert(3 - lost);
  }
  EXPECT_EQ(kept, (std::set<size_t>{0, 1, 2, 3}));
}

TEST_F(DiskTest, ACrashNeverTakesBackWhatWasTold) {
  for (int i = 0; i < 100; ++i) {
    Disk disk;
    for (WriteId id = 1; id <= 3; ++id) disk.Issue(Append(id, id, {1}), Of(1));
    disk.Complete(2, durable_);
    disk.Crash(true, true, choices_, &first_lost_);
    EXPECT_GE(Terms(disk).size(), 2u);
  }
}

TEST_F(DiskTest, AProcessCrashAloneLosesNothing) {
  disk_.Issue(Append(1, 1, {1, 1}), Of(2));
  EXPECT_EQ(disk_.Crash(false, false, choices_, &first_lost_), 0u);
  EXPECT_EQ(Terms(disk_).size(), 2u);
}

TEST_F(DiskTest, ATornWriteLeavesItsFirstEntries) {
  std::set<size_t> found;
  for (int i = 0; i < 400; ++i) {
    Disk disk;
    disk.Issue(Append(1, 1, {1, 1, 1, 1}), Of(4));
    disk.Crash(true, true, choices_, &first_lost_);
    found.insert(Terms(disk).size());
  }
  EXPECT_EQ(found, (std::set<size_t>{0, 1, 2, 3, 4}));
}

TEST_F(DiskTest, AFailedWriteVoidsThoseBehindIt) {
  disk_.Issue(Append(1, 1, {1}), Of(1));
  disk_.Issue(Append(2, 2, {1}), Of(1));
  disk_.Issue(effect::SaveVote{3, 2, {1, 0}});
  disk_.Fail(1, false, choices_, durable_);
  // What is asked for after the core was told of the failure counts again.
  disk_.Issue(effect::SaveVote{4, 3, {}});
  disk_.Issue(Append(5, 1, {3, 3}), Of(2));
  EXPECT_FALSE(disk_.Complete(3, durable_));
  EXPECT_EQ(disk_.durable().term, 0u);
  EXPECT_TRUE(disk_.Complete(5, durable_));
  EXPECT_FALSE(disk_.Complete(2, durable_));
  EXPECT_EQ(durable_, (std::vector<WriteId>{4, 5}));
  EXPECT_EQ(disk_.durable().term, 3u);
  EXPECT_EQ(Terms(disk_), (std::vector<Term>{3, 3}));
}

TEST_F(DiskTest, AVoidWriteTakesNothingWithIt) {
  disk_.Issue(Append(1, 1, {1}), Of(1));
  disk_.Issue(Append(2, 2, {1}), Of(1));
  disk_.Fail(1, false, choices_, durable_);
  disk_.Issue(Append(3, 1, {1, 1}), Of(2));
  disk_.Fail(2, true, choices_, durable_);
  EXPECT_TRUE(disk_.Complete(3, durable_));
  EXPECT_EQ(Terms(disk_).size(), 2u);
}

TEST_F(DiskTest, AWriteWhoseSuccessorWasToldCannotFail) {
  disk_.Issue(Append(1, 1, {1}), Of(1));
  disk_.Issue(effect::SaveVote{2, 2, {}});
  EXPECT_FALSE(disk_.settled(1));
  disk_.Complete(2, durable_);
  EXPECT_TRUE(disk_.settled(1));
}

TEST_F(DiskTest, AFailedWriteMayLeaveAPart) {
  std::set<size_t> found;
  for (int i = 0; i < 200; ++i) {
    Disk disk;
    disk.Issue(Append(1, 1, {1}), Of(1));
    disk.Issue(Append(2, 2, {1, 1}), Of(2));
    disk.Fail(2, true, choices_, durable_);
    found.insert(Terms(disk).size());
  }
  EXPECT_EQ(found, (std::set<size_t>{1, 2, 3}));
}

TEST_F(DiskTest, AnInstalledSnapshotReplacesTheLog) {
  disk_.Issue(Append(1, 1, {1, 1}), Of(2));
  disk_.Complete(1, durable_);
  disk_.Issue(Append(2, 3, {1}), Of(1));
  Snapshot snapshot;
  snapshot.last_included = {10, 4};
  disk_.InstallSnapshot(snapshot, 7);
  EXPECT_EQ(disk_.durable().log.base(), (LogPosition{10, 4}));
  EXPECT_EQ(disk_.durable().log.last_index(), 10u);
  EXPECT_EQ(disk_.snapshot_content(), 7u);
  EXPECT_FALSE(disk_.Complete(2, durable_));
  disk_.Issue(Append(3, 11, {4}), Of(1, 5));
  EXPECT_TRUE(disk_.Complete(3, durable_));
  EXPECT_EQ(disk_.payloads().At(11), 5u);
}

TEST_F(DiskTest, CompactionKeepsTheTermOfItsEnd) {
  disk_.Issue(Append(1, 1, {1, 2, 3}), Of(3));
  disk_.Complete(1, durable_);
  disk_.Compact({2, 2});
  EXPECT_EQ(disk_.durable().log.base(), (LogPosition{2, 2}));
  EXPECT_EQ(Terms(disk_), (std::vector<Term>{3}));
  EXPECT_EQ(disk_.payloads().At(3), 3u);
}

TEST_F(DiskTest, AnOlderSnapshotDoesNotReplaceANewerOne) {
  Snapshot snapshot;
  snapshot.last_included = {5, 1};
  disk_.SaveSnapshot(snapshot, 2);
  snapshot.last_included = {4, 1};
  disk_.SaveSnapshot(snapshot, 1);
  EXPECT_EQ(disk_.durable().snapshot.last_included.index, 5u);
  EXPECT_EQ(disk_.snapshot_content(), 2u);
}

}  // namespace
}  // namespace lockstep::sim
