// Runs a trace's run again and compares the two, happening by happening.
//
// The trace gives scenario and choices, this program gives the rest. If it decides as the one did that recorded, the
// two runs are the same to the last happening and the digests are equal. If not, the first difference is told, and the
// run goes on nevertheless: what it does now may still be of interest.
#ifndef LOCKSTEP_SIM_RECORDING_REPLAY_H_
#define LOCKSTEP_SIM_RECORDING_REPLAY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/state.h"
#include "sim/observer.h"
#include "sim/run.h"
#include "traces/diff.h"
#include "traces/reader.h"
#include "traces/trace.pb.h"

namespace lockstep::sim {

// A trace that has been read and found fit to run.
struct Replayable {
  std::string path;
  traces::Summary trace;
  Scenario scenario;
};

// Errors: those of traces::ReadSummary and of a scenario's FromProto, with the place.
absl::StatusOr<Replayable> LoadTrace(const std::string& path);

// Who wants to see the run while it happens; each may be empty.
struct ReplayView {
  std::function<void(const traces::proto::Record&)> record;  // Each happening, and the end.
  std::function<void(const State&)> state;                   // After the record of a start or step.
  Observer* observer = nullptr;                              // Starts, crashes and steps.
};

struct ReplayReport {
  RunResult result;
  std::optional<traces::Divergence> divergence;  // From the recorded run, which is "the first".
};

// Errors: those of traces::Reader, if the file changes meanwhile.
absl::StatusOr<ReplayReport> Replay(const Replayable& replayable, const ReplayView& view);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_RECORDING_REPLAY_H_
