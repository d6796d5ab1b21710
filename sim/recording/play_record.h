// Plays a scenario file and hands on the records of what happens, as a trace would have them.
#ifndef LOCKSTEP_SIM_RECORDING_PLAY_RECORD_H_
#define LOCKSTEP_SIM_RECORDING_PLAY_RECORD_H_

#include <functional>

#include "absl/status/statusor.h"
#include "core/state.h"
#include "sim/script/player.h"
#include "sim/script/script.h"
#include "traces/trace.pb.h"

namespace lockstep::sim {

// Who looks on; each may be empty.
struct PlayView {
  std::function<void(const traces::proto::Record&)> record;  // Each happening, from the header to the end.
  std::function<void(const State&)> state;                   // After the record of a start or step.
  std::function<void(const Directive&)> line;                // Before it is played.
};

// Errors: those of Play.
absl::StatusOr<PlayResult> PlayAndRecord(const Script& script, const PlayView& view);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_RECORDING_PLAY_RECORD_H_
