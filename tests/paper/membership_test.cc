// Section 6 and chapter 4 of the thesis: changes of membership.

#include <gtest/gtest.h>

#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::AppendLog;
using effect::Apply;
using effect::Outcome;
using effect::OutcomeKind;
using effect::Reason;
using effect::Timer;
using enum Role;
using enum ProgressMode;

constexpr EntryMeta Change(Term term) { return {term, 0, EntryKind::kConfiguration}; }

// C_old = {1, 2, 3}, C_new = {1, 4, 5}.
const Configuration kOld{.voters = {{1}, {2}, {3}}};
const Configuration kJoint{.voters = {{1}, {4}, {5}}, .outgoing_voters = {{1}, {2}, {3}}, .auto_leave = true};
const Configuration kNew{.voters = {{1}, {4}, {5}}};

input::ProposeConfiguration Propose(RequestId id, std::vector<MemberChange> members) {
  return {id, {std::move(members), Transition::kAuto}};
}

TEST(Membership, TheLeaderStoresTheJointConfigurationInTheLogAndSendsItToTheServersOfBoth) {
  const AppendEntries entry{
      .previous = {1, 1}, .commit_index = 1, .entries = {Change(1)}, .configurations = {{2, kJoint}}};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 1, 2}, {3, 1, 2}}},
      .events = {{Propose(10, {{ChangeKind::kRemove, {2}},
                               {ChangeKind::kRemove, {3}},
                               {ChangeKind::kAddVoter, {4}},
                               {ChangeKind::kAddVoter, {5}}}),
                  {AppendLog{1, 2, {Change(1)}, {{2, kJoint}}}, To(2, 1, entry), To(3, 1, entry), To(4, 1, entry),
                   To(5, 1, entry)}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1},
                .commit_index = 1,
                .last_applied = 1,
                .peers = {{2, 1, 3}, {3, 1, 3}, {4, 0, 2, kProbe}, {5, 0, 2, kProbe}},
                .configurations = {{0, kOld}, {2, kJoint}}},
  });
}

TEST(Membership, AServerUsesTheLatestConfigurationInItsLogWhetherCommittedOrNot) {
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{From(2, 1,
                       AppendEntries{.previous = {1, 1}, .entries = {Change(1)}, .configurations = {{2, kJoint}}}),
                  {Restart(Timer::kElection), AppendLog{1, 2, {Change(1)}, {{2, kJoint}}}}}},
      .after = {.leader = 2, .log = {1, 1}, .configurations = {{0, kOld}, {2, kJoint}}},
  });
}

TEST(Membership, AServerFallsBackToThePreviousConfigurationWhenTheEntryIsRemoved) {
  Expect({
      .before = {.current_term = 2, .leader = 3, .log = {1, 1}, .configurations = {{0, kOld}, {2, kJoint}}},
      .events = {{From(3, 2, AppendEntries{.previous = {1, 1}, .entries = Entries({2})}),
                  {Restart(Timer::kElection), effect::TruncateLog{1, 1}, AppendLog{2, 2, Entries({2}), {}}}}},
      .after = {.current_term = 2, .leader = 3, .log = {1, 2}, .configurations = {{0, kOld}}},
  });
}

TEST(Membership, AgreementForEntriesNeedsAMajorityOfTheOldAndOfTheNewConfiguration) {
  const Given before{.role = kLeader,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1, 1},
                     .commit_index = 1,
                     .last_applied = 1,
                     .peers = {{2, 1, 3}, {3, 1, 3}, {4, 1, 3}, {5, 1, 3}},
                     .configurations = {{0, kOld}, {2, kJoint}}};
  Given after = before;
  after.peers = {{2, 1, 3}, {3, 1, 3}, {4, 2, 3}, {5, 2, 3}};
  // All of C_new, and of C_old the leader alone.
  Expect({
      .before = before,
      .events = {{From(4, 1, AppendEntriesReply{.accepted = true, .match_index = 2}), {}},
                 {From(5, 1, AppendEntriesReply{.accepted = true, .match_index = 2}), {}}},
      .after = after,
  });
}

TEST(Membership, ElectionsNeedAMajorityOfTheOldAndOfTheNewConfiguration) {
  const std::vector<ConfigurationEntry> joint = {{0, kOld}, {1, kJoint}};
  Expect({
      .before = {.role = kCandidate, .voted_for = 1, .log = {1}, .votes = {1}, .configurations = joint},
      .events = {{From(2, 1, RequestVoteReply{.election_term = 1, .granted = true}), {}},
                 {From(3, 1, RequestVoteReply{.election_term = 1, .granted = true}), {}}},
      .after = {.role = kCandidate, .voted_for = 1, .log = {1}, .votes = {1, 2, 3}, .configurations = joint},
  });
}

