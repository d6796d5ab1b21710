// Handing over leadership. [Thesis §3.10]
//
// The leader stops accepting proposals, brings the target up to date, and tells it to start an election at once. The
// target's election disregards the protection of the leader, so no lease may be used once TimeoutNow has left.
#ifndef LOCKSTEP_CORE_TRANSFER_H_
#define LOCKSTEP_CORE_TRANSFER_H_

#include "core/action.h"
#include "core/input.h"

namespace lockstep {

// Action.
void TransferLeadership(Context& context, const input::TransferLeadership& request);

// Tells the target to start its election once it has the whole log.
void SendTimeoutNowWhenReady(Context& context);

// A quorum check passed: a transfer that has seen two is given up, and proposals are accepted again.
void AgeTransfer(Context& context);

// Who leads now is known (kNoNode: it is not, and waiting is over): a transfer that this node began ends accordingly.
void FinishTransfer(Context& context, NodeId leader);

// Steps down because this node should lead no longer, asking the most advanced voter to succeed it.
void HandOverAndStepDown(Context& context, effect::Reason reason);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_TRANSFER_H_
