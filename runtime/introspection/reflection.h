// Reflection: which services and messages there are, for tools that know nothing of them (grpc.reflection, v1 and
// v1alpha).
//
// Services are those of the methods; what their messages look like comes from the descriptors linked into the program.
#ifndef LOCKSTEP_RUNTIME_INTROSPECTION_REFLECTION_H_
#define LOCKSTEP_RUNTIME_INTROSPECTION_REFLECTION_H_

#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

// Adds reflection of `methods`, itself included, to it. Requires: `methods` outlives the calls.
void RegisterReflection(RpcMethods& methods);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_INTROSPECTION_REFLECTION_H_
