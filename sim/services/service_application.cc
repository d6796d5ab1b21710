#include "sim/services/service_application.h"

#include "sim/services/clients.h"
#include "sim/services/connections.h"
#include "sim/services/habits.h"
#include "sim/services/judge.h"
#include "sim/services/service_replica.h"

namespace lockstep::sim {
namespace {

class ServiceApplication final : public Application {
 public:
  explicit ServiceApplication(World& world)
      : world_(world),
        habits_(DrawHabits(world.scenario, world.choices)),
        judge_(world, habits_.quota_bytes),
        connections_(world) {}

  std::unique_ptr<Replica> MakeReplica(const ReplicaHost& host) override {
    return std::make_unique<ServiceReplica>(world_, habits_, connections_, judge_, host);
  }
  Workload* MakeWorkload(Servers& servers) override {
    clients_ = std::make_unique<ServiceClients>(world_, habits_, servers, connections_, judge_);
    if (habits_.changes_members) servers.SetPlans(clients_.get());
    return clients_.get();
  }
  void Ended(uint32_t server) override { connections_.EndProcess(server); }
  void Refuse(uint64_t argument) override { connections_.Refuse(argument); }

 private:
  World& world_;
  const Habits habits_;
  Judge judge_;
  Connections connections_;
  std::unique_ptr<ServiceClients> clients_;
};

}  // namespace

std::unique_ptr<Application> MakeServiceApplication(World& world) {
  return std::make_unique<ServiceApplication>(world);
}

}  // namespace lockstep::sim
