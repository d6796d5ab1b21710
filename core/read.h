// Linearizable reads without writing to the log. [Thesis §6.4]
//
// A read is fresh once (1) the leader has committed an entry of its own term, (2) it noted its commit index after the
// read began, (3) a quorum confirmed, in a heartbeat round begun after that, that it still leads, and (4) the state
// has been applied that far. Rounds are numbered by the leader; all reads that wait share the next round. A lease
// stands in for (3).
#ifndef LOCKSTEP_CORE_READ_H_
#define LOCKSTEP_CORE_READ_H_

#include "core/action.h"
#include "core/input.h"

namespace lockstep {

// Actions.
void Read(Context& context, const input::Read& request);
void ReceiveReadRequest(Context& context, const Message& message, const ReadRequest& request);
void ReceiveReadReply(Context& context, const ReadReply& reply);

// Begins a heartbeat round, which confirms every read that waits. Requires: role == kLeader.
void BeginRound(Context& context);

// Begins one if reads wait for it and none is under way.
void BeginRoundIfWaiting(Context& context);

// Confirms the rounds that a quorum has answered, with their reads; renews the lease. [TLA ConfirmRound]
void ConfirmRounds(Context& context);

// Ends the confirmed reads that the applied state has caught up with.
void FinishReads(Context& context);

// No leader has been heard for an election timeout: confirmed reads of what is not known here to be committed may never
// be reached, and are refused.
void RejectUnreachableReads(Context& context);

// Nothing keeps another node from being elected any longer: reads that the lease confirmed and that wait to be applied
// are refused.
void RejectLeaseReads(Context& context, effect::Reason reason);

// The leadership ends: reads that are not confirmed are refused.
void RejectReads(Context& context, effect::Reason reason);

// A heartbeat came: asks again for what has been unanswered since the one before.
void ResendForwardedReads(Context& context);

// The leader asked is gone: reads sent on to it are refused.
void RejectForwardedReads(Context& context, effect::Reason reason);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_READ_H_
