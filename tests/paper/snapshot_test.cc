// Section 7 and Figure 13: log compaction and InstallSnapshot.

#include <gtest/gtest.h>

#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::Apply;
using effect::CompactLog;
using effect::StoreSnapshotChunk;
using effect::TakeSnapshot;
using effect::Timer;
using enum Role;
using enum ProgressMode;

const ConfigurationEntry kThree{0, {.voters = {{1}, {2}, {3}}}};
const ConfigurationEntry kFour{4, {.voters = {{1}, {2}, {3}, {4}}}};

// A chunk of ten bytes of the snapshot at 5:2, which has twenty.
InstallSnapshot Chunk(uint64_t offset) {
  return {.last_included = {5, 2}, .configuration = kFour, .offset = offset, .bytes = 10, .total_bytes = 20};
}

// A message in the follower's term is the leader's: the timer starts anew.
std::vector<Effect> Heard(Effect effect) { return {Restart(Timer::kElection), std::move(effect)}; }

TEST(InstallSnapshotReceiver, ReplyImmediatelyIfTermIsLessThanCurrentTerm) {
  Expect({
      .before = {.current_term = 3, .log = {1}},
      .events = {{From(2, 2, Chunk(0)), {To(2, 3, InstallSnapshotReply{.last_included = {5, 2}})}}},
      .after = {.current_term = 3, .log = {1}},
  });
}

TEST(InstallSnapshotReceiver, TheFirstChunkCreatesTheFileAndEachIsWrittenAtItsOffset) {
  const Given follower{.current_term = 2, .leader = 2, .log = {1}};
  Expect({
      .before = follower,
      .events = {{From(2, 2, Chunk(0)), Heard(StoreSnapshotChunk{1, {2}, {5, 2}, 0, 10, 20})},
                 {input::SnapshotChunkStored{1},
                  {To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 10})}},
                 {From(2, 2, Chunk(10)), Heard(StoreSnapshotChunk{2, {2}, {5, 2}, 10, 10, 20})}},
      .after = follower,
  });
}

TEST(InstallSnapshotReceiver, ReplyAndWaitForMoreDataChunksIfNotDone) {
  const Given follower{.current_term = 2, .leader = 2, .log = {1}};
  // A chunk that is not the next one is answered with the one that is.
  Expect({
      .before = follower,
      .events = {{From(2, 2, Chunk(0)), Heard(StoreSnapshotChunk{1, {2}, {5, 2}, 0, 10, 20})},
                 {input::SnapshotChunkStored{1},
                  {To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 10})}},
                 {From(2, 2, Chunk(0)),
                  Heard(To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 10}))}},
      .after = follower,
  });
}

TEST(InstallSnapshotReceiver, ASnapshotWithALargerIndexTakesTheOldPartialOnesPlace) {
  InstallSnapshot newer = Chunk(0);
  newer.last_included = {9, 2};
  const Given follower{.current_term = 2, .leader = 2, .log = {1}};
  Expect({
      .before = follower,
      .events = {{From(2, 2, Chunk(0)), Heard(StoreSnapshotChunk{1, {2}, {5, 2}, 0, 10, 20})},
                 {input::SnapshotChunkStored{1},
                  {To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 10})}},
                 {From(2, 2, newer), Heard(StoreSnapshotChunk{2, {2}, {9, 2}, 0, 10, 20})}},
      .after = follower,
  });
}

TEST(InstallSnapshotReceiver, IfTheLogHasTheLastIncludedEntryRetainWhatFollowsItAndReply) {
  Expect({
      .before = {.current_term = 2, .leader = 2, .log = {1, 1, 1, 2, 2, 2}, .commit_index = 1, .last_applied = 1},
      .events = {{From(2, 2, Chunk(0)),
                  {Restart(Timer::kElection), Apply{2, 5},
                   To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 20, .installed = true})}}},
      .after = {.current_term = 2, .leader = 2, .log = {1, 1, 1, 2, 2, 2}, .commit_index = 5, .last_applied = 5},
  });
}

