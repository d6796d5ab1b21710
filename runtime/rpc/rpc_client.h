// RpcClient: unary calls to one other server, whatever carries them.
#ifndef LOCKSTEP_RUNTIME_RPC_RPC_CLIENT_H_
#define LOCKSTEP_RUNTIME_RPC_RPC_CLIENT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

// Ending this object ends its calls, without telling anybody.
class RpcClient {
 public:
  virtual ~RpcClient() = default;

  // `message` is empty unless the status is OK. kUnavailable and kDeadlineExceeded: it may have happened, or may yet.
  using Done = std::function<void(const RpcStatus& status, std::string message)>;
  // Calls `method`; `done` hears of the end, later and once.
  virtual void Call(std::string_view method, std::string_view message, int64_t timeout_micros, Done done) = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_RPC_RPC_CLIENT_H_
