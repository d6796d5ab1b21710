// Sections 5.1 to 5.5: terms, elections, replication, safety.

#include <gtest/gtest.h>

#include "core/start.h"
#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::AppendLog;
using effect::Apply;
using effect::Halt;
using effect::HaltReason;
using effect::SaveVote;
using effect::Timer;
using enum Role;
using enum ProgressMode;

const ConfigurationEntry kFive{0, {.voters = {{1}, {2}, {3}, {4}, {5}}}};

// ---- 5.1, 5.2 ----------------------------------------------------------------------------------------------

TEST(Terms, ARequestWithAStaleTermIsRejected) {
  Expect({
      .before = {.current_term = 7, .log = {1}},
      .events = {{From(2, 6, Heartbeat{.round = 4}), {To(2, 7, HeartbeatReply{})}}},
      .after = {.current_term = 7, .log = {1}},
  });
}

TEST(Terms, AResponseOfAnEarlierTermChangesNothing) {
  const Given leader{.role = kLeader,
                     .current_term = 7,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {7, 7},
                     .peers = {{2, 0, 1, kProbe}, {3, 0, 1, kProbe}}};
  Expect({
      .before = leader,
      .events = {{From(2, 6, AppendEntriesReply{.accepted = true, .match_index = 2}), {}},
                 {From(3, 6, HeartbeatReply{9}), {}}},
      .after = leader,
  });
}

TEST(Elections, EachServerVotesForAtMostOneCandidateInATerm) {
  Expect({
      .before = {.current_term = 3, .log = {1}},
      .events = {{From(2, 4, RequestVote{.election_term = 4, .last_log = {1, 1}}),
                  {Restart(Timer::kElection), SaveVote{1, 4, {2}},
                   To(2, 4, RequestVoteReply{.election_term = 4, .granted = true}, /*after=*/1)}},
                 {From(3, 4, RequestVote{.election_term = 4, .last_log = {1, 1}}),
                  {To(3, 4, RequestVoteReply{.election_term = 4, .granted = false}, /*after=*/1)}}},
      .after = {.current_term = 4, .voted_for = 2, .log = {1}},
  });
}

TEST(Elections, AVoteOutlivesARestart) {
  DurableState disk = Founding(kFive.configuration);
  disk.term = 4;
  disk.voted_for = {2};
  EffectSink effects;
  const State state = Start({1}, {.pre_vote = false, .check_quorum = false}, /*start=*/1, disk, effects).value();
  EXPECT_EQ(state.role, kFollower);
  EXPECT_EQ(state.current_term, 4u);
  EXPECT_EQ(state.voted_for, NodeId{2});
}

TEST(Elections, WithSplitVotesNobodyWinsAndACandidateStartsAnew) {
  Expect({
      .before = {.role = kCandidate, .current_term = 3, .voted_for = 1, .votes = {1}, .configurations = {kFive}},
      .events = {{From(2, 3, RequestVoteReply{.election_term = 3, .granted = true}), {}},
                 {From(3, 3, RequestVoteReply{.election_term = 3, .granted = false}), {}},
                 {From(4, 3, RequestVoteReply{.election_term = 3, .granted = false}), {}},
                 {input::ElectionTimeout{},
                  {Restart(Timer::kElection), SaveVote{1, 4, {1}},
                   To(2, 4, RequestVote{.election_term = 4}, /*after=*/1),
                   To(3, 4, RequestVote{.election_term = 4}, /*after=*/1),
                   To(4, 4, RequestVote{.election_term = 4}, /*after=*/1),
                   To(5, 4, RequestVote{.election_term = 4}, /*after=*/1)}}},
      .after = {.role = kCandidate, .current_term = 4, .voted_for = 1, .configurations = {kFive}},
  });
}

TEST(Elections, ACandidateThatAMajorityRefusesCannotWinAnyMore) {
  Expect({
      .before = {.role = kCandidate, .current_term = 3, .voted_for = 1, .votes = {1}},
      .events = {{From(2, 3, RequestVoteReply{.election_term = 3, .granted = false}), {}},
                 {From(3, 3, RequestVoteReply{.election_term = 3, .granted = false}), {}}},
      .after = {.current_term = 3, .voted_for = 1},
  });
}

