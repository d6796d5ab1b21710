#include "runtime/service/service_cluster.h"

#include <utility>

namespace lockstep::runtime {

void ServiceCluster::Start(uint32_t number) {
  auto node = std::make_unique<Node>(*this, number);
  node->machine = std::make_unique<KvMachine>();
  ServiceOptions mine = options;
  mine.self = {number, 0};
  node->services = std::make_unique<Services>(clock(), clock(), *node->machine, mine);
  node->services->Register(node->methods);
  cluster_.make_machine = [&node] { return std::move(node->machine); };
  cluster_.observers[number] = node.get();
  const absl::Status started = cluster_.Start(number);
  LOCKSTEP_CHECK(started.ok());
  cluster_.make_machine = nullptr;
  node->replica = std::make_unique<ReplicaOf<Driver>>(cluster_.driver(number));
  node->services->Attach(*node->replica, *node, ++starts_);
  nodes_[number] = std::move(node);
}

void ServiceCluster::Stop(uint32_t number) {
  // The driver ends first and takes the machine along: until then its answers go to the services.
  KvMachine* const machine = &dynamic_cast<KvMachine&>(cluster_.state_machine(number));
  machine->SetApplied(nullptr);
  cluster_.Stop(number);
  nodes_.erase(number);
}

void ServiceCluster::Deliver(uint32_t source, uint32_t dest, std::string bytes) {
  constexpr int64_t kMicros = 100;
  clock().RunAfter(kMicros, [this, source, dest, bytes = std::move(bytes)] {
    const auto at = nodes_.find(dest);
    const auto from = nodes_.find(source);
    if (at == nodes_.end() || from == nodes_.end()) return;
    if (cluster_.cut_off.contains(source) || cluster_.cut_off.contains(dest)) return;
    at->second->services->ReceiveFromPeer({source, 0}, bytes);
  });
}

}  // namespace lockstep::runtime
