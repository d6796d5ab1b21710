// LearnerGuard: what a learner refuses, as etcd does: all but its own status, snapshots and reads that may be stale.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_LEARNER_GUARD_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_LEARNER_GUARD_H_

#include <functional>

#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

// Adds to `guarded` each method of `methods`, which refuses its calls while `is_learner` holds.
void GuardLearner(const RpcMethods& methods, const std::function<bool()>& is_learner, RpcMethods& guarded);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_LEARNER_GUARD_H_
