// What there is at the start of a scenario file, gathered from its first lines.
#ifndef LOCKSTEP_SIM_SCRIPT_SETUP_H_
#define LOCKSTEP_SIM_SCRIPT_SETUP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/start.h"
#include "sim/scenario.h"
#include "sim/script/script.h"

namespace lockstep::sim {

struct Setup {
  Scenario scenario;                // Sizes and options; no delays, no faults, no chance.
  std::vector<DurableState> disks;  // Server n's is at n - 1.
  std::vector<std::string> keys;    // Of the store, in the order of their first mention.
  bool lenient = false;             // What cannot happen is passed over.
};

// Errors: InvalidArgument, beginning with "name:line: ".
absl::StatusOr<Setup> SetupOf(const Script& script);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_SETUP_H_
