// Laws of one step: the values of the node that moved, before and after.
//
// Cheap and sharp: many a bug breaks one of these long before a state of the cluster is wrong (the Figure 8 commit in
// 55 % of runs against 0 %). None looks at another node.
#ifndef LOCKSTEP_SPEC_PROPERTIES_STEP_LAWS_H_
#define LOCKSTEP_SPEC_PROPERTIES_STEP_LAWS_H_

#include "spec/properties/watch.h"

namespace lockstep::spec {

// TermMonotonicProp: the term never falls; it rises to a message's term, or by one in a campaign. [Raft §5.1]
// StepDownOnHigherTermProp: a message of a higher term makes the node a follower of that term in the same step, except
//   a RequestVote that the node is bound not to hear (then nothing changes). [Raft §5.1]
// RoleTransitionsProp: follower to candidate or pre-candidate, pre-candidate to candidate or follower, candidate to
//   leader, follower, pre-candidate or (in the next term) candidate, leader to follower; every change is told. Anyone
//   who is told to campaign (TimeoutNow) in a later term is a follower first. [Raft Fig. 4]
bool CheckTermAndRole(StepView& view);

// VoteStableProp: within a term, the vote changes only from nobody to somebody. [Raft §5.2]
// VoteOnlyUpToDateProp: a vote for another node answers that node's RequestVote of this term (no pre-vote), whose log
// is at
//   least as up-to-date. [Raft §5.4.1]
// LeaderVotesForItselfInv: a candidate's or leader's vote is its own.
bool CheckVote(StepView& view);

// LeaderAppendOnly: a leader takes nothing off its log. [Raft §5.3]
// PermittedLogChangesProp: entries go only for a real conflict with an AppendEntries of the current term, or for a
// snapshot
//   that the log does not match; never at or below the commit index. [Raft §5.3 point 3, §7]
// CommittedReplicatedInv: no node whose term is at least the one that committed an entry loses that entry, so the
// quorum
//   that had it keeps it.
// MonoLogInv: the last entry's term is not above the current term.
bool CheckLogChange(StepView& view);

// CommitMonotonicProp, CommitWithinLogInv: snapshot <= applied <= given to apply <= commit <= last index, none of which
//   falls; nothing is applied that is not durable here.
// FollowerCommitBoundProp: a follower's commit index rises only to where its log is known to agree with this term's
// leader's.
//   [Raft Fig. 2 AppendEntries 5] By a heartbeat, to what it has acknowledged to that leader, perhaps before a restart.
bool CheckIndexes(StepView& view);

// One effect::Send, at its emission:
// MessageTermBoundInv: its term is not above the sender's; its source is the sender.
// LeaderSendsItsLogProp: an AppendEntries is a piece of the leader's log, its commit index the leader's or lower; a
//   heartbeat's commit index is not above what the receiver has acknowledged.
// SnapshotOnlyWhenNeededProp: a snapshot goes only to a peer whose next entries are compacted.
// AckOnlyWhatWasSentProp: an acknowledgement goes no further than what this term's leader has sent and the log agreed
// with.
// RejectionHintProp: the hint of a rejection is the last position of the log that may agree with the leader's: not
// behind what was rejected, of no later term, and the next one is. Thus each rejection rules out a whole term.
// [Raft §5.3]
bool CheckSend(StepView& view, const effect::Send& send);

// ElectionTimerProp: the election timer begins anew only when it has run out, when the current leader is heard, with
// the grant of a vote, with a campaign and with the loss of leadership. [Raft §5.2]
bool CheckElectionTimer(StepView& view);

// The peers of a leader:
// MatchMonotonicProp: match_index does not fall while the leader leads.
// NackHintSafeProp: a rejection raises no match_index and commits nothing.
// NextAboveMatchInv: match_index < next_index <= last index + 1.
// WindowAccountingInv: inflight_bytes is the sum of the window, which is ascending, bounded and used by kReplicate
// alone. UncommittedQuotaInv: uncommitted_bytes is the sum over the entries that are not committed. Moves on:
// before.peers, before.uncommitted_bytes. Cost: O(members + window of one peer).
bool CheckPeers(StepView& view);

// StateWellFormedInv: what the role does not use is in its default state; storage indexes are in order; leader == self
// for a leader and nobody else; peers are the other members.
bool CheckWellFormed(StepView& view);

// ApplyOnceInOrderProp: effect::Apply goes on where the last one ended, within what is committed. `apply_index` is how
// far the effects of this step have come.
bool CheckApply(StepView& view, const effect::Apply& apply, Index* apply_index);

// RoleTransitionsProp, its last part: what the step told of role, term and leader (null: nothing) is so.
bool CheckRoleTold(StepView& view, const effect::RoleChanged* told);

// The verified index after this step: how far the log is known to agree with the log of this term's leader.
Index VerifiedIndex(const StepView& view);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_STEP_LAWS_H_