TEST(Elections, AtMostOneLeaderCanBeElectedInATerm) {
  // Who leads and meets another leader of its term has found that somebody's vote was lost.
  Expect({
      .before = {.role = kLeader,
                 .current_term = 3,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {3},
                 .peers = {{2, 0, 1, kProbe}, {3, 0, 1, kProbe}}},
      .events = {{From(2, 3, Heartbeat{}),
                  {Halt{.reason = HaltReason::kTwoLeaders, .peer = {2}, .here = {1, 3}, .there = {0, 3}}}}},
      .after = {.role = kLeader,
                .current_term = 3,
                .voted_for = 1,
                .leader = 1,
                .log = {3},
                .peers = {{2, 0, 1, kProbe}, {3, 0, 1, kProbe}}},
  });
}

// ---- 5.3 ---------------------------------------------------------------------------------------------------

TEST(LogReplication, ALeaderRetriesUntilAllFollowersStoreAllEntries) {
  // What was sent is lost; the answer to the next heartbeat shows it, and a request asks how far the logs agree.
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 1},
                 .commit_index = 2,
                 .last_applied = 2,
                 .peers = {{2, 2, 3}, {3, 0, 1, kProbe}}},
      .events = {{From(3, 1, HeartbeatReply{}),
                  {To(3, 1, AppendEntries{.previous = {0, 0}, .commit_index = 2, .entries = Entries({1, 1})})}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1},
                .commit_index = 2,
                .last_applied = 2,
                .peers = {{2, 2, 3}, {3, 0, 1, kProbe}}},
  });
}

TEST(LogReplication, CommittingAnEntryCommitsAllPrecedingEntriesOfEarlierLeadersToo) {
  Expect({
      .before = {.role = kLeader,
                 .current_term = 4,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 2, 4},
                 .peers = {{2, 0, 4}, {3, 0, 4}}},
      .events = {{From(2, 4, AppendEntriesReply{.accepted = true, .match_index = 3}),
                  {Apply{1, 3}, To(2, 4, AppendEntries{.previous = {3, 4}, .commit_index = 3}),
                   To(3, 4, AppendEntries{.previous = {3, 4}, .commit_index = 3})}}},
      .after = {.role = kLeader,
                .current_term = 4,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 2, 4},
                .commit_index = 3,
                .last_applied = 3,
                .peers = {{2, 3, 4}, {3, 0, 4}}},
  });
}

TEST(LogReplication, ALeaderNeverOverwritesOrDeletesEntriesInItsOwnLog) {
  const Given leader{.role = kLeader,
                     .current_term = 4,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1, 2, 4},
                     .peers = {{2, 0, 4, kProbe}, {3, 0, 4, kProbe}}};
  // Entries of an earlier term's leader are late.
  Expect({
      .before = leader,
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .entries = Entries({3})}),
                  {To(2, 4, AppendEntriesReply{.rejected_index = 1})}}},
      .after = leader,
  });
}

TEST(LogReplication, ANewLeaderForcesAFollowersLogToDuplicateItsOwn) {
  // Figure 7 (f): entries of terms 2 and 3 that no other server has.
  // index    1 2 3 4 5 6 7 8 9 10 11
  // here     1 1 1 2 2 2 3 3 3 3  3
  // leader   1 1 1 4 4 5 5 6 6 6
  const std::vector<Term> mine = {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3};
  Expect({
      .before = {.current_term = 8, .log = mine, .commit_index = 3, .last_applied = 3},
      .events = {{From(2, 8, AppendEntries{.previous = {10, 6}, .commit_index = 9, .entries = Entries({8})}),
                  {Restart(Timer::kElection), To(2, 8, AppendEntriesReply{.rejected_index = 10, .hint = {10, 3}})}},
                 {From(2, 8,
                       AppendEntries{
                           .previous = {3, 1}, .commit_index = 9, .entries = Entries({4, 4, 5, 5, 6, 6, 6, 8})}),
                  {Restart(Timer::kElection), effect::TruncateLog{1, 3},
                   AppendLog{2, 4, Entries({4, 4, 5, 5, 6, 6, 6, 8}), {}}}}},
      .after = {.current_term = 8,
                .leader = 2,
                .log = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8},
                .commit_index = 9,
                .last_applied = 3},
  });
}