TEST(Membership, OnceTheJointConfigurationIsCommittedTheLeaderAppendsTheNewOne) {
  const AppendEntries leave{
      .previous = {2, 1}, .commit_index = 2, .entries = {Change(1)}, .configurations = {{3, kNew}}};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1, 1},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 2, 3}, {3, 1, 3}, {4, 1, 3}, {5, 1, 3}},
                 .configurations = {{0, kOld}, {2, kJoint}}},
      .events = {{From(4, 1, AppendEntriesReply{.accepted = true, .match_index = 2}),
                  {Apply{2, 2}, To(2, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2}),
                   To(3, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2}),
                   To(4, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2}),
                   To(5, 1, AppendEntries{.previous = {2, 1}, .commit_index = 2}),
                   AppendLog{1, 3, {Change(1)}, {{3, kNew}}}, To(4, 1, leave), To(5, 1, leave)}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1, 1},
                .commit_index = 2,
                .last_applied = 2,
                .peers = {{4, 2, 4}, {5, 1, 4}},
                .configurations = {{0, kOld}, {2, kJoint}, {3, kNew}}},
  });
}

// The leader of {1, 2, 3} that removes itself: {2, 3} is in its log and not committed.
Given LeaderLeaving(Index match_of_2, Index match_of_3) {
  return {.role = kLeader,
          .voted_for = 1,
          .leader = 1,
          .log = {1, 1},
          .commit_index = 1,
          .last_applied = 1,
          .peers = {{2, match_of_2, 3}, {3, match_of_3, 3}},
          .configurations = {{0, kOld}, {2, {.voters = {{2}, {3}}}}}};
}

TEST(Membership, ALeaderThatIsNotPartOfTheConfigurationDoesNotCountItselfInMajorities) {
  Expect({
      .before = LeaderLeaving(1, 1),
      .events = {{From(2, 1, AppendEntriesReply{.accepted = true, .match_index = 2}), {}}},
      .after = LeaderLeaving(2, 1),
  });
}

TEST(Membership, ALeaderThatIsNotPartOfTheConfigurationStepsDownOnceItIsCommitted) {
  const AppendEntries commit{.previous = {2, 1}, .commit_index = 2};
  Expect({
      .before = LeaderLeaving(2, 1),
      .events = {{From(3, 1, AppendEntriesReply{.accepted = true, .match_index = 2}),
                  {Apply{2, 2}, To(2, 1, commit), To(3, 1, commit), To(2, 1, TimeoutNow{}),
                   Restart(Timer::kElection)}}},
      .after = {.voted_for = 1,
                .log = {1, 1},
                .commit_index = 2,
                .last_applied = 2,
                .configurations = {{0, kOld}, {2, {.voters = {{2}, {3}}}}}},
  });
}

TEST(Membership, NewServersJoinAsNonVotingMembersThatAreNotCountedForMajorities) {
  const ConfigurationEntry learner{0, {.voters = {{1}, {2}, {3}}, .learners = {{4}}}};
  const Given before{.role = kLeader,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1},
                     .peers = {{2, 0, 2}, {3, 0, 2}, {4, 0, 2}},
                     .configurations = {learner}};
  Given after = before;
  after.peers = {{2, 0, 2}, {3, 0, 2}, {4, 1, 2}};
  Expect({
      .before = before,
      .events = {{From(4, 1, AppendEntriesReply{.accepted = true, .match_index = 1}), {}}},
      .after = after,
  });
}

TEST(Membership, AServerThatIsNoVoterOfItsConfigurationDoesNotStartElections) {
  const ConfigurationEntry learner{0, {.voters = {{2}, {3}}, .learners = {{1}}}};
  Expect({
      .before = {.leader = 2, .log = {1}, .configurations = {learner}},
      .events = {{input::ElectionTimeout{}, {Restart(Timer::kElection)}}},
      .after = {.log = {1}, .configurations = {learner}},
  });
}

TEST(Membership, AServerVotesForACandidateThatItsOwnConfigurationDoesNotKnow) {
  // The candidate's log may hold a configuration that this server has not received yet. [Thesis §4.1]
  Expect({
      .before = {.current_term = 3, .log = {1}},
      .events = {{From(9, 3, RequestVote{.election_term = 3, .last_log = {2, 1}}),
                  {Restart(Timer::kElection), effect::SaveVote{1, 3, {9}},
                   To(9, 3, RequestVoteReply{.election_term = 3, .granted = true}, /*after=*/1)}}},
      .after = {.current_term = 3, .voted_for = 9, .log = {1}},
  });
}

