// MemoryRpcClient: calls of methods in the same process, a delay away: for tests and the simulator.
#ifndef LOCKSTEP_RUNTIME_RPC_MEMORY_RPC_CLIENT_H_
#define LOCKSTEP_RUNTIME_RPC_MEMORY_RPC_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/clock.h"
#include "runtime/rpc/rpc_client.h"

namespace lockstep::runtime {

class MemoryRpcClient final : public RpcClient {
 public:
  // `find` gives the other side's methods, or null while it is down; it is asked when a call arrives. `travel` draws
  // how long a message is on its way, or nothing if it gets lost; asked for each.
  using Find = std::function<const RpcMethods*()>;
  using Travel = std::function<std::optional<int64_t>()>;
  MemoryRpcClient(Scheduler& scheduler, Find find, Travel travel);
  ~MemoryRpcClient() override;

  void Call(std::string_view method, std::string_view message, int64_t timeout_micros, Done done) override;

 private:
  struct Shared;
  struct Open;

  const std::shared_ptr<Shared> shared_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_RPC_MEMORY_RPC_CLIENT_H_
