// ServiceCluster: whole nodes in memory with the services on them, and clients of theirs, for tests.
#ifndef LOCKSTEP_RUNTIME_SERVICE_SERVICE_CLUSTER_H_
#define LOCKSTEP_RUNTIME_SERVICE_SERVICE_CLUSTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "runtime/driver/memory_cluster.h"
#include "runtime/rpc/memory_rpc.h"
#include "runtime/rpc/rpc.h"
#include "runtime/service/kv_machine.h"
#include "runtime/service/services.h"

namespace lockstep::runtime {

class ServiceCluster {
 public:
  explicit ServiceCluster(uint32_t founders) : cluster_(founders), founders_(founders) { options.cluster_id = 42; }
  ~ServiceCluster() {
    while (!nodes_.empty()) Stop(nodes_.begin()->first);
  }

  void StartAll() {
    for (uint32_t number = 1; number <= founders_; ++number) {
      if (!nodes_.contains(number)) Start(number);
    }
  }
  void Start(uint32_t number);
  // Ends its process.
  void Stop(uint32_t number);

  MemoryCluster& cluster() { return cluster_; }
  MemoryClock& clock() { return cluster_.clock(); }
  Services& services(uint32_t number) { return *nodes_.at(number)->services; }
  const kvsm::Machine& keys(uint32_t number) { return *nodes_.at(number)->machine->state(); }
  // Any node but this one that is up.
  uint32_t Other(uint32_t number) const {
    for (const auto& [other, node] : nodes_) {
      if (other != number) return other;
    }
    return 0;
  }

  // A call ends with its node.
  std::shared_ptr<MemoryRpc> Begin(uint32_t number, std::string_view method, RpcMetadata metadata = {});
  // Runs until the call ends, at most so long; how it ended.
  template <typename Response, typename Request>
  RpcStatus Call(uint32_t number, std::string_view method, const Request& request, Response* response,
                 int64_t limit_micros = 20'000'000) {
    const std::shared_ptr<MemoryRpc> call = Begin(number, method);
    call->Write(request.SerializeAsString());
    return Await(*call, response, limit_micros);
  }
  template <typename Response>
  RpcStatus Await(MemoryRpc& call, Response* response, int64_t limit_micros = 20'000'000) {
    std::optional<std::string> message;
    clock().RunUntil(
        [&] {
          if (!message.has_value()) message = call.Take();
          return call.status().has_value();
        },
        limit_micros);
    if (message.has_value()) LOCKSTEP_CHECK(response->ParseFromString(*message));
    return call.status().value_or(RpcStatus{RpcCode::kDeadlineExceeded, "not answered"});
  }
  // Runs until the stream has its next message; false: none came.
  template <typename Response>
  bool Next(MemoryRpc& call, Response* response, int64_t limit_micros = 20'000'000) {
    std::optional<std::string> message;
    clock().RunUntil(
        [&] {
          if (!message.has_value()) message = call.Take();
          return message.has_value();
        },
        limit_micros);
    return message.has_value() && response->ParseFromString(*message);
  }

  ServiceOptions options;  // Of nodes started from now on; `self` is filled in.

 private:
  struct Node final : DriverObserver, SideChannel {
    Node(ServiceCluster& owner, uint32_t its_number) : cluster(owner), number(its_number) {}
    void OnRoleChanged(const effect::RoleChanged&) override { services->OnRoleChanged(); }
    void Send(NodeId peer, std::string bytes) override { cluster.Deliver(number, peer.number, std::move(bytes)); }

    ServiceCluster& cluster;
    const uint32_t number;
    std::unique_ptr<KvMachine> machine;
    std::unique_ptr<Services> services;
    std::unique_ptr<ReplicaOf<Driver>> replica;
    RpcMethods methods;
    std::vector<std::weak_ptr<MemoryRpc>> calls;
  };

  void Deliver(uint32_t source, uint32_t dest, std::string bytes);

  MemoryCluster cluster_;
  const uint32_t founders_;
  std::map<uint32_t, std::unique_ptr<Node>> nodes_;
  uint64_t starts_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_SERVICE_CLUSTER_H_
