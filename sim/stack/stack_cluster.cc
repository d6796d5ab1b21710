#include "sim/stack/stack_cluster.h"

#include <utility>
#include <vector>

#include "sim/stack/atlas.h"
#include "sim/stack/node.h"
#include "sim/stack/wires.h"

namespace lockstep::sim {
namespace {

class StackCluster final : public Cluster {
 public:
  StackCluster(World& world, std::unique_ptr<Application> application)
      : wires_(world), application_(std::move(application)), atlas_(world, servers_, nodes_) {
    const Scenario& scenario = world.scenario;
    const Configuration founding = FoundingConfiguration(scenario);
    for (uint32_t n = 1; n <= scenario.servers; ++n) {
      auto node =
          std::make_unique<StackNode>(world, wires_, *application_, n, n <= scenario.founders ? &founding : nullptr);
      nodes_.push_back(node.get());
      servers_.Add(std::move(node));
    }
    workload_ = application_->MakeWorkload(servers_);
  }

  Servers& servers() override { return servers_; }
  Wires& wires() override { return wires_; }
  Workload* workload() override { return workload_; }
  void MoreFaults() override { atlas_.Strike(); }

 private:
  StackWires wires_;
  const std::unique_ptr<Application> application_;
  Servers servers_;
  Workload* workload_ = nullptr;
  std::vector<StackNode*> nodes_;
  Atlas atlas_;
};

}  // namespace

std::unique_ptr<Cluster> MakeStackCluster(World& world, std::unique_ptr<Application> application) {
  return std::make_unique<StackCluster>(world, std::move(application));
}

}  // namespace lockstep::sim
