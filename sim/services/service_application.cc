#include "sim/services/service_application.h"

#include "sim/services/clients.h"
#include "sim/services/connections.h"
#include "sim/services/judge.h"
#include "sim/services/service_replica.h"

namespace lockstep::sim {
namespace {

class ServiceApplication final : public Application {
 public:
  explicit ServiceApplication(World& world) : world_(world), judge_(world), connections_(world) {}

  std::unique_ptr<Replica> MakeReplica(const ReplicaHost& host) override {
    return std::make_unique<ServiceReplica>(world_, connections_, judge_, host);
  }
  Workload* MakeWorkload(Servers& servers) override {
    clients_ = std::make_unique<ServiceClients>(world_, servers, connections_, judge_);
    return clients_.get();
  }
  void Ended(uint32_t server) override { connections_.EndProcess(server); }
  void Refuse(uint64_t argument) override { connections_.Refuse(argument); }

 private:
  World& world_;
  Judge judge_;
  Connections connections_;
  std::unique_ptr<ServiceClients> clients_;
};

}  // namespace

std::unique_ptr<Application> MakeServiceApplication(World& world) {
  return std::make_unique<ServiceApplication>(world);
}

}  // namespace lockstep::sim
