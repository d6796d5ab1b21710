// What every action has in hand, and the small steps that all of them share.
//
// An action is the function that answers one kind of input (its name is the input's); it changes the state and
// adds effects, nothing else. Actions stand in the headers of their subject: election.h, replication.h, following.h,
// storage.h, read.h, snapshot.h, membership.h, transfer.h.
#ifndef LOCKSTEP_CORE_ACTION_H_
#define LOCKSTEP_CORE_ACTION_H_

#include "core/effect.h"
#include "core/state.h"

namespace lockstep {

struct Context {
  State& state;
  EffectSink& effects;
  Now now;
  bool configuration_changed = false;  // Set by whatever changes the configuration in effect.
};

// Sends `body` in the current term. Whatever of term and vote is not durable yet is written first, and the message
// waits for that write: no message speaks of a term that a crash could take back. [Raft Fig. 2 "persistent state"]
void Send(Context& context, NodeId dest, MessageBody body);

void SetTimer(Context& context, effect::Timer timer);

void Finish(Context& context, RequestId request_id, effect::OutcomeKind kind, effect::Reason reason);

// Stops this node for good; all open requests end as unknown.
void Halt(Context& context, effect::HaltReason reason, NodeId peer, LogPosition here, LogPosition there);

// The host withdraws a request.
void Cancel(Context& context, RequestId request_id);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_ACTION_H_
