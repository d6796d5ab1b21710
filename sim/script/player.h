// Plays a scenario file: lets each line happen, checks everything after each step, and what the file expects.
#ifndef LOCKSTEP_SIM_SCRIPT_PLAYER_H_
#define LOCKSTEP_SIM_SCRIPT_PLAYER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/observer.h"
#include "sim/run.h"
#include "sim/script/script.h"
#include "sim/script/setup.h"

namespace lockstep::sim {

struct PlayResult {
  std::optional<Violation> violation;
  int line = 0;                  // The one in which that was seen, or at which the play ended.
  absl::Status status;           // Not OK: a line that cannot happen or an expectation that is not met, with its place.
  std::vector<Directive> taken;  // The lines that happened, as they came about. Without expectations.
  HistoryVerdict history = HistoryVerdict::kNotChecked;
  uint64_t steps = 0;
  int64_t simulated_micros = 0;
};

// Plays until the end, the first violation, or the first line that is not met. `observer` may be null. `before`, if
// given, is called with each line before it happens.
// Errors: those of SetupOf.
absl::StatusOr<PlayResult> Play(const Script& script, Observer* observer,
                                const std::function<void(const Directive&)>& before = nullptr);
// The same with a setup made before; `script` need hold the directives only.
PlayResult PlayFrom(const Setup& setup, const Script& script, Observer* observer,
                    const std::function<void(const Directive&)>& before = nullptr);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_PLAYER_H_
