// Makes a scenario file that fails as short as it can, by taking lines away.
//
// Delta debugging: ever smaller pieces of the file are left out as long as it still breaks the same property, until no
// single line can go. Whole parts are tried first: disks that work by themselves, simpler options, fewer nodes. Every
// try is played by the simulator's own nodes; what cannot happen any more in a shorter file is passed over, and left
// out too.
#ifndef LOCKSTEP_SIM_SHRINK_LINES_H_
#define LOCKSTEP_SIM_SHRINK_LINES_H_

#include <optional>
#include <string>

#include "sim/run.h"
#include "sim/script/script.h"
#include "sim/shrink/shrinker.h"

namespace lockstep::sim {

struct ShrunkLines {
  Script script;  // Its lines are those that happen, with the ranks that they have in it. Not lenient.
  Violation violation;
  uint64_t steps = 0;  // Of the core.
  uint64_t runs = 0;
};

// The shortest file found that breaks `property`. Nothing if `script` itself does not.
std::optional<ShrunkLines> ShrinkLines(const Script& script, const std::string& property, const ShrinkOptions& options);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SHRINK_LINES_H_
