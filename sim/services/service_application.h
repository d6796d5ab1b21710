// The key-value store's services as what the servers of a run replicate, with clients of theirs.
#ifndef LOCKSTEP_SIM_SERVICES_SERVICE_APPLICATION_H_
#define LOCKSTEP_SIM_SERVICES_SERVICE_APPLICATION_H_

#include <memory>

#include "sim/stack/application.h"
#include "sim/world.h"

namespace lockstep::sim {

// `world` must outlive it.
std::unique_ptr<Application> MakeServiceApplication(World& world);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_SERVICE_APPLICATION_H_
