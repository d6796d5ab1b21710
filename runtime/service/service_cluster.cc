#include "runtime/service/service_cluster.h"

#include <utility>

namespace lockstep::runtime {
namespace {

// The driver's, of a machine that outlives it.
class Borrowed final : public StateMachine {
 public:
  explicit Borrowed(StateMachine& machine) : machine_(machine) {}
  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override {
    machine_.Apply(commands, replies);
  }
  absl::StatusOr<std::string> Lookup(std::string_view query) override { return machine_.Lookup(query); }
  std::unique_ptr<SnapshotSource> Freeze() override { return machine_.Freeze(); }
  absl::Status Restore(SnapshotSource& source) override { return machine_.Restore(source); }

 private:
  StateMachine& machine_;
};

}  // namespace

void ServiceCluster::Start(uint32_t number) {
  auto node = std::make_unique<Node>(*this, number);
  node->machine = std::make_unique<KvMachine>();
  ServiceOptions mine = options;
  mine.self = {number, 0};
  node->services = std::make_unique<Services>(clock(), clock(), *node->machine, mine);
  node->services->Register(node->methods);
  cluster_.make_machine = [&node](Files&) { return std::make_unique<Borrowed>(*node->machine); };
  cluster_.observers[number] = node.get();
  const absl::Status started = cluster_.Start(number);
  LOCKSTEP_CHECK(started.ok());
  cluster_.make_machine = nullptr;
  node->replica = std::make_unique<ReplicaOf<Driver>>(cluster_.driver(number));
  node->services->Attach(*node->replica, *node, ++starts_);
  nodes_[number] = std::move(node);
}

// What uses something ends before it: calls, the driver, whose answers go to the services, the services, the machine.
void ServiceCluster::Stop(uint32_t number) {
  const std::unique_ptr<Node> node = std::move(nodes_.extract(number).mapped());
  for (const std::weak_ptr<MemoryRpc>& weak : node->calls) {
    if (const std::shared_ptr<MemoryRpc> call = weak.lock()) call->Cancel();
  }
  cluster_.Stop(number);
}

std::shared_ptr<MemoryRpc> ServiceCluster::Begin(uint32_t number, std::string_view method, RpcMetadata metadata) {
  Node& node = *nodes_.at(number);
  std::shared_ptr<MemoryRpc> call = MemoryRpc::Begin(node.methods, method, std::move(metadata));
  node.calls.push_back(call);
  return call;
}

void ServiceCluster::Deliver(uint32_t source, uint32_t dest, std::string bytes) {
  constexpr int64_t kMicros = 100;
  constexpr size_t kNoteBytesMax = 4 << 20;  // As nodes' connections.
  if (bytes.size() > kNoteBytesMax) return;
  clock().RunAfter(kMicros, [this, source, dest, bytes = std::move(bytes)] {
    const auto at = nodes_.find(dest);
    const auto from = nodes_.find(source);
    if (at == nodes_.end() || from == nodes_.end()) return;
    if (cluster_.cut_off.contains(source) || cluster_.cut_off.contains(dest)) return;
    at->second->services->ReceiveFromPeer({source, 0}, bytes);
  });
}

}  // namespace lockstep::runtime
