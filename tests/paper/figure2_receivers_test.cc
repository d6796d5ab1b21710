// Figure 2: what a server does with AppendEntries and RequestVote, rule by rule.

#include <gtest/gtest.h>

#include "tests/paper/rule.h"

namespace lockstep::paper {
namespace {

using effect::AppendLog;
using effect::Apply;
using effect::SaveVote;
using effect::Timer;
using effect::TruncateLog;

// ---- AppendEntries -----------------------------------------------------------------------------------------

TEST(AppendEntriesReceiver, ReplyFalseIfTermIsLessThanCurrentTerm) {
  Expect({
      .before = {.current_term = 3, .leader = 3, .log = {1, 3}},
      .events = {{From(2, 2, AppendEntries{.previous = {2, 2}, .entries = Entries({2})}),
                  {To(2, 3, AppendEntriesReply{.rejected_index = 2})}}},
      .after = {.current_term = 3, .leader = 3, .log = {1, 3}},
  });
}

TEST(AppendEntriesReceiver, ReplyFalseIfLogIsTooShortToHoldPrevLogIndex) {
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 2}},
      .events = {{From(2, 3, AppendEntries{.previous = {5, 3}, .entries = Entries({3})}),
                  {Restart(Timer::kElection), To(2, 3, AppendEntriesReply{.rejected_index = 5, .hint = {2, 2}})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 2}},
  });
}

TEST(AppendEntriesReceiver, ReplyFalseIfTheEntryAtPrevLogIndexHasAnotherTerm) {
  // index   1 2 3
  // here    1 2 2
  // leader  1 1 3   the logs can agree at index 1 at best
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 2, 2}},
      .events = {{From(2, 3, AppendEntries{.previous = {2, 1}, .entries = Entries({3})}),
                  {Restart(Timer::kElection), To(2, 3, AppendEntriesReply{.rejected_index = 2, .hint = {1, 1}})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 2, 2}},
  });
}

TEST(AppendEntriesReceiver, IfAnExistingEntryConflictsWithANewOneDeleteItAndAllThatFollowIt) {
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 2, 2, 2}, .commit_index = 1, .last_applied = 1},
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .commit_index = 1, .entries = Entries({3})}),
                  {Restart(Timer::kElection), TruncateLog{1, 1}, AppendLog{2, 2, Entries({3}), {}}}},
                 {input::WriteDone{1}, {}},
                 {input::WriteDone{2}, {To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 2})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 3}, .commit_index = 1, .last_applied = 1},
  });
}

TEST(AppendEntriesReceiver, AppendAnyNewEntriesNotAlreadyInTheLog) {
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 3}},
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .entries = Entries({3, 3, 3})}),
                  {Restart(Timer::kElection), AppendLog{1, 3, Entries({3, 3}), {}}}},
                 {input::WriteDone{1}, {To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 4})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 3, 3, 3}},
  });
}

TEST(AppendEntriesReceiver, ADelayedShorterRequestDeletesNothing) {
  // Only a conflict deletes: "and all that follow it" does not mean what merely follows the request's last entry.
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 3, 3, 3}},
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .entries = Entries({3})}),
                  {Restart(Timer::kElection), To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 2})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 3, 3, 3}},
  });
}

TEST(AppendEntriesReceiver, IfLeaderCommitIsLargerSetCommitIndexToItIfTheNewEntriesReachThatFar) {
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 3, 3}},
      .events = {{From(2, 3, AppendEntries{.previous = {3, 3}, .commit_index = 2}),
                  {Restart(Timer::kElection), Apply{1, 2},
                   To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 3})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 3, 3}, .commit_index = 2, .last_applied = 2},
  });
}

TEST(AppendEntriesReceiver, ElseToTheIndexOfTheLastNewEntry) {
  // Entry 3 may yet conflict with the leader's: nothing of it has been compared.
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1, 1, 2}},
      .events = {{From(2, 3, AppendEntries{.previous = {2, 1}, .commit_index = 9}),
                  {Restart(Timer::kElection), Apply{1, 2},
                   To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 2})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 1, 2}, .commit_index = 2, .last_applied = 2},
  });
}

TEST(AppendEntriesReceiver, NewEntriesAreOnStableStorageBeforeTheReply) {
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1}},
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .entries = Entries({3})}),
                  {Restart(Timer::kElection), AppendLog{1, 2, Entries({3}), {}}}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 3}},
  });
}

