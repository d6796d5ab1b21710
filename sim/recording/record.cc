#include "sim/recording/record.h"

#include <memory>

#include "absl/status/status.h"
#include "sim/recording/recorder.h"
#include "traces/writer.h"

namespace lockstep::sim {

absl::StatusOr<RunResult> RecordRun(const Scenario& scenario, Choices choices, const Program& program,
                                    const std::string& path,
                                    const std::function<void(const traces::proto::Record&)>& show) {
  absl::StatusOr<std::unique_ptr<traces::FileWriter>> writer = traces::FileWriter::Create(path);
  if (!writer.ok()) return writer.status();
  absl::Status status;
  choices.Record();
  Recorder recorder(
      [&](const traces::proto::Record& record) {
        if (status.ok()) status = (*writer)->Write(record);
        if (show) show(record);
      },
      &choices);
  recorder.Begin(scenario, program.version.c_str(), program.build);
  const RunResult result = Run(scenario, choices, &recorder);
  recorder.End(result);
  if (status.ok()) status = (*writer)->Close();
  if (!status.ok()) return status;
  return result;
}

}  // namespace lockstep::sim
