// Figure 2: the rules for servers.

#include <gtest/gtest.h>

#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::AppendLog;
using effect::Apply;
using effect::Outcome;
using effect::OutcomeKind;
using effect::Reason;
using effect::SaveVote;
using effect::Timer;
using enum Role;
using enum ProgressMode;

// ---- All servers -------------------------------------------------------------------------------------------

TEST(AllServers, IfCommitIndexIsLargerThanLastAppliedApply) {
  Expect({
      .before = {.leader = 2, .log = {1, 1, 1}, .commit_index = 1, .last_applied = 1},
      .events = {{From(2, 1, Heartbeat{.commit_index = 3, .round = 7}),
                  {Restart(Timer::kElection), Apply{2, 3}, To(2, 1, HeartbeatReply{7})}}},
      .after = {.leader = 2, .log = {1, 1, 1}, .commit_index = 3, .last_applied = 3},
  });
}

TEST(AllServers, IfARequestHasALaterTermALeaderTakesItOverAndIsAFollower) {
  Expect({
      .before = {.role = kLeader,
                 .current_term = 2,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {2},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 1, 2}, {3, 1, 2}}},
      .events = {{From(3, 4, RequestVote{.election_term = 4, .last_log = {1, 2}}),
                  {Restart(Timer::kElection), Restart(Timer::kElection), SaveVote{1, 4, {3}},
                   To(3, 4, RequestVoteReply{.election_term = 4, .granted = true}, /*after=*/1)}}},
      .after = {.current_term = 4, .voted_for = 3, .log = {2}, .commit_index = 1, .last_applied = 1},
  });
}

TEST(AllServers, IfAResponseHasALaterTermALeaderTakesItOverAndIsAFollower) {
  Expect({
      .before = {.role = kLeader,
                 .current_term = 2,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {2},
                 .peers = {{2, 0, 1, kProbe}, {3, 0, 1, kProbe}}},
      .events = {{From(3, 4, AppendEntriesReply{}), {Restart(Timer::kElection), SaveVote{1, 4, {}}}}},
      .after = {.current_term = 4, .log = {2}},
  });
}

TEST(AllServers, IfAResponseHasALaterTermACandidateTakesItOverAndIsAFollower) {
  Expect({
      .before = {.role = kCandidate, .current_term = 2, .voted_for = 1, .log = {1}, .votes = {1}},
      .events = {{From(3, 4, RequestVoteReply{.election_term = 2}), {SaveVote{1, 4, {}}}}},
      .after = {.current_term = 4, .log = {1}},
  });
}

// ---- Followers ---------------------------------------------------------------------------------------------

TEST(Followers, RespondToLeaders) {
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{From(2, 1, Heartbeat{.round = 3}), {Restart(Timer::kElection), To(2, 1, HeartbeatReply{3})}}},
      .after = {.leader = 2, .log = {1}},
  });
}

TEST(Followers, ThatHearNothingForAnElectionTimeoutBecomeCandidates) {
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{input::ElectionTimeout{},
                  {Restart(Timer::kElection), SaveVote{1, 2, {1}},
                   To(2, 2, RequestVote{.election_term = 2, .last_log = {1, 1}}, /*after=*/1),
                   To(3, 2, RequestVote{.election_term = 2, .last_log = {1, 1}}, /*after=*/1)}}},
      .after = {.role = kCandidate, .current_term = 2, .voted_for = 1, .log = {1}},
  });
}

// ---- Candidates --------------------------------------------------------------------------------------------

TEST(Candidates, StartAnElectionByANewTermAVoteForThemselvesATimerAndARequestToAllOthers) {
  // The vote for itself counts when it is on disk, and the requests wait for that too.
  Expect({
      .before = {.current_term = 4, .voted_for = 3, .log = {1, 4}},
      .events = {{input::ElectionTimeout{},
                  {Restart(Timer::kElection), SaveVote{1, 5, {1}},
                   To(2, 5, RequestVote{.election_term = 5, .last_log = {2, 4}}, /*after=*/1),
                   To(3, 5, RequestVote{.election_term = 5, .last_log = {2, 4}}, /*after=*/1)}},
                 {input::WriteDone{1}, {}}},
      .after = {.role = kCandidate, .current_term = 5, .voted_for = 1, .log = {1, 4}, .votes = {1}},
  });
}

