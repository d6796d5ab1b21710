#include "sim/core_cluster.h"

#include "core/start.h"
#include "sim/network.h"
#include "sim/node.h"

namespace lockstep::sim {
namespace {

class CoreCluster final : public Cluster {
 public:
  explicit CoreCluster(World& world) : network_(world) {
    const Scenario& scenario = world.scenario;
    const Configuration founding = FoundingConfiguration(scenario);
    for (uint32_t n = 1; n <= scenario.servers; ++n) {
      servers_.Add(
          std::make_unique<Node>(world, network_, n, n <= scenario.founders ? Founding(founding) : DurableState()));
    }
  }

  Servers& servers() override { return servers_; }
  Wires& wires() override { return network_; }

 private:
  Network network_;
  Servers servers_;
};

}  // namespace

std::unique_ptr<Cluster> MakeCoreCluster(World& world) { return std::make_unique<CoreCluster>(world); }

}  // namespace lockstep::sim
