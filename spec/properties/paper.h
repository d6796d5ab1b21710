// The paper's five properties and their close kin, over the whole cluster. [Raft Fig. 3]
//
// Election, log and commit are each checked where they change: when a node begins to lead, appends, or advances its
// commit index. By LogMatching one comparison of terms compares two whole prefixes, so the others cost O(1).
// LeaderAppendOnly is a law of one step: step_laws.h.
#ifndef LOCKSTEP_SPEC_PROPERTIES_PAPER_H_
#define LOCKSTEP_SPEC_PROPERTIES_PAPER_H_

#include "spec/properties/watch.h"

namespace lockstep::spec {

// What a step did to its log, found by walking back from the end. Cost: O(entries taken away).
LogChange FindLogChange(const NodeShadow& before, const State& state);

// On becoming leader of term t at node i:
// ElectionSafety: nobody else ever led t. [Raft §5.2; over the whole run, not only at one moment]
// CandidateTermNotInLogInv: no log ever held an entry of t before. [Verdi]
// ElectedByQuorumProp: the votes that i counts are durable votes for i in t, and they are a majority of each half of
// i's
//   configuration. (LeaderVotesQuorum of the literature is this, later; false once configurations change.)
// LearnerNeverCountedProp: as above, had it been enough only with the votes of non-voters.
// LeaderCompleteness: i's log has every entry that was committed in a term below t. [Raft §5.4; by the term that
//   committed: by the entry's own term the property is false]
// ConfigurationSafety: the electing quorum meets the quorum of the newest commit, if that is of an earlier term.
bool CheckElection(StepView& view);

// For each entry that is new in this log:
// LogMatching: the history's entry of that index and term has the same content and the same predecessor. [Raft §5.3]
// LeaderTermIndexInv: it is the leader of its term that had it first. [etcd, CCF: a leader's own log holds the largest
//   index of its term]
// MonoLogInv: its term is not below its predecessor's.
// Moves on: before.log. Cost: O(new entries).
bool CheckNewEntries(StepView& view);

// One entry in turn, at each step: that the log is still what the shadow says. LogMatching.
bool ScanOneEntry(StepView& view);

// When the commit index advances:
// StateMachineSafety: what it reaches is what was committed there before, by anyone; only a leader commits anew. [Raft
// §5.4.3] CommitOnlyCurrentTermProp: a leader commits by reaching an entry of its own term. [Raft §5.4.2, Figure 8]
// CommittedByQuorumProp: those who acknowledged it to the leader are a majority of each half of its configuration.
// LearnerNeverCountedProp: as above, had it been enough only with non-voters.
// QuorumLogInv: a majority of each half has it on disk.
// LeaderCompleteness: every live leader of a later term has it.
// Cost: O(members) at a leader's commit, O(1) else.
bool CheckCommit(StepView& view);

// The entries of a node's log at its start. The first start of a node may bring entries that nobody has seen created.
bool CheckStartLog(Watch& watch, NodeShadow& node, const State& state, uint64_t step, bool first_start);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_PAPER_H_
