// Section 8 and sections 6.2 to 6.4 of the thesis: clients.

#include <gtest/gtest.h>

#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::Apply;
using effect::Outcome;
using effect::OutcomeKind;
using effect::Reason;
using effect::SaveVote;
using effect::Timer;
using enum Role;
using enum ProgressMode;

// Leads, and has committed an entry of its term.
const Given kSettledLeader{.role = kLeader,
                           .voted_for = 1,
                           .leader = 1,
                           .log = {1},
                           .commit_index = 1,
                           .last_applied = 1,
                           .peers = {{2, 1, 2}, {3, 1, 2}}};

std::vector<Effect> Round(uint64_t round) {
  return {To(2, 1, Heartbeat{.commit_index = 1, .round = round}),
          To(3, 1, Heartbeat{.commit_index = 1, .round = round})};
}

TEST(Clients, AServerThatIsNotTheLeaderRejectsARequestAndSaysWhoLeads) {
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{Commands(10, 1),
                  {Outcome{
                      .request_id = 10, .kind = OutcomeKind::kRejected, .reason = Reason::kNotLeader, .leader = {2}}}}},
      .after = {.leader = 2, .log = {1}},
  });
}

TEST(Clients, ALeaderThatLosesItsLeadershipCannotSayWhetherACommandWillBeCommitted) {
  Given after{.current_term = 2, .leader = 2, .log = {1, 1}, .commit_index = 1, .last_applied = 1};
  const AppendEntries entry{.previous = {1, 1}, .commit_index = 1, .entries = Entries({1}), .configurations = {}};
  Expect({
      .before = kSettledLeader,
      .events =
          {{Commands(10, 1), {effect::AppendLog{1, 2, Entries({1}), {}}, To(2, 1, entry), To(3, 1, entry)}},
           {From(2, 2, Heartbeat{.round = 1}),
            {Outcome{.request_id = 10, .kind = OutcomeKind::kUnknown, .reason = Reason::kLeadershipLost, .leader = {1}},
             Restart(Timer::kElection), Restart(Timer::kElection), SaveVote{2, 2, {}},
             To(2, 2, HeartbeatReply{1}, /*after=*/2)}}},
      .after = after,
  });
}

TEST(ReadOnlyQueries, TheLeaderExchangesHeartbeatsWithAMajorityBeforeItResponds) {
  Expect({
      .before = kSettledLeader,
      .events = {{input::Read{.request_id = 20}, Round(1)},
                 {From(3, 1, HeartbeatReply{1}),
                  {Outcome{.request_id = 20, .kind = OutcomeKind::kDone, .leader = {1}, .index = 1}}}},
      .after = kSettledLeader,
  });
}

TEST(ReadOnlyQueries, AnAnswerToAnEarlierRoundConfirmsNothing) {
  // The second read began after the first round: only the second round can show that no newer leader preceded it.
  Expect({
      .before = kSettledLeader,
      .events = {{input::Read{.request_id = 20}, Round(1)},
                 {input::Read{.request_id = 21}, {}},
                 {From(3, 1, HeartbeatReply{1}),
                  {Outcome{.request_id = 20, .kind = OutcomeKind::kDone, .leader = {1}, .index = 1},
                   To(2, 1, Heartbeat{.commit_index = 1, .round = 2}),
                   To(3, 1, Heartbeat{.commit_index = 1, .round = 2})}},
                 {From(2, 1, HeartbeatReply{1}), {}},
                 {From(2, 1, HeartbeatReply{2}),
                  {Outcome{.request_id = 21, .kind = OutcomeKind::kDone, .leader = {1}, .index = 1}}}},
      .after = kSettledLeader,
  });
}

TEST(ReadOnlyQueries, TheLeaderWaitsUntilItHasCommittedAnEntryOfItsTerm) {
  const Given leader{.role = kLeader,
                     .current_term = 2,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1, 2},
                     .commit_index = 1,
                     .last_applied = 1,
                     .peers = {{2, 1, 3}, {3, 1, 3}}};
  Given after = leader;
  after.commit_index = after.last_applied = 2;
  after.peers = {{2, 2, 3}, {3, 1, 3}};
  Expect({
      .before = leader,
      .events =
          {{input::Read{.request_id = 20}, {}},
           {From(2, 2, AppendEntriesReply{.accepted = true, .match_index = 2}),
            {Apply{2, 2}, To(2, 2, AppendEntries{.previous = {2, 2}, .commit_index = 2}),
             To(3, 2, AppendEntries{.previous = {2, 2}, .commit_index = 2}),
             To(2, 2, Heartbeat{.commit_index = 2, .round = 1}), To(3, 2, Heartbeat{.commit_index = 1, .round = 1})}},
           {From(2, 2, HeartbeatReply{1}), {}},
           {input::Applied{2}, {Outcome{.request_id = 20, .kind = OutcomeKind::kDone, .leader = {1}, .index = 2}}}},
      .after = after,
  });
}

