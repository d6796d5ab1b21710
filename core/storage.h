// Durability as data: what has been asked of the disk, and what it has confirmed.
//
// Completions come in any order; the log counts as durable up to the longest prefix of its writes that are all
// confirmed. A truncation lowers what older writes confirm, so that a late completion never vouches for an entry that
// took the place of the one it wrote. After a failure everything unconfirmed is written again. [Thesis §3.8]
#ifndef LOCKSTEP_CORE_STORAGE_H_
#define LOCKSTEP_CORE_STORAGE_H_

#include "core/action.h"

namespace lockstep {

// Whether term and vote are as durable as they are true.
bool VoteDurable(const State& state);

// Sets the pair that is durable as one; a write of another pair that is under way no longer counts.
void SetTermAndVote(State& state, Term term, NodeId voted_for);

// Asks for (current_term, voted_for) to be written, unless it is durable or under way.
// Ensures: VoteDurable(state) or pending_vote_write != 0.
void SaveVote(Context& context);

// Asks for all entries not yet handed to a write.
void WriteLog(Context& context);

// Takes entries after `last` off the log, here and on disk.
// Requires: last >= commit_index.
void TruncateLog(Context& context, Index last);

// Actions.
void WriteDone(Context& context, WriteId write_id);
void WriteFailed(Context& context, WriteId write_id);

// Writes again what a failure left unconfirmed.
void RetryWrites(Context& context);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_STORAGE_H_
