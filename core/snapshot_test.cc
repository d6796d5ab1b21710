#include "core/snapshot.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Command;
using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

InstallSnapshot Chunk(LogPosition last, uint64_t offset, uint32_t bytes, uint64_t total) {
  return {last, {0, Voters({1, 2, 3})}, offset, bytes, total};
}

// Stores the chunk that the last step asked for.
void Stored(Node& node, bool ok = true) {
  node.Take(input::SnapshotChunkStored{node.All<effect::StoreSnapshotChunk>()[0].write_id, ok});
}

// A leader of term 2 with entries 1..5, all committed and applied, and a snapshot of 5 bytes at index 4.
Node LeaderWithSnapshot() {
  Options options;
  options.snapshot_chunk_bytes = 3;
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1, 1, 1, 1}), options);
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 5, 0, {}});
  node.Take(input::Applied{5});
  node.Take(input::SnapshotTaken{4, 5, true});
  return node;
}

TEST(SnapshotTest, OneIsAskedForAfterTheInterval) {
  Options options;
  options.snapshot_interval_entries = 2;
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1, 1}), options);
  node.Receive(1, 1, Heartbeat{2, 1});
  node.Take(input::Applied{2});
  ASSERT_EQ(node.All<effect::TakeSnapshot>().size(), 1u);
  EXPECT_EQ(node.All<effect::TakeSnapshot>()[0].last_included, (LogPosition{2, 1}));
}

TEST(SnapshotTest, ATakenSnapshotCompactsTheLogButForTheTrail) {
  Options options;
  options.snapshot_trailing_entries = 1;
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1, 1, 1}), options);
  node.Receive(1, 1, Heartbeat{3, 1});
  node.Take(input::Applied{3});
  node.Take(input::SnapshotTaken{3, 9, true});
  EXPECT_EQ(node.state.snapshot.last_included, (LogPosition{3, 1}));
  EXPECT_EQ(node.state.log.base(), (LogPosition{2, 1}));
  EXPECT_EQ(node.All<effect::CompactLog>()[0].last, (LogPosition{2, 1}));
}

//     index     1   2   3   4   5
//     bytes    10  10  10  10  10     snapshot at 5
TEST(SnapshotTest, TheTrailHoldsNoMoreBytesThanItMay) {
  struct Case {
    uint64_t entries;
    uint64_t bytes;
    Index base;
  };
  for (const Case& wanted : {Case{4, 0, 1}, Case{4, 9, 5}, Case{4, 10, 4}, Case{4, 25, 3}, Case{2, 1000, 3},
                             Case{1000, 1000, 0}, Case{0, 1000, 5}}) {
    Options options;
    options.snapshot_trailing_entries = wanted.entries;
    options.snapshot_trailing_bytes = wanted.bytes;
    Node node(2, Disk(Voters({1, 2, 3}), 1, {}), options);
    AppendEntries request;
    request.entries.assign(5, {1, 10, EntryKind::kCommand});
    request.commit_index = 5;
    node.Receive(1, 1, request);
    node.CompleteWrites();
    node.Take(input::Applied{5});
    node.Take(input::SnapshotTaken{5, 9, true});
    EXPECT_EQ(node.state.snapshot.last_included.index, 5u);
    EXPECT_EQ(node.state.log.base_index(), wanted.base) << wanted.entries << " entries, " << wanted.bytes << " bytes";
  }
}

TEST(SnapshotTest, ASnapshotOfWhatIsNotAppliedIsIgnored) {
  Node node(2, Disk(Voters({1, 2, 3}), 1, {1, 1}));
  node.Take(input::SnapshotTaken{2, 9, true});
  EXPECT_EQ(node.state.snapshot, (Snapshot{{0, 0}, {0, Voters({1, 2, 3})}, 0}));
}

