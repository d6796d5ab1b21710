#include "sim/stack/stack_cluster.h"

#include <vector>

#include "sim/stack/application.h"
#include "sim/stack/atlas.h"
#include "sim/stack/node.h"
#include "sim/stack/wires.h"

namespace lockstep::sim {
namespace {

class StackCluster final : public Cluster {
 public:
  explicit StackCluster(World& world)
      : wires_(world),
        application_(MakeMapApplication(world.commands, world.scenario.session_ttl_millis)),
        atlas_(world, servers_, nodes_) {
    const Scenario& scenario = world.scenario;
    const Configuration founding = FoundingConfiguration(scenario);
    for (uint32_t n = 1; n <= scenario.servers; ++n) {
      auto node =
          std::make_unique<StackNode>(world, wires_, *application_, n, n <= scenario.founders ? &founding : nullptr);
      nodes_.push_back(node.get());
      servers_.Add(std::move(node));
    }
  }

  Servers& servers() override { return servers_; }
  Wires& wires() override { return wires_; }
  void MoreFaults() override { atlas_.Strike(); }

 private:
  StackWires wires_;
  const std::unique_ptr<Application> application_;
  Servers servers_;
  std::vector<StackNode*> nodes_;
  Atlas atlas_;
};

}  // namespace

std::unique_ptr<Cluster> MakeStackCluster(World& world) { return std::make_unique<StackCluster>(world); }

}  // namespace lockstep::sim