TEST(Candidates, ThatReceiveVotesFromAMajorityBecomeLeaders) {
  const AppendEntries no_op{
      .previous = {2, 4}, .commit_index = 0, .entries = {{5, 0, EntryKind::kNoOp}}, .configurations = {}};
  Expect({
      .before = {.role = kCandidate, .current_term = 5, .voted_for = 1, .log = {1, 4}, .votes = {1}},
      .events = {{From(2, 5, RequestVoteReply{.election_term = 5, .granted = true}),
                  {AppendLog{1, 3, {{5, 0, EntryKind::kNoOp}}, {}}, Restart(Timer::kHeartbeat),
                   Restart(Timer::kQuorumCheck), To(2, 5, no_op), To(3, 5, no_op)}}},
      .after = {.role = kLeader,
                .current_term = 5,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 4, 5},
                .peers = {{2, 0, 3, kProbe}, {3, 0, 3, kProbe}}},
  });
}

TEST(Candidates, ThatReceiveOneVoteOfFiveGoOnWaiting) {
  const ConfigurationEntry five{0, {.voters = {{1}, {2}, {3}, {4}, {5}}}};
  Expect({
      .before = {.role = kCandidate, .current_term = 5, .voted_for = 1, .votes = {1}, .configurations = {five}},
      .events = {{From(2, 5, RequestVoteReply{.election_term = 5, .granted = true}), {}}},
      .after = {.role = kCandidate, .current_term = 5, .voted_for = 1, .votes = {1, 2}, .configurations = {five}},
  });
}

TEST(Candidates, ThatReceiveAppendEntriesFromTheNewLeaderBecomeFollowers) {
  Expect({
      .before = {.role = kCandidate, .current_term = 5, .voted_for = 1, .log = {1}, .votes = {1}},
      .events = {{From(3, 5, AppendEntries{.previous = {1, 1}}),
                  {Restart(Timer::kElection), To(3, 5, AppendEntriesReply{.accepted = true, .match_index = 1})}}},
      .after = {.current_term = 5, .voted_for = 1, .leader = 3, .log = {1}},
  });
}

TEST(Candidates, ThatReceiveAppendEntriesOfAnEarlierTermRejectItAndStayCandidates) {
  Expect({
      .before = {.role = kCandidate, .current_term = 5, .voted_for = 1, .log = {1}, .votes = {1}},
      .events = {{From(3, 4, AppendEntries{.previous = {1, 1}}), {To(3, 5, AppendEntriesReply{.rejected_index = 1})}}},
      .after = {.role = kCandidate, .current_term = 5, .voted_for = 1, .log = {1}, .votes = {1}},
  });
}

TEST(Candidates, WhoseElectionTimesOutStartANewElection) {
  Expect({
      .before = {.role = kCandidate, .current_term = 5, .voted_for = 1, .log = {1}, .votes = {1}},
      .events = {{input::ElectionTimeout{},
                  {Restart(Timer::kElection), SaveVote{1, 6, {1}},
                   To(2, 6, RequestVote{.election_term = 6, .last_log = {1, 1}}, /*after=*/1),
                   To(3, 6, RequestVote{.election_term = 6, .last_log = {1, 1}}, /*after=*/1)}}},
      .after = {.role = kCandidate, .current_term = 6, .voted_for = 1, .log = {1}},
  });
}

// ---- Leaders -----------------------------------------------------------------------------------------------

TEST(Leaders, RepeatHeartbeatsDuringIdlePeriods) {
  const Given leader{.role = kLeader,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1},
                     .commit_index = 1,
                     .last_applied = 1,
                     .peers = {{2, 1, 2}, {3, 0, 1, kProbe}}};
  // Each is told no more of the commit index than what it has acknowledged.
  Expect({
      .before = leader,
      .events = {{input::HeartbeatTimeout{},
                  {Restart(Timer::kHeartbeat), To(2, 1, Heartbeat{.commit_index = 1, .round = 1}),
                   To(3, 1, Heartbeat{.commit_index = 0, .round = 1})}}},
      .after = leader,
  });
}

