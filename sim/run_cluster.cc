#include "sim/core_cluster.h"
#include "sim/run.h"
#include "sim/simulation.h"
#include "sim/stack/stack_cluster.h"

namespace lockstep::sim {

RunResult Run(const Scenario& scenario, Choices& choices, Observer* observer, const Checks& checks) {
  World world(scenario, choices, observer, checks);
  const std::unique_ptr<Cluster> cluster = scenario.full_stack ? MakeStackCluster(world) : MakeCoreCluster(world);
  return Simulation(world, *cluster).Run();
}

}  // namespace lockstep::sim
