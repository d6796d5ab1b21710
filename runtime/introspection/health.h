// Health: whether services can be used, as gRPC's load balancers and probes ask (grpc.health.v1).
#ifndef LOCKSTEP_RUNTIME_INTROSPECTION_HEALTH_H_
#define LOCKSTEP_RUNTIME_INTROSPECTION_HEALTH_H_

#include <map>
#include <memory>
#include <set>
#include <string>

#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

class Health {
 public:
  Health() = default;
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // Adds Check and Watch. Requires: this object outlives the calls.
  void Register(RpcMethods& methods);
  // Whether `service` can be used; "" is the server as a whole. A service nobody has spoken of is unknown. Tells those
  // who watch.
  void Set(const std::string& service, bool serving);

 private:
  class Watcher;

  std::string Encode(const std::string& service) const;

  std::map<std::string, bool> serving_;
  std::set<Watcher*> watchers_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_INTROSPECTION_HEALTH_H_
