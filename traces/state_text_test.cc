#include "traces/state_text.h"

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstep::traces {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string TextOf(const State& state) { return absl::StrJoin(StateLines(state), "\n"); }

State ThreeEntries() {
  State state;
  state.id = {1, 0};
  state.current_term = 3;
  state.log = Log({4, 2}, {2, {.voters = {{1, 0}, {2, 0}, {3, 0}}}});
  state.log.Append({2, 10, EntryKind::kCommand});
  state.log.Append({3, 0, EntryKind::kNoOp});
  return state;
}

TEST(StateText, ALogIsItsTerms) {
  State state = ThreeEntries();
  EXPECT_THAT(TextOf(state), AllOf(HasSubstr("follower term 3, voted for none"), HasSubstr("log 4:2 | 5..6: 2 3;"),
                                   HasSubstr("configuration (1 2 3) at 2"), Not(HasSubstr("peer"))));
  state.log.Append({3, 0, EntryKind::kConfiguration}, {.voters = {{1, 0}}});
  EXPECT_THAT(TextOf(state), AllOf(HasSubstr("5..7: 2 3 3c;"), HasSubstr("(1 2 3) at 2, then (1) at 7")));
  EXPECT_THAT(TextOf(State()), HasSubstr("log 0:0 | empty"));
}

TEST(StateText, OfALongLogOnlyTheEnd) {
  State state;
  for (int i = 0; i < 100; ++i) state.log.Append({7, 0, EntryKind::kCommand});
  EXPECT_THAT(TextOf(state), HasSubstr("| ... 61..100: 7 7 7"));
}

TEST(StateText, ALeaderHasPeersACandidateVotes) {
  State leader = ThreeEntries();
  leader.role = Role::kLeader;
  Peer peer{{2, 0}, {}};
  peer.progress.mode = ProgressMode::kReplicate;
  peer.progress.match_index = 5;
  peer.progress.next_index = 7;
  peer.progress.inflight.push_back({6, 10});
  leader.leading.peers.push_back(peer);
  EXPECT_THAT(TextOf(leader), HasSubstr("peer 2 replicate match 5 next 7 told commit 0 answered round 0, 1 in flight"));

  State candidate = ThreeEntries();
  candidate.role = Role::kCandidate;
  candidate.candidacy.votes = {{{1, 0}, true}, {{3, 0}, false}};
  EXPECT_THAT(TextOf(candidate), HasSubstr("campaigns, votes: 1 yes 3 no"));
}

TEST(StateText, WhatTheDiskOwes) {
  State state = ThreeEntries();
  state.storage.durable_index = 4;
  state.storage.issued_index = 6;
  state.storage.pending_vote_write = 8;
  state.storage.pending_log_writes = {{9, 6, false}};
  state.storage.failing = true;
  EXPECT_THAT(TextOf(state), AllOf(HasSubstr("durable up to 4 of 6 issued"), HasSubstr("vote write 8 under way"),
                                   HasSubstr("write 9 up to 6 under way"), HasSubstr("FAILING")));
}

TEST(StateText, SnapshotsAndTransfersUnderWay) {
  State state = ThreeEntries();
  state.incoming = IncomingSnapshot{.source = {2, 0}, .last_included = {9, 3}, .total_bytes = 100, .next_offset = 40};
  state.transfer = PendingTransfer{1, {3, 0}, true};
  state.halted = true;
  EXPECT_THAT(TextOf(state), AllOf(HasSubstr("receives snapshot 9:3 from 2: 40 of 100 bytes"),
                                   HasSubstr("hands leadership over to 3, TimeoutNow sent"), HasSubstr("HALTED")));
}

}  // namespace
}  // namespace lockstep::traces