TEST(InstallSnapshotReceiver, ElseDiscardTheEntireLogAndResetTheStateMachineAndTheConfiguration) {
  // The log is longer than the snapshot, and of another history: entry 5 has term 1.
  Expect({
      .before = {.current_term = 2, .leader = 2, .log = {1, 1, 1, 1, 1, 1}, .commit_index = 1, .last_applied = 1},
      .events = {{From(2, 2, Chunk(0)), Heard(StoreSnapshotChunk{1, {2}, {5, 2}, 0, 10, 20})},
                 {input::SnapshotChunkStored{1},
                  {To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 10})}},
                 {From(2, 2, Chunk(10)), Heard(StoreSnapshotChunk{2, {2}, {5, 2}, 10, 10, 20})},
                 {input::SnapshotChunkStored{2}, {effect::InstallSnapshot{{5, 2}, kFour}}},
                 {input::SnapshotInstalled{{5, 2}},
                  {To(2, 2, InstallSnapshotReply{.last_included = {5, 2}, .next_offset = 20, .installed = true})}}},
      .after = {.current_term = 2,
                .leader = 2,
                .base = {5, 2},
                .commit_index = 5,
                .last_applied = 5,
                .configurations = {kFour}},
  });
}

TEST(LogCompaction, EachServerTakesSnapshotsIndependentlyOfWhatItHasApplied) {
  Expect({
      .before = {.leader = 2, .log = {1, 1, 1}, .commit_index = 2, .last_applied = 0},
      .events = {{From(2, 1, Heartbeat{.commit_index = 3, .round = 1}),
                  {Restart(Timer::kElection), Apply{1, 3}, To(2, 1, HeartbeatReply{1})}},
                 {input::Applied{3}, {TakeSnapshot{{3, 1}, kThree}}}},
      .after = {.leader = 2, .log = {1, 1, 1}, .commit_index = 3, .last_applied = 3},
      .options = {.pre_vote = false, .check_quorum = false, .snapshot_interval_entries = 3},
  });
}

TEST(LogCompaction, OnceASnapshotIsWrittenAllEntriesUpToItsLastIncludedIndexMayBeDeleted) {
  // Its term stays, for the consistency check of the entry that follows.
  Expect({
      .before = {.current_term = 2, .leader = 2, .log = {1, 2, 2}, .commit_index = 2, .last_applied = 2},
      .events = {{input::SnapshotTaken{.index = 2, .bytes = 10}, {CompactLog{{2, 2}}}},
                 {From(2, 2, AppendEntries{.previous = {2, 2}, .entries = Entries({2})}),
                  {Restart(Timer::kElection), To(2, 2, AppendEntriesReply{.accepted = true, .match_index = 3})}}},
      .after = {.current_term = 2, .leader = 2, .base = {2, 2}, .log = {2}, .commit_index = 2, .last_applied = 2},
  });
}

TEST(LogCompaction, ASnapshotIncludesTheLatestConfigurationAsOfItsLastIncludedIndex) {
  Expect({
      .before = {.leader = 2,
                 .log = {1, 1, 1, 1, 1},
                 .commit_index = 5,
                 .last_applied = 5,
                 .configurations = {kThree, kFour}},
      .events = {{input::SnapshotTaken{.index = 5, .bytes = 10}, {CompactLog{{5, 1}}}}},
      .after = {.leader = 2, .base = {5, 1}, .commit_index = 5, .last_applied = 5, .configurations = {kFour}},
  });
}

TEST(LogCompaction, TheLeaderSendsASnapshotWhenItHasDiscardedTheNextEntryAFollowerNeeds) {
  const InstallSnapshot whole{
      .last_included = {3, 1}, .configuration = kThree, .offset = 0, .bytes = 10, .total_bytes = 10};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .base = {3, 1},
                 .log = {1},
                 .commit_index = 4,
                 .last_applied = 4,
                 .peers = {{2, 4, 5}, {3, 0, 4, kProbe}}},
      .events = {{From(3, 1, AppendEntriesReply{.rejected_index = 3, .hint = {1, 1}}), {To(3, 1, whole)}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .base = {3, 1},
                .log = {1},
                .commit_index = 4,
                .last_applied = 4,
                .peers = {{2, 4, 5}, {3, 0, 3, kSnapshot}}},
  });
}

TEST(LogCompaction, AfterTheSnapshotReplicationGoesOnBehindIt) {
  const AppendEntries next{.previous = {3, 1}, .commit_index = 4, .entries = Entries({1}), .configurations = {}};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .base = {3, 1},
                 .log = {1},
                 .commit_index = 4,
                 .last_applied = 4,
                 .peers = {{2, 4, 5}, {3, 0, 2, kSnapshot}}},
      .events = {{From(3, 1, InstallSnapshotReply{.last_included = {3, 1}, .next_offset = 10, .installed = true}),
                  {To(3, 1, next)}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .base = {3, 1},
                .log = {1},
                .commit_index = 4,
                .last_applied = 4,
                .peers = {{2, 4, 5}, {3, 3, 5}}},
  });
}

}  // namespace
}  // namespace lockstep::paper