TEST(ReadOnlyQueries, AStaleLeaderRefusesWhenItLearnsOfItsSuccessor) {
  Expect({
      .before = kSettledLeader,
      .events =
          {{input::Read{.request_id = 20}, Round(1)},
           {From(2, 5, AppendEntriesReply{.rejected_index = 1}),
            {Outcome{
                 .request_id = 20, .kind = OutcomeKind::kRejected, .reason = Reason::kLeadershipLost, .leader = {1}},
             Restart(Timer::kElection), SaveVote{1, 5, {}}}}},
      .after = {.current_term = 5, .log = {1}, .commit_index = 1, .last_applied = 1},
  });
}

TEST(ReadOnlyQueries, AFollowerAsksTheLeaderForAReadIndexAndWaitsUntilItHasAppliedThatFar) {
  Expect({
      .before = {.leader = 2, .log = {1, 1}, .commit_index = 1, .last_applied = 1},
      .events = {{input::Read{.request_id = 20}, {To(2, 1, ReadRequest{.start = 1, .position = 1})}},
                 {From(2, 1, ReadReply{.start = 1, .position = 1, .accepted = true, .read_index = 2}), {}},
                 {From(2, 1, Heartbeat{.commit_index = 2, .round = 1}),
                  {Restart(Timer::kElection), Apply{2, 2}, To(2, 1, HeartbeatReply{1})}},
                 {input::Applied{2},
                  {Outcome{.request_id = 20, .kind = OutcomeKind::kDone, .leader = {2}, .index = 2}}}},
      .after = {.leader = 2, .log = {1, 1}, .commit_index = 2, .last_applied = 2},
  });
}

TEST(ReadOnlyQueries, TheLeaderAnswersAFollowersQuestionOnceAMajorityHasConfirmedIt) {
  Expect({
      .before = kSettledLeader,
      .events = {{From(3, 1, ReadRequest{.start = 77, .position = 4}), Round(1)},
                 {From(3, 1, HeartbeatReply{1}),
                  {To(3, 1, ReadReply{.start = 77, .position = 4, .accepted = true, .read_index = 1})}}},
      .after = kSettledLeader,
  });
}

// ---- Leases [Thesis §6.4.1] ----------------------------------------------------------------------------------

constexpr Options kLeases{.pre_vote = false, .check_quorum = true, .lease_micros = 1000};
constexpr input::Read kLeaseRead{.request_id = 20, .mode = input::ReadMode::kLease};

TEST(Leases, ALeaderThatAMajorityHasAnsweredServesReadsUntilALeaseAfterTheRoundBegan) {
  std::vector<Effect> heartbeat = Round(1);
  heartbeat.insert(heartbeat.begin(), Restart(Timer::kHeartbeat));
  Expect({
      .before = kSettledLeader,
      .events =
          {{input::HeartbeatTimeout{}, heartbeat, Now{.micros = 5000, .error_micros = 10}},
           {From(2, 1, HeartbeatReply{1}), {}, Now{.micros = 5500, .error_micros = 10}},
           {kLeaseRead,
            {Outcome{
                .request_id = 20, .kind = OutcomeKind::kDone, .leader = {1}, .index = 1, .lease_until_micros = 5990}},
            Now{.micros = 5900, .error_micros = 10}}},
      .after = kSettledLeader,
      .options = kLeases,
  });
}

TEST(Leases, OnceTheLeaseMayHaveEndedAReadNeedsARound) {
  std::vector<Effect> heartbeat = Round(1);
  heartbeat.insert(heartbeat.begin(), Restart(Timer::kHeartbeat));
  Expect({
      .before = kSettledLeader,
      .events = {{input::HeartbeatTimeout{}, heartbeat, Now{.micros = 5000, .error_micros = 10}},
                 {From(2, 1, HeartbeatReply{1}), {}, Now{.micros = 5500, .error_micros = 10}},
                 {kLeaseRead, Round(2), Now{.micros = 5985, .error_micros = 10}}},
      .after = kSettledLeader,
      .options = kLeases,
  });
}

// ---- [Thesis §6.2] -------------------------------------------------------------------------------------------

TEST(CheckQuorum, ALeaderStepsDownIfAnElectionTimeoutPassesWithoutAnswersFromAMajority) {
  Expect({
      .before = kSettledLeader,
      .events = {{input::QuorumCheckTimeout{}, {Restart(Timer::kQuorumCheck)}},
                 {input::QuorumCheckTimeout{}, {Restart(Timer::kQuorumCheck), Restart(Timer::kElection)}}},
      .after = {.voted_for = 1, .log = {1}, .commit_index = 1, .last_applied = 1},
      .options = {.pre_vote = false, .check_quorum = true},
  });
}

TEST(CheckQuorum, ALeaderThatAMajorityAnswersGoesOn) {
  Expect({
      .before = kSettledLeader,
      .events = {{input::QuorumCheckTimeout{}, {Restart(Timer::kQuorumCheck)}},
                 {From(3, 1, HeartbeatReply{}), {}},
                 {input::QuorumCheckTimeout{}, {Restart(Timer::kQuorumCheck)}}},
      .after = kSettledLeader,
      .options = {.pre_vote = false, .check_quorum = true},
  });
}

}  // namespace
}  // namespace lockstep::paper
