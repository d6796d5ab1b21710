// A cluster of bare cores: each server is the core's state and a simulated host around it (node.h).
#ifndef LOCKSTEP_SIM_CORE_CLUSTER_H_
#define LOCKSTEP_SIM_CORE_CLUSTER_H_

#include <memory>

#include "sim/server.h"
#include "sim/world.h"

namespace lockstep::sim {

// The cluster of world.scenario, nothing of it started. `world` must outlive it.
std::unique_ptr<Cluster> MakeCoreCluster(World& world);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_CORE_CLUSTER_H_
