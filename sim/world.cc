#include "sim/world.h"

#include <utility>

namespace lockstep::sim {

Configuration FoundingConfiguration(const Scenario& scenario) {
  Configuration founding;
  for (uint32_t n = 1; n <= scenario.founders; ++n) {
    const bool learner = n > scenario.founders - scenario.founding_learners;
    (learner ? founding.learners : founding.voters).insert({n, 0});
  }
  return founding;
}

void World::Inject(Fault fault, FaultPhase phase, NodeId node, NodeId peer, int64_t value) {
  if (phase != FaultPhase::kEnd) ++counters.faults[fault];
  digest.Add(uint64_t{0xfa} << 56 | static_cast<uint64_t>(fault) << 16 | static_cast<uint64_t>(phase) << 8 |
             node.number);
  if (observer != nullptr) observer->OnFault({now, fault, phase, node, peer, value});
}

void World::Fail(std::string property, NodeId node, std::string evidence) {
  if (failed()) return;
  violation = Violation{std::move(property), step, now, node, std::move(evidence)};
}

}  // namespace lockstep::sim
