#include "sim/recording/replay.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sim/recording/recorder.h"
#include "sim/recording/scenario_record.h"

namespace lockstep::sim {
namespace {

// Shows what is behind the records of starts, crashes and steps.
class ShowingRecorder : public Recorder {
 public:
  ShowingRecorder(Sink sink, const ReplayView& view) : Recorder(std::move(sink)), view_(view) {}

  void OnStart(const StartEvent& event) override {
    Recorder::OnStart(event);
    if (view_.state) view_.state(event.state);
    if (view_.observer != nullptr) view_.observer->OnStart(event);
  }
  void OnCrash(const CrashEvent& event) override {
    Recorder::OnCrash(event);
    if (view_.observer != nullptr) view_.observer->OnCrash(event);
  }
  void OnStep(const StepEvent& event) override {
    Recorder::OnStep(event);
    if (view_.state) view_.state(event.state);
    if (view_.observer != nullptr) view_.observer->OnStep(event);
  }

 private:
  const ReplayView& view_;
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
  ShowingRecorder recorder(
      [&](const traces::proto::Record& record) {
        if (status.ok()) status = comparison.Take(record);
        if (view.record) view.record(record);
      },
      view);
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
