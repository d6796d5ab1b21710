#include "sim/recording/play_record.h"

#include <utility>

#include "sim/recording/recorder.h"
#include "sim/run.h"
#include "sim/script/setup.h"

namespace lockstep::sim {
namespace {

class PlayRecorder : public Recorder {
 public:
  explicit PlayRecorder(const PlayView& view)
      : Recorder([&view](const traces::proto::Record& record) {
          if (view.record) view.record(record);
        }),
        view_(view) {}

  void OnStart(const StartEvent& event) override {
    Recorder::OnStart(event);
    if (view_.state) view_.state(event.state);
  }
  void OnStep(const StepEvent& event) override {
    Recorder::OnStep(event);
    if (view_.state) view_.state(event.state);
  }

 private:
  const PlayView& view_;
};

}  // namespace

absl::StatusOr<PlayResult> PlayAndRecord(const Script& script, const PlayView& view) {
  const absl::StatusOr<Setup> setup = SetupOf(script);
  if (!setup.ok()) return setup.status();
  PlayRecorder recorder(view);
  recorder.Begin(setup->scenario, "", 0);
  PlayResult played = PlayFrom(*setup, script, &recorder, view.line);
  RunResult result;
  result.violation = played.violation;
  result.steps = played.steps;
  result.simulated_micros = played.simulated_micros;
  recorder.End(result);
  return played;
}

}  // namespace lockstep::sim