TEST(AppendEntriesReceiver, AReplyCoversOnlyWhatIsOnStableStorage) {
  // The logs agree up to 2, of which entry 2 is still being written.
  Expect({
      .before = {.current_term = 3, .leader = 2, .log = {1}},
      .events = {{From(2, 3, AppendEntries{.previous = {1, 1}, .entries = Entries({3})}),
                  {Restart(Timer::kElection), AppendLog{1, 2, Entries({3}), {}}}},
                 {From(2, 3, AppendEntries{.previous = {2, 3}}),
                  {Restart(Timer::kElection), To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 1})}},
                 {input::WriteDone{1}, {To(2, 3, AppendEntriesReply{.accepted = true, .match_index = 2})}}},
      .after = {.current_term = 3, .leader = 2, .log = {1, 3}},
  });
}

// ---- RequestVote -------------------------------------------------------------------------------------------

TEST(RequestVoteReceiver, ReplyFalseIfTermIsLessThanCurrentTerm) {
  Expect({
      .before = {.current_term = 3, .log = {1}},
      .events = {{From(2, 2, RequestVote{.election_term = 2, .last_log = {9, 2}}),
                  {To(2, 3, RequestVoteReply{.election_term = 2, .granted = false})}}},
      .after = {.current_term = 3, .log = {1}},
  });
}

TEST(RequestVoteReceiver, IfVotedForIsNullAndTheCandidatesLogIsAsUpToDateGrantTheVote) {
  Expect({
      .before = {.current_term = 3, .log = {1, 2}},
      .events = {{From(2, 3, RequestVote{.election_term = 3, .last_log = {2, 2}}),
                  {Restart(Timer::kElection), SaveVote{1, 3, {2}},
                   To(2, 3, RequestVoteReply{.election_term = 3, .granted = true}, /*after=*/1)}}},
      .after = {.current_term = 3, .voted_for = 2, .log = {1, 2}},
  });
}

TEST(RequestVoteReceiver, IfVotedForIsTheCandidateGrantTheVoteAgain) {
  Expect({
      .before = {.current_term = 3, .voted_for = 2, .log = {1, 2}},
      .events = {{From(2, 3, RequestVote{.election_term = 3, .last_log = {2, 2}}),
                  {Restart(Timer::kElection), To(2, 3, RequestVoteReply{.election_term = 3, .granted = true})}}},
      .after = {.current_term = 3, .voted_for = 2, .log = {1, 2}},
  });
}

TEST(RequestVoteReceiver, IfVotedForIsAnotherCandidateRefuse) {
  Expect({
      .before = {.current_term = 3, .voted_for = 3, .log = {1, 2}},
      .events = {{From(2, 3, RequestVote{.election_term = 3, .last_log = {2, 2}}),
                  {To(2, 3, RequestVoteReply{.election_term = 3, .granted = false})}}},
      .after = {.current_term = 3, .voted_for = 3, .log = {1, 2}},
  });
}

TEST(RequestVoteReceiver, IfTheReceiversLastTermIsLaterRefuse) {
  Expect({
      .before = {.current_term = 3, .log = {1, 2}},
      .events = {{From(2, 3, RequestVote{.election_term = 3, .last_log = {9, 1}}),
                  {To(2, 3, RequestVoteReply{.election_term = 3, .granted = false})}}},
      .after = {.current_term = 3, .log = {1, 2}},
  });
}

TEST(RequestVoteReceiver, IfTheLastTermsAreTheSameAndTheReceiversLogIsLongerRefuse) {
  Expect({
      .before = {.current_term = 3, .log = {1, 2, 2}},
      .events = {{From(2, 3, RequestVote{.election_term = 3, .last_log = {2, 2}}),
                  {To(2, 3, RequestVoteReply{.election_term = 3, .granted = false})}}},
      .after = {.current_term = 3, .log = {1, 2, 2}},
  });
}

TEST(RequestVoteReceiver, ALaterLastTermIsMoreUpToDateHoweverShortTheLog) {
  Expect({
      .before = {.current_term = 3, .log = {1, 1, 1, 1}},
      .events = {{From(2, 3, RequestVote{.election_term = 3, .last_log = {2, 2}}),
                  {Restart(Timer::kElection), SaveVote{1, 3, {2}},
                   To(2, 3, RequestVoteReply{.election_term = 3, .granted = true}, /*after=*/1)}}},
      .after = {.current_term = 3, .voted_for = 2, .log = {1, 1, 1, 1}},
  });
}

TEST(RequestVoteReceiver, ALaterTermIsTakenOverEvenIfTheVoteIsRefused) {
  Expect({
      .before = {.current_term = 3, .voted_for = 3, .log = {1, 2}},
      .events = {{From(2, 5, RequestVote{.election_term = 5, .last_log = {1, 1}}),
                  {SaveVote{1, 5, {}}, To(2, 5, RequestVoteReply{.election_term = 5, .granted = false}, /*after=*/1)}}},
      .after = {.current_term = 5, .log = {1, 2}},
  });
}

}  // namespace
}  // namespace lockstep::paper
