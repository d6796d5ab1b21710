// Makes a run that fails smaller, by its parts and its draws.
//
// The parts of a scenario (nodes, clients, kinds of faults, time, sizes) are reduced one after the other: with a
// smaller part the same draws mean something else, so a few other seeds are tried as well. Then the draws: those after
// the failure are dropped, and pieces of the rest replaced by 0, the quietest answer, as long as the same property
// breaks. Every try is a whole run of the simulator.
#ifndef LOCKSTEP_SIM_SHRINK_DRAWS_H_
#define LOCKSTEP_SIM_SHRINK_DRAWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/shrink/shrinker.h"

namespace lockstep::sim {

struct FailingRun {
  Scenario scenario;
  std::vector<uint64_t> draws;
  Violation violation;
  uint64_t steps = 0;
  uint64_t runs = 0;  // Tries that it took to find it.

  // What is left of chance: draws that are not the quietest.
  uint64_t loud_draws() const;
};

// The smallest run found that breaks the same property. Requires: `failing` does break it.
FailingRun ShrinkDraws(const FailingRun& failing, const ShrinkOptions& options);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SHRINK_DRAWS_H_
