// Reads: nothing older than what was committed when the read was asked. [Thesis §6.4]
#ifndef LOCKSTEP_SPEC_PROPERTIES_READS_H_
#define LOCKSTEP_SPEC_PROPERTIES_READS_H_

#include "spec/properties/watch.h"

namespace lockstep::spec {

// A read was asked for: what it will have to cover, and how it was sent on.
void OpenRead(StepView& view, RequestId request_id, OpenRequest& request);

// A node answers a heartbeat: from now on the leader of that term may count on it for reads asked before.
void HearHeartbeatReply(StepView& view, const effect::Send& send);

// ReadFreshness, of each read whose index has just been confirmed at this node, of one that ends, and of one that a
// leader answers for another node:
//   its index is not below what was committed anywhere when it was asked;
//   a leader has committed an entry of its own term before it confirms any;
//   without a lease, a quorum of voters has answered this leader in its term since the read was asked;
//   what is served has been applied.
// A read by lease is judged when it is served, not here.
bool CheckConfirmedReads(StepView& view);
bool CheckReadOutcome(StepView& view, const effect::Outcome& outcome, OpenRequest& request);
bool CheckReadReply(StepView& view, const effect::Send& send);

// LeaseSafety, its first part: a lease counts from the beginning of the round that renews it, by the leader's own
// clock. Moves on: before.round, round_began_micros, lease_until_micros.
bool CheckLease(StepView& view);

// LeaseSafety: when a read by lease is served, the lease has not ended by the node's clock, whatever its error, and
// nobody has been elected in a later term than that in which it was confirmed; nor is one confirmed once the leader has
// told another node to campaign. ReadFreshness: and its index covers what was committed when it was asked.
bool CheckServed(Watch& watch, NodeShadow& node, RequestId request_id, Index applied, Now now, uint64_t step);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_READS_H_
