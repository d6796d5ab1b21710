// Durability before promise: what a node says of its disk is true of its disk.
//
// The monitor keeps a model of each disk (disk_model.h). A promise that leaves before the write it rests on is caught
// at that moment, not after the rare crash that would make it matter: a lost vote showed in 0 of 5,000 runs without
// this.
#ifndef LOCKSTEP_SPEC_PROPERTIES_DURABILITY_H_
#define LOCKSTEP_SPEC_PROPERTIES_DURABILITY_H_

#include "spec/properties/watch.h"

namespace lockstep::spec {

// The disk of `slot` told that write `id` is durable.
// VoteOncePerTermInv: no node ever has two durable votes in one term, whatever it forgets. [Raft §5.2]
bool CompleteWrite(Watch& watch, Slot slot, WriteId id, uint64_t step);

// Completions and failures that this step's input tells, before all other checks.
bool TakeCompletions(StepView& view);

// A durable write, or a snapshot's installation, that the step asks for.
// TermDurableBeforeEntryProp: an entry reaches the disk no sooner than its term, so that no crash leaves a log of a
// later
//   term than the vote's.
// DiskMatchesState: an AppendLog writes what the log holds at those indexes, a SaveVote the term and vote of now.
bool CheckWrite(StepView& view, const Effect& effect);

// At the emission of an effect::Send:
// VoteDurableBeforeReplyProp: a grant, or a candidate's request, waits for the write of that vote. [Raft Fig. 2]
// TermDurableBeforeReplyProp: every message waits for the write of its term.
// EntryDurableBeforeAckProp: what is acknowledged is on disk, or will be when the message leaves. [Raft §5.3]
// SnapshotDurableBeforeAckProp: so is an installed snapshot, or the log that it would have covered.
bool CheckPromise(StepView& view, const effect::Send& send);

// The same for votes and terms when the message really leaves: what it waited for is done.
bool CheckSent(Watch& watch, Slot source, const Message& message, uint64_t step);

// DurableIndexSoundInv: the log up to durable_index is on disk, and so is the pair (durable_term, durable_vote); a
// completion never confirms an entry that took the place of the one it wrote.
bool CheckDurableIndex(StepView& view);

// MatchSoundInv: peer `id`, unless it has gone on to a later term, has on disk what the leader's log has up to
// `match_index`. [thesis: matchIndex]. Checked whenever a match index rises.
bool CheckMatch(StepView& view, NodeId id, Index match_index);

// HaltOnlyOnLossProp: nobody halts unless a fault has taken durable data.
bool CheckHalt(StepView& view, const effect::Halt& halt);

// At a start: DiskMatchesState: the disk is one that the node's writes can have left, and the state says what the disk
// says. NoIdentityReuseProp: a disk that held something does not come back empty under the same identity.
bool CheckStartDisk(Watch& watch, NodeShadow& node, const DiskView& disk, const State& state, uint64_t step);

// SnapshotInOnePieceProp: the chunks that are stored of a snapshot are all of the same one and go on where the last
// one ended; what is installed is all of it. Moves on: before.chunks. [Raft Fig. 13]
bool CheckChunk(StepView& view, const effect::StoreSnapshotChunk& chunk);
bool CheckInstall(StepView& view, const effect::InstallSnapshot& install);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_DURABILITY_H_