TEST(SnapshotTest, AFollowerWhoseEntriesAreCompactedGetsTheSnapshotInChunks) {
  Node node = LeaderWithSnapshot();
  node.Receive(3, 2, AppendEntriesReply{false, 0, 4, {0, 0}});
  const InstallSnapshot first = node.Only<InstallSnapshot>(3);
  EXPECT_EQ(first.offset, 0u);
  EXPECT_EQ(first.bytes, 3u);
  EXPECT_EQ(node.ProgressOf(3).mode, ProgressMode::kSnapshot);
  node.Receive(3, 2, InstallSnapshotReply{{4, 1}, 3, false});
  const InstallSnapshot second = node.Only<InstallSnapshot>(3);
  EXPECT_EQ(second.offset, 3u);
  EXPECT_TRUE(second.last_chunk());
  node.Receive(3, 2, InstallSnapshotReply{{4, 1}, 5, true});
  EXPECT_EQ(node.ProgressOf(3).mode, ProgressMode::kReplicate);
  EXPECT_EQ(node.ProgressOf(3).match_index, 4u);
  EXPECT_EQ(node.Only<AppendEntries>(3).previous, (LogPosition{4, 1}));
}

TEST(SnapshotTest, AnInstalledSnapshotThatIsOutdatedByNowIsFollowedByTheNewerOne) {
  Node node = LeaderWithSnapshot();
  node.Receive(3, 2, AppendEntriesReply{false, 0, 4, {0, 0}});
  node.Take(input::SnapshotTaken{5, 7, true});
  node.Receive(3, 2, InstallSnapshotReply{{4, 1}, 5, true});
  EXPECT_EQ(node.ProgressOf(3).match_index, 4u);
  EXPECT_EQ(node.Only<InstallSnapshot>(3).last_included, (LogPosition{5, 2}));
}

TEST(SnapshotTest, AJoinerThatDoesNotKnowTheMembersTakesNoSnapshot) {
  Node node(4, DurableState{});
  AppendEntries request;
  request.entries = {Command(1)};
  request.commit_index = 1;
  node.Receive(1, 1, request);
  node.Take(input::WriteDone{node.state.storage.pending_vote_write});
  node.CompleteWrites();
  node.Take(input::Applied{1});
  node.Take(input::SnapshotTaken{1, 5, true});
  EXPECT_EQ(node.state.snapshot, Snapshot{});
}

//     The follower lags exactly to the snapshot: its next entry is the first one after it.
TEST(SnapshotTest, AFollowerAtTheSnapshotsBoundaryGetsEntries) {
  Node node = LeaderWithSnapshot();
  node.Receive(3, 2, AppendEntriesReply{true, 4, 0, {}});
  EXPECT_EQ(node.ProgressOf(3).mode, ProgressMode::kReplicate);
  EXPECT_EQ(node.Only<AppendEntries>(3).entries.size(), 1u);
}

TEST(SnapshotTest, AStalledChunkIsSentAgainAtTheSecondHeartbeat) {
  Node node = LeaderWithSnapshot();
  node.Receive(3, 2, AppendEntriesReply{false, 0, 4, {0, 0}});
  node.Receive(3, 2, HeartbeatReply{0});
  EXPECT_TRUE(node.SentTo<InstallSnapshot>(3).empty());
  node.Receive(3, 2, HeartbeatReply{0});
  EXPECT_EQ(node.Only<InstallSnapshot>(3).offset, 0u);
}

TEST(SnapshotTest, AReceiverAnswersEachChunkOnceStoredAndTheLastOnceInstalled) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {}));
  node.Receive(1, 2, Chunk({4, 2}, 0, 3, 5));
  EXPECT_TRUE(node.SentTo<InstallSnapshotReply>(1).empty());
  Stored(node);
  EXPECT_EQ(node.Only<InstallSnapshotReply>(1), (InstallSnapshotReply{{4, 2}, 3, false}));
  node.Receive(1, 2, Chunk({4, 2}, 3, 2, 5));
  Stored(node);
  EXPECT_TRUE(node.SentTo<InstallSnapshotReply>(1).empty());
  ASSERT_EQ(node.All<effect::InstallSnapshot>().size(), 1u);
  EXPECT_EQ(node.state.log.last_index(), 0u) << "nothing changes before it is durable";
  node.Take(input::SnapshotInstalled{{4, 2}, true});
  EXPECT_EQ(node.Only<InstallSnapshotReply>(1), (InstallSnapshotReply{{4, 2}, 5, true}));
  EXPECT_EQ(node.state.log.base(), (LogPosition{4, 2}));
  EXPECT_EQ(node.state.applied_index, 4u);
}

