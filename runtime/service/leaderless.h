// Leaderless: calls whose client wants them to fail, rather than wait, while this node knows no leader.
#ifndef LOCKSTEP_RUNTIME_SERVICE_LEADERLESS_H_
#define LOCKSTEP_RUNTIME_SERVICE_LEADERLESS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/service/context.h"

namespace lockstep::runtime {

class Leaderless {
 public:
  explicit Leaderless(ServiceContext& context) : context_(context), timer_(context.scheduler) {}

  // The same method, for such clients too: a call begins only under a leader, and a stream ends after three election
  // timeouts without one.
  RpcMethod Guard(const RpcMethod& method);

 private:
  bool Refuses(RpcCall& call) const;
  void Keep(const std::shared_ptr<RpcCall>& call);
  void Check();

  ServiceContext& context_;
  std::vector<std::weak_ptr<RpcCall>> streams_;
  int64_t led_micros_ = 0;  // When a leader was last known.
  Timer timer_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_LEADERLESS_H_
