// LeaseService: etcdserverpb.Lease.
//
// Leases are part of the replicated state, and so is every keep-alive; all that come in a turn are one command.
#ifndef LOCKSTEP_RUNTIME_SERVICE_LEASE_SERVICE_H_
#define LOCKSTEP_RUNTIME_SERVICE_LEASE_SERVICE_H_

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/service/context.h"

namespace lockstep::runtime {

class LeaseService {
 public:
  explicit LeaseService(ServiceContext& context) : context_(context), flush_(context.scheduler) {}
  void Register(RpcMethods& methods);

 private:
  using Call = std::shared_ptr<RpcCall>;
  class KeepAliveStream;
  // A stream of keep-alives, as long as any is to be answered.
  struct Keeper {
    Call call;
    size_t open = 0;
    bool half_closed = false;
  };

  void Grant(std::string_view bytes, Call call);
  void Revoke(std::string_view bytes, Call call);
  void TimeToLive(std::string_view bytes, Call call);
  void List(std::string_view bytes, Call call);
  void KeepAlive(int64_t lease, const std::shared_ptr<Keeper>& keeper);
  void Flush();

  ServiceContext& context_;
  using Kept = std::vector<std::pair<int64_t, std::shared_ptr<Keeper>>>;
  Kept keep_;  // For the next command.
  Timer flush_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_LEASE_SERVICE_H_
