// Changes of membership: who may propose one, when it takes effect, what follows when it commits. [Raft §6, Thesis §4]
//
// A configuration is in effect on a node from the moment its entry is in that node's log, and until the entry
// is taken away again. One change at a time, and none before the leader has committed an entry of its own term.
#ifndef LOCKSTEP_CORE_MEMBERSHIP_H_
#define LOCKSTEP_CORE_MEMBERSHIP_H_

#include "core/action.h"
#include "core/input.h"

namespace lockstep {

// Action.
void ProposeConfiguration(Context& context, const input::ProposeConfiguration& request);

// The leader's commit index has moved: if the configuration in effect is committed, ends its change, leaves an
// automatic joint configuration, or, if this node is no voter of it, steps down. Returns whether this node still leads.
bool ConfigurationCommitted(Context& context);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_MEMBERSHIP_H_
