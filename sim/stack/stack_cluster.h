// A cluster of whole production nodes (node.h) on simulated machines.
#ifndef LOCKSTEP_SIM_STACK_STACK_CLUSTER_H_
#define LOCKSTEP_SIM_STACK_STACK_CLUSTER_H_

#include <memory>

#include "sim/server.h"
#include "sim/stack/application.h"
#include "sim/world.h"

namespace lockstep::sim {

// The cluster of world.scenario, nothing of it started, with `application` on its nodes. `world` must outlive it.
std::unique_ptr<Cluster> MakeStackCluster(World& world, std::unique_ptr<Application> application);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_STACK_CLUSTER_H_
