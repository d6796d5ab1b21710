// AuthService: etcdserverpb.Auth of a store that knows no users: it is disabled, cannot be enabled, and says so.
#ifndef LOCKSTEP_RUNTIME_SERVICE_AUTH_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_AUTH_SERVICE_H_

#include "runtime/service/context.h"

namespace lockstep::runtime {

class AuthService {
 public:
  explicit AuthService(ServiceContext& context) : context_(context) {}
  void Register(RpcMethods& methods);

 private:
  ServiceContext& context_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_AUTH_SERVICE_H_