TEST(SnapshotTest, ADivergentLogDoesNotSurvive) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1, 1, 1, 1, 1, 1}));
  node.Receive(1, 2, Chunk({4, 2}, 0, 5, 5));
  Stored(node);
  EXPECT_EQ(node.All<effect::InstallSnapshot>().size(), 1u);
  node.Take(input::SnapshotInstalled{{4, 2}, true});
  EXPECT_EQ(node.state.log.last_index(), 4u);
  EXPECT_EQ(node.state.log.last_term(), 2u);
}

TEST(SnapshotTest, ASnapshotOfWhatTheLogHoldsIsNotNeeded) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1, 1, 1, 2}));
  node.Receive(1, 2, Chunk({3, 1}, 0, 5, 5));
  EXPECT_EQ(node.Only<InstallSnapshotReply>(1), (InstallSnapshotReply{{3, 1}, 5, true}));
  EXPECT_EQ(node.state.commit_index, 3u);
  EXPECT_EQ(node.state.log.last_index(), 4u);
}

TEST(SnapshotTest, AnOutdatedSnapshotMovesNothingBack) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1, 2, 2}));
  node.Receive(1, 2, Heartbeat{3, 1});
  const State before = node.state;
  node.Receive(1, 2, Chunk({1, 1}, 0, 5, 5));
  EXPECT_EQ(node.state, before);
  EXPECT_TRUE(node.Only<InstallSnapshotReply>(1).installed);
}

TEST(SnapshotTest, AnUnexpectedChunkIsAnsweredWithTheOffsetThatIsNeeded) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {}));
  node.Receive(1, 2, Chunk({4, 2}, 3, 2, 5));
  EXPECT_EQ(node.Only<InstallSnapshotReply>(1).next_offset, 0u);
}

TEST(SnapshotTest, WhileInstallingNothingIsAppendedAndNoElectionBegins) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {}));
  node.Receive(1, 2, Chunk({4, 2}, 0, 5, 5));
  Stored(node);
  AppendEntries request;
  request.entries = {Command(1)};
  node.Receive(1, 2, request);
  EXPECT_EQ(node.state.log.last_index(), 0u);
  node.Take(input::ElectionTimeout{});
  EXPECT_EQ(node.state.role, Role::kFollower);
  node.Receive(1, 2, TimeoutNow{});
  EXPECT_EQ(node.state.role, Role::kFollower);
}

TEST(SnapshotTest, AFailedChunkOrInstallationStartsAnew) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {}));
  node.Receive(1, 2, Chunk({4, 2}, 0, 5, 5));
  Stored(node, false);
  EXPECT_FALSE(node.state.incoming.has_value());
  node.Receive(1, 2, Chunk({4, 2}, 0, 5, 5));
  Stored(node);
  node.Take(input::SnapshotInstalled{{4, 2}, false});
  EXPECT_FALSE(node.state.incoming.has_value());
  EXPECT_EQ(node.state.log.last_index(), 0u);
}

TEST(SnapshotTest, TheConfigurationOfTheSnapshotIsInEffect) {
  Node node(4, DurableState{});
  InstallSnapshot chunk = Chunk({4, 2}, 0, 5, 5);
  chunk.configuration.configuration.outgoing_voters = Voters({1, 5}).voters;
  chunk.configuration.index = 3;
  node.Receive(1, 2, chunk);
  Stored(node);
  node.Take(input::SnapshotInstalled{{4, 2}, true});
  EXPECT_EQ(node.state.log.configuration(), chunk.configuration);
  EXPECT_EQ(node.All<effect::ConfigurationChanged>().size(), 1u);
}

}  // namespace
}  // namespace lockstep
