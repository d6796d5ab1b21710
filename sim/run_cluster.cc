#include "sim/core_cluster.h"
#include "sim/run.h"
#include "sim/services/service_application.h"
#include "sim/simulation.h"
#include "sim/stack/application.h"
#include "sim/stack/stack_cluster.h"

namespace lockstep::sim {
namespace {

std::unique_ptr<Cluster> MakeCluster(World& world) {
  switch (world.scenario.stack()) {
    case Stack::kFull:
      return MakeStackCluster(world, MakeMapApplication(world.commands, world.scenario.session_ttl_millis));
    case Stack::kService:
      return MakeStackCluster(world, MakeServiceApplication(world));
    case Stack::kCore:
      break;
  }
  return MakeCoreCluster(world);
}

}  // namespace

RunResult Run(const Scenario& scenario, Choices& choices, Observer* observer, const Checks& checks) {
  World world(scenario, choices, observer, checks);
  const std::unique_ptr<Cluster> cluster = MakeCluster(world);
  return Simulation(world, *cluster).Run();
}

}  // namespace lockstep::sim
