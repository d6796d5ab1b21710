// Elections: timeouts, pre-votes, votes, and the beginning and end of leadership. [Raft §5.2, §5.4.1; Thesis §6.2,
// §9.6]
#ifndef LOCKSTEP_CORE_ELECTION_H_
#define LOCKSTEP_CORE_ELECTION_H_

#include "core/action.h"

namespace lockstep {

// Actions.
void ElectionTimeout(Context& context);
void QuorumCheckTimeout(Context& context);
void ReceiveRequestVote(Context& context, const Message& message, const RequestVote& request);
void ReceiveRequestVoteReply(Context& context, const Message& message, const RequestVoteReply& reply);
void ReceiveTimeoutNow(Context& context);

// Whether this node would let `request` raise its term or win its vote at all: not while it has heard from a
// leader within an election timeout (or leads), unless that leader asked for the election. [Thesis §4.2.3, §6.4.1]
bool HearsElection(const State& state, const RequestVote& request);

// A higher term was seen: follow it. Requires: term > current_term. [TLA UpdateTerm]
void UpdateTerm(Context& context, Term term);

// Gives up any other role in the current term. `leader` may be kNoNode. Requests that only a leader can carry out end.
void BecomeFollower(Context& context, NodeId leader, effect::Reason reason);

// The vote for itself has become durable: it counts from now on. [Raft Fig. 2]
void CountOwnVote(Context& context);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_ELECTION_H_
