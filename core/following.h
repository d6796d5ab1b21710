// The follower's side of replication: accept what agrees, say where it does not, acknowledge what is durable. [Raft
// §5.3]
#ifndef LOCKSTEP_CORE_FOLLOWING_H_
#define LOCKSTEP_CORE_FOLLOWING_H_

#include "core/action.h"

namespace lockstep {

// Actions.
void ReceiveAppendEntries(Context& context, const Message& message, const AppendEntries& request);
void ReceiveHeartbeat(Context& context, const Message& message, const Heartbeat& request);

// The sender leads the current term: follow it. False (and halted) if that cannot be. Requires: message.term ==
// current_term.
bool AcceptLeader(Context& context, const Message& message);

// Tells the leader how much of what it sent has become durable, if that is news.
void AcknowledgeDurable(Context& context);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_FOLLOWING_H_
