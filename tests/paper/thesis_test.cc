// Thesis, sections 3.10 and 9.6: leadership transfer and PreVote.

#include <gtest/gtest.h>

#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::AppendLog;
using effect::Outcome;
using effect::OutcomeKind;
using effect::Reason;
using effect::SaveVote;
using effect::Timer;
using enum Role;
using enum ProgressMode;

// ---- 3.10 --------------------------------------------------------------------------------------------------

// Leads; server 2 has everything, server 3 lacks the last entry.
const Given kLeaderOfTwo{.role = kLeader,
                         .voted_for = 1,
                         .leader = 1,
                         .log = {1, 1},
                         .commit_index = 2,
                         .last_applied = 2,
                         .peers = {{2, 2, 3}, {3, 1, 3}}};

TEST(LeadershipTransfer, ThePriorLeaderStopsAcceptingNewClientRequests) {
  Expect({
      .before = kLeaderOfTwo,
      .events = {{input::TransferLeadership{.request_id = 30, .target = {3}}, {}},
                 {Commands(10, 1),
                  {Outcome{.request_id = 10,
                           .kind = OutcomeKind::kRejected,
                           .reason = Reason::kTransferInProgress,
                           .leader = {1}}}}},
      .after = kLeaderOfTwo,
  });
}

TEST(LeadershipTransfer, ThePriorLeaderBringsTheTargetsLogUpToDateAndThenSendsTimeoutNow) {
  Given after = kLeaderOfTwo;
  after.peers = {{2, 2, 3}, {3, 2, 3}};
  Expect({
      .before = kLeaderOfTwo,
      .events = {{input::TransferLeadership{.request_id = 30, .target = {3}}, {}},
                 {From(3, 1, AppendEntriesReply{.accepted = true, .match_index = 2}),
                  {To(3, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2}), To(3, 1, TimeoutNow{})}}},
      .after = after,
  });
}

TEST(LeadershipTransfer, ATargetThatIsUpToDateIsToldAtOnce) {
  Expect({
      .before = kLeaderOfTwo,
      .events = {{input::TransferLeadership{.request_id = 30, .target = {2}}, {To(2, 1, TimeoutNow{})}}},
      .after = kLeaderOfTwo,
  });
}

TEST(LeadershipTransfer, TheTargetStartsAnElectionAsIfItsTimerHadRunOut) {
  // Without asking first, and its requests say why, so that servers that hear from the leader answer all the same.
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{From(2, 1, TimeoutNow{}),
                  {Restart(Timer::kElection), SaveVote{1, 2, {1}},
                   To(2, 2, RequestVote{.election_term = 2, .last_log = {1, 1}, .leader_transfer = true}, 1),
                   To(3, 2, RequestVote{.election_term = 2, .last_log = {1, 1}, .leader_transfer = true}, 1)}}},
      .after = {.role = kCandidate, .current_term = 2, .voted_for = 1, .log = {1}},
      .options = {.pre_vote = true, .check_quorum = true},
  });
}

TEST(LeadershipTransfer, AServerThatHearsFromTheLeaderVotesForTheTarget) {
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{From(3, 2, RequestVote{.election_term = 2, .last_log = {1, 1}, .leader_transfer = true}),
                  {Restart(Timer::kElection), SaveVote{1, 2, {3}},
                   To(3, 2, RequestVoteReply{.election_term = 2, .granted = true}, /*after=*/1)}}},
      .after = {.current_term = 2, .voted_for = 3, .log = {1}},
      .options = {.pre_vote = true, .check_quorum = true},
  });
}

TEST(LeadershipTransfer, IfItDoesNotCompleteWithinAboutAnElectionTimeoutThePriorLeaderResumes) {
  const AppendEntries entry{.previous = {2, 1}, .commit_index = 2, .entries = Entries({1}), .configurations = {}};
  Given after = kLeaderOfTwo;
  after.log = {1, 1, 1};
  after.peers = {{2, 2, 4}, {3, 1, 4}};
  Expect({
      .before = kLeaderOfTwo,
      .events = {{input::TransferLeadership{.request_id = 30, .target = {3}}, {}},
                 {input::QuorumCheckTimeout{}, {Restart(Timer::kQuorumCheck)}},
                 {input::QuorumCheckTimeout{},
                  {Restart(Timer::kQuorumCheck),
                   Outcome{
                       .request_id = 30, .kind = OutcomeKind::kRejected, .reason = Reason::kTimedOut, .leader = {1}}}},
                 {Commands(10, 1), {AppendLog{1, 3, Entries({1}), {}}, To(2, 1, entry), To(3, 1, entry)}}},
      .after = after,
  });
}