// ---- 5.4 ---------------------------------------------------------------------------------------------------

TEST(Safety, NoLogEntryOfAPreviousTermIsCommittedByCountingReplicas) {
  // Figure 8 (c): entry 2 of term 2 is on a majority, and may still be overwritten by an entry of term 3.
  const std::vector<Peer> before = {{2, 0, 4}, {3, 1, 4}, {4, 0, 4, kProbe}, {5, 0, 4, kProbe}};
  const std::vector<Peer> after = {{2, 2, 4}, {3, 2, 4}, {4, 0, 4, kProbe}, {5, 0, 4, kProbe}};
  Expect({
      .before = {.role = kLeader,
                 .current_term = 4,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 2, 4},
                 .peers = before,
                 .configurations = {kFive}},
      .events = {{From(2, 4, AppendEntriesReply{.accepted = true, .match_index = 2}), {}},
                 {From(3, 4, AppendEntriesReply{.accepted = true, .match_index = 2}), {}}},
      .after = {.role = kLeader,
                .current_term = 4,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 2, 4},
                .peers = after,
                .configurations = {kFive}},
  });
}

TEST(Safety, AnEntryOfTheCurrentTermCommitsByCountingAndThePriorOnesIndirectly) {
  // Figure 8 (e).
  const AppendEntries commit{.previous = {3, 4}, .commit_index = 3};
  Expect({
      .before = {.role = kLeader,
                 .current_term = 4,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 2, 4},
                 .peers = {{2, 3, 4}, {3, 2, 4}, {4, 0, 4, kSnapshot}, {5, 0, 4, kSnapshot}},
                 .configurations = {kFive}},
      .events = {{From(3, 4, AppendEntriesReply{.accepted = true, .match_index = 3}),
                  {Apply{1, 3}, To(2, 4, commit), To(3, 4, commit)}}},
      .after = {.role = kLeader,
                .current_term = 4,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 2, 4},
                .commit_index = 3,
                .last_applied = 3,
                .peers = {{2, 3, 4}, {3, 3, 4}, {4, 0, 4, kSnapshot}, {5, 0, 4, kSnapshot}},
                .configurations = {kFive}},
  });
}

TEST(Safety, ACommittedEntryIsNeverTakenAway) {
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 1}, .commit_index = 2, .last_applied = 2},
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .entries = Entries({3})}),
                  {Restart(Timer::kElection),
                   Halt{.reason = HaltReason::kCommittedConflict, .peer = {2}, .here = {2, 1}, .there = {2, 3}}}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 1}, .commit_index = 2, .last_applied = 2},
  });
}

// ---- 5.5 ---------------------------------------------------------------------------------------------------

TEST(Crashes, ARequestWhoseEntriesAreAlreadyInTheLogIsAnsweredAndIgnored) {
  const Given follower{.leader = 2, .log = {1, 1}, .commit_index = 1, .last_applied = 1};
  const AppendEntries request{.previous = {0, 0}, .commit_index = 1, .entries = Entries({1, 1}), .configurations = {}};
  const std::vector<Effect> answer = {Restart(Timer::kElection),
                                      To(2, 1, AppendEntriesReply{.accepted = true, .match_index = 2})};
  Expect({
      .before = follower,
      .events = {{From(2, 1, request), answer}, {From(2, 1, request), answer}},
      .after = follower,
  });
}

TEST(Crashes, AVoteRequestThatIsRepeatedGetsTheSameAnswer) {
  const RequestVote request{.election_term = 1, .last_log = {1, 1}};
  const std::vector<Effect> answer = {Restart(Timer::kElection),
                                      To(2, 1, RequestVoteReply{.election_term = 1, .granted = true})};
  Expect({
      .before = {.voted_for = 2, .log = {1}},
      .events = {{From(2, 1, request), answer}, {From(2, 1, request), answer}},
      .after = {.voted_for = 2, .log = {1}},
  });
}

}  // namespace
}  // namespace lockstep::paper
