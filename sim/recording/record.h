// Runs a scenario and writes its trace.
//
// Recording costs time and disk, so a campaign runs without it and comes here again with a seed that failed.
#ifndef LOCKSTEP_SIM_RECORDING_RECORD_H_
#define LOCKSTEP_SIM_RECORDING_RECORD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "sim/choices.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "traces/trace.pb.h"

namespace lockstep::sim {

// Who records.
struct Program {
  std::string version;
  uint64_t build = 0;  // build_fingerprint.h
};

// Runs `scenario` with `choices` to its end and writes the trace to `path`. `show`, if given, is handed each record.
// Errors: those of traces::FileWriter; the file is then not there.
absl::StatusOr<RunResult> RecordRun(const Scenario& scenario, Choices choices, const Program& program,
                                    const std::string& path,
                                    const std::function<void(const traces::proto::Record&)>& show = nullptr);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_RECORDING_RECORD_H_