TEST(LeadershipTransfer, ItIsCompleteWhenTheTargetLeads) {
  Expect({
      .before = kLeaderOfTwo,
      .events = {{input::TransferLeadership{.request_id = 30, .target = {2}}, {To(2, 1, TimeoutNow{})}},
                 {From(2, 2, RequestVote{.election_term = 2, .last_log = {2, 1}, .leader_transfer = true}),
                  {Restart(Timer::kElection), Restart(Timer::kElection), SaveVote{1, 2, {2}},
                   To(2, 2, RequestVoteReply{.election_term = 2, .granted = true}, /*after=*/1)}},
                 {input::WriteDone{1}, {}},
                 {From(2, 2, Heartbeat{.round = 1}),
                  {Outcome{.request_id = 30, .kind = OutcomeKind::kDone, .leader = {2}}, Restart(Timer::kElection),
                   To(2, 2, HeartbeatReply{1})}}},
      .after = {.current_term = 2, .voted_for = 2, .leader = 2, .log = {1, 1}, .commit_index = 2, .last_applied = 2},
  });
}

// ---- 9.6 ---------------------------------------------------------------------------------------------------

constexpr Options kPreVote{.pre_vote = true, .check_quorum = true};

TEST(PreVoteAlgorithm, ACandidateAsksBeforeItIncrementsItsTerm) {
  const RequestVote ask{.election_term = 2, .last_log = {1, 1}, .pre_vote = true};
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{input::ElectionTimeout{}, {Restart(Timer::kElection), To(2, 1, ask), To(3, 1, ask)}}},
      .after = {.role = kPreCandidate, .log = {1}, .votes = {1}},
      .options = kPreVote,
  });
}

TEST(PreVoteAlgorithm, WithAMajorityWillingItStartsARealElection) {
  const RequestVote request{.election_term = 2, .last_log = {1, 1}};
  Expect({
      .before = {.role = kPreCandidate, .log = {1}, .votes = {1}},
      .events = {{From(2, 1, RequestVoteReply{.election_term = 2, .pre_vote = true, .granted = true}),
                  {Restart(Timer::kElection), SaveVote{1, 2, {1}}, To(2, 2, request, 1), To(3, 2, request, 1)}}},
      .after = {.role = kCandidate, .current_term = 2, .voted_for = 1, .log = {1}},
      .options = kPreVote,
  });
}

TEST(PreVoteAlgorithm, AServerIsWillingIfTheLogIsUpToDateAndItHasNotHeardFromALeaderAndChangesNothing) {
  const Given server{.voted_for = 3, .log = {1}};
  Expect({
      .before = server,
      .events = {{From(2, 1, RequestVote{.election_term = 2, .last_log = {1, 1}, .pre_vote = true}),
                  {To(2, 1, RequestVoteReply{.election_term = 2, .pre_vote = true, .granted = true})}}},
      .after = server,
      .options = kPreVote,
  });
}

TEST(PreVoteAlgorithm, AServerIsNotWillingIfTheLogIsNotUpToDate) {
  const Given server{.log = {1, 1}};
  Expect({
      .before = server,
      .events = {{From(2, 1, RequestVote{.election_term = 2, .last_log = {1, 1}, .pre_vote = true}),
                  {To(2, 1, RequestVoteReply{.election_term = 2, .pre_vote = true, .granted = false})}}},
      .after = server,
      .options = kPreVote,
  });
}

TEST(PreVoteAlgorithm, AServerIsNotWillingIfItHearsFromALeader) {
  const Given server{.leader = 3, .log = {1}};
  Expect({
      .before = server,
      .events = {{From(2, 1, RequestVote{.election_term = 2, .last_log = {1, 1}, .pre_vote = true}),
                  {To(2, 1, RequestVoteReply{.election_term = 2, .pre_vote = true, .granted = false})}}},
      .after = server,
      .options = kPreVote,
  });
}

TEST(PreVoteAlgorithm, AReturningServerWithALaterTermInItsQuestionDisturbsNobody) {
  // Neither the leader's term nor its role changes.
  Expect({
      .before = kLeaderOfTwo,
      .events = {{From(3, 8, RequestVote{.election_term = 9, .last_log = {1, 1}, .pre_vote = true}),
                  {To(3, 1, RequestVoteReply{.election_term = 9, .pre_vote = true, .granted = false})}}},
      .after = kLeaderOfTwo,
      .options = kPreVote,
  });
}

}  // namespace
}  // namespace lockstep::paper
