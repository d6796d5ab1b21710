// Which run a seed stands for: its cluster, limits, timing, and above all which faults it has.
//
// Swarm testing: no run has all faults. Each seed enables a random subset with random rates, some one single fault at
// full strength, some none; limits are often as small as they can be, where off-by-one errors live. [Groce et al. 2012]
#ifndef LOCKSTEP_SIM_SWARM_H_
#define LOCKSTEP_SIM_SWARM_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/faults.h"
#include "sim/scenario.h"

namespace lockstep::sim {

struct SwarmOptions {
  Stack stack = Stack::kCore;
  std::optional<uint32_t> servers;           // As many servers, all founders; else drawn.
  std::optional<std::vector<Fault>> faults;  // No others; else all may be drawn.
};

// The scenario of `seed`. The run's own choices are another stream of the same seed: Choices::Seeded(seed).
Scenario DrawScenario(uint64_t seed, const SwarmOptions& options = {});

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SWARM_H_