TEST(Membership, AServerAcceptsEntriesFromALeaderThatItsOwnConfigurationDoesNotKnow) {
  Expect({
      .before = {.log = {1}},
      .events = {{From(9, 1, AppendEntries{.previous = {1, 1}}),
                  {Restart(Timer::kElection), To(9, 1, AppendEntriesReply{.accepted = true, .match_index = 1})}}},
      .after = {.leader = 9, .log = {1}},
  });
}

TEST(Membership, AServerThatHearsFromALeaderDisregardsAVoteRequestAndItsTerm) {
  Expect({
      .before = {.leader = 2, .log = {1}},
      .events = {{From(3, 7, RequestVote{.election_term = 7, .last_log = {1, 1}}), {}}},
      .after = {.leader = 2, .log = {1}},
      .options = {.pre_vote = false, .check_quorum = true},
  });
}

// ---- Thesis, chapter 4 -------------------------------------------------------------------------------------

TEST(SingleServerChanges, AnAdditionOfOneServerNeedsNoJointConfiguration) {
  const Configuration four{.voters = {{1}, {2}, {3}, {4}}};
  const AppendEntries entry{
      .previous = {1, 1}, .commit_index = 1, .entries = {Change(1)}, .configurations = {{2, four}}};
  Expect({
      .before = {.role = kLeader,
                 .voted_for = 1,
                 .leader = 1,
                 .log = {1},
                 .commit_index = 1,
                 .last_applied = 1,
                 .peers = {{2, 1, 2}, {3, 1, 2}}},
      .events = {{Propose(10, {{ChangeKind::kAddVoter, {4}}}),
                  {AppendLog{1, 2, {Change(1)}, {{2, four}}}, To(2, 1, entry), To(3, 1, entry), To(4, 1, entry)}}},
      .after = {.role = kLeader,
                .voted_for = 1,
                .leader = 1,
                .log = {1, 1},
                .commit_index = 1,
                .last_applied = 1,
                .peers = {{2, 1, 3}, {3, 1, 3}, {4, 0, 2, kProbe}},
                .configurations = {{0, kOld}, {2, four}}},
  });
}

TEST(SingleServerChanges, NoChangeBeginsWhileThePreviousOneIsNotCommitted) {
  const Given leader{.role = kLeader,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1, 1},
                     .commit_index = 1,
                     .last_applied = 1,
                     .peers = {{2, 1, 3}, {3, 1, 3}, {4, 0, 3}},
                     .configurations = {{0, kOld}, {2, {.voters = {{1}, {2}, {3}, {4}}}}}};
  Expect({
      .before = leader,
      .events = {{Propose(10, {{ChangeKind::kRemove, {2}}}),
                  {Outcome{.request_id = 10,
                           .kind = OutcomeKind::kRejected,
                           .reason = Reason::kChangeInProgress,
                           .leader = {1}}}}},
      .after = leader,
  });
}

TEST(SingleServerChanges, NoChangeBeginsBeforeTheLeaderHasCommittedAnEntryOfItsTerm) {
  const Given leader{.role = kLeader,
                     .current_term = 2,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1, 2},
                     .commit_index = 1,
                     .last_applied = 1,
                     .peers = {{2, 0, 3, kProbe}, {3, 0, 3, kProbe}}};
  Expect({
      .before = leader,
      .events = {{Propose(10, {{ChangeKind::kAddVoter, {4}}}),
                  {Outcome{.request_id = 10,
                           .kind = OutcomeKind::kRejected,
                           .reason = Reason::kTermNotCommitted,
                           .leader = {1}}}}},
      .after = leader,
  });
}

TEST(SingleServerChanges, TheLastVoterCannotBeRemoved) {
  const Given leader{.role = kLeader,
                     .voted_for = 1,
                     .leader = 1,
                     .log = {1},
                     .commit_index = 1,
                     .last_applied = 1,
                     .configurations = {{0, {.voters = {{1}}}}}};
  Expect({
      .before = leader,
      .events =
          {{Propose(10, {{ChangeKind::kRemove, {1}}}),
            {Outcome{
                .request_id = 10, .kind = OutcomeKind::kRejected, .reason = Reason::kInvalidChange, .leader = {1}}}}},
      .after = leader,
  });
}

}  // namespace
}  // namespace lockstep::paper
