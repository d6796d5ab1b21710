#include "sim/recording/replay.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sim/recording/recorder.h"
#include "sim/recording/scenario_record.h"

namespace lockstep::sim {
namespace {

// Shows the state behind each record of a start or step.
class StateRecorder : public Recorder {
 public:
  StateRecorder(Sink sink, const std::function<void(const State&)>& show) : Recorder(std::move(sink)), show_(show) {}

  void OnStart(const StartEvent& event) override {
    Recorder::OnStart(event);
    if (show_) show_(event.state);
  }
  void OnStep(const StepEvent& event) override {
    Recorder::OnStep(event);
    if (show_) show_(event.state);
  }

 private:
  const std::function<void(const State&)>& show_;
};

}  // namespace

absl::StatusOr<Replayable> LoadTrace(const std::string& path) {
  absl::StatusOr<traces::Summary> trace = traces::ReadSummary(path);
  if (!trace.ok()) return trace.status();
  const absl::StatusOr<Scenario> scenario = FromProto(trace->header.scenario());
  if (!scenario.ok()) {
    return absl::Status(scenario.status().code(),
                        absl::StrCat(path, ": record 1: ", std::string(scenario.status().message())));
  }
  if (trace->choices.size() != trace->end.draws()) {
    return absl::DataLossError(absl::StrCat(path, ": the trace holds ", trace->choices.size(),
                                            " choices; expected the ", trace->end.draws(), " that its end counts"));
  }
  return Replayable{path, *std::move(trace), *scenario};
}

absl::StatusOr<ReplayReport> Replay(const Replayable& replayable, const ReplayView& view) {
  absl::StatusOr<traces::Reader> recorded = traces::Reader::Open(replayable.path);
  if (!recorded.ok()) return recorded.status();
  traces::Comparison comparison(*recorded);
  absl::Status status;
  StateRecorder recorder(
      [&](const traces::proto::Record& record) {
        if (status.ok()) status = comparison.Take(record);
        if (view.record) view.record(record);
      },
      view.state);
  Choices choices = Choices::Replay(replayable.trace.choices);
  ReplayReport report;
  report.result = Run(replayable.scenario, choices, &recorder);
  recorder.End(report.result);
  if (status.ok()) status = comparison.Finish();
  if (!status.ok()) return status;
  report.divergence = comparison.divergence();
  return report;
}

}  // namespace lockstep::sim
