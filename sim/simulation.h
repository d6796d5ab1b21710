// The loop of one run: takes the next event, hands it to whom it concerns, until the run is over.
//
// run.h's Run is this, on a cluster of the kind that the scenario asks for. The liveness phase is here too: what is
// healed, what stays broken, and what must then happen in time.
#ifndef LOCKSTEP_SIM_SIMULATION_H_
#define LOCKSTEP_SIM_SIMULATION_H_

#include <memory>
#include <string>

#include "sim/nemesis.h"
#include "sim/run.h"
#include "sim/server.h"
#include "sim/workload.h"
#include "sim/world.h"

namespace lockstep::sim {

class Simulation {
 public:
  Simulation(World& world, Cluster& cluster);

  RunResult Run();

 private:
  enum class Phase : uint8_t { kSafety, kRecover, kSettle, kOver };

  void RunToEnd();
  void Begin();
  void Dispatch(const QueuedEvent& event);
  void Restart(uint32_t server);

  // liveness.cc
  void Heal();
  // Leaves a server that the cluster must do without in some broken condition.
  LinkSet Break(Server& node, ServerSet healthy);
  void CheckProgress();
  void ScheduleProgressCheck();
  // What is not yet as it must be in the end; empty if nothing is.
  std::string Unsettled() const;
  std::string Disagreement() const;

  RunResult Result();

  World& world_;
  Cluster& cluster_;
  Wires& wires_;
  Servers& servers_;
  std::unique_ptr<Workload> own_clients_;  // Unless the cluster has some.
  Workload& clients_;
  Nemesis nemesis_;

  Phase phase_ = Phase::kSafety;
  ServerSet healthy_ = 0;
  int64_t healed_at_ = 0;
  int64_t deadline_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SIMULATION_H_