TEST(Leaders, AppendACommandFromAClientToTheirLogAndSendItFromNextIndexOn) {
  const AppendEntries to_2{.previous = {1, 1}, .commit_index = 1, .entries = Entries({1}), .configurations = {}};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 1, 2}, {3, 1, 2}}},
      .events = {{Commands(10, 1), {AppendLog{1, 2, Entries({1}), {}}, To(2, 1, to_2), To(3, 1, to_2)}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1},
                .commit_index = 1,
                .last_applied = 1,
                .peers = {{2, 1, 3}, {3, 1, 3}}},
  });
}

TEST(Leaders, RespondToTheClientOnceTheEntryIsCommitted) {
  const AppendEntries entry{.previous = {1, 1}, .commit_index = 1, .entries = Entries({1}), .configurations = {}};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 1, 2}, {3, 1, 2}}},
      .events = {{Commands(10, 1), {AppendLog{1, 2, Entries({1}), {}}, To(2, 1, entry), To(3, 1, entry)}},
                 {input::WriteDone{1}, {}},
                 {From(2, 1, AppendEntriesReply{.accepted = true, .match_index = 2}),
                  {Apply{2, 2},
                   Outcome{.request_id = 10, .kind = OutcomeKind::kDone, .leader = {1}, .index = 2, .term = 1},
                   To(2, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2}),
                   To(3, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2})}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1},
                .commit_index = 2,
                .last_applied = 2,
                .peers = {{2, 2, 3}, {3, 1, 3}}},
  });
}

TEST(Leaders, UpdateNextIndexAndMatchIndexWhenAFollowerAccepts) {
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 1, 1},
                 .commit_index = 3,
                 .last_applied = 3,
                 .peers = {{2, 3, 4}, {3, 0, 2, kProbe}}},
      .events = {{From(3, 1, AppendEntriesReply{.accepted = true, .match_index = 1}),
                  {To(3, 1, AppendEntries{.previous = {1, 1}, .commit_index = 3, .entries = Entries({1, 1})})}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1, 1},
                .commit_index = 3,
                .last_applied = 3,
                .peers = {{2, 3, 4}, {3, 1, 4}}},
  });
}

TEST(Leaders, DecrementNextIndexAndRetryWhenTheLogsDoNotAgree) {
  // index   1 2 3 4      The follower's hint skips all of a term that cannot agree.
  // here    1 1 3 3
  // server  1 1 2
  Expect({
      .before = {.role = kLeader,
                 .current_term = 3,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 1, 3, 3},
                 .peers = {{2, 0, 5, kProbe}, {3, 0, 4, kProbe}}},
      .events = {{From(3, 3, AppendEntriesReply{.rejected_index = 3, .hint = {3, 2}}),
                  {To(3, 3, AppendEntries{.previous = {2, 1}, .entries = Entries({3, 3})})}}},
      .after = {.role = kLeader,
                .current_term = 3,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1, 3, 3},
                .peers = {{2, 0, 5, kProbe}, {3, 0, 3, kProbe}}},
  });
}

TEST(Leaders, CommitAnEntryOfTheirTermThatAMajorityHas) {
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 1, 1},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 1, 4}, {3, 1, 4}}},
      .events = {{From(3, 1, AppendEntriesReply{.accepted = true, .match_index = 2}),
                  {Apply{2, 2}, To(2, 1, AppendEntries{.previous = {3, 1}, .commit_index = 2}),
                   To(3, 1, AppendEntries{.previous = {3, 1}, .commit_index = 2})}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1, 1},
                .commit_index = 2,
                .last_applied = 2,
                .peers = {{2, 1, 4}, {3, 2, 4}}},
  });
}

}  // namespace
}  // namespace lockstep::paper
