// Turns a run, while it happens, into the records of a trace.
//
// One record for each happening, handed on at once: memory does not grow with the run. The arrival of a message and
// the step that takes it are one record.
#ifndef LOCKSTEP_SIM_RECORDING_RECORDER_H_
#define LOCKSTEP_SIM_RECORDING_RECORDER_H_

#include <cstdint>
#include <functional>

#include "sim/choices.h"
#include "sim/observer.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "traces/trace.pb.h"

namespace lockstep::sim {

class Recorder : public Observer {
 public:
  using Sink = std::function<void(const traces::proto::Record&)>;

  // Hands the happenings to `sink` and, where `choices` is given, its recorded draws before them, in pieces.
  // Requires: `choices` records and outlives this.
  explicit Recorder(Sink sink, const Choices* choices = nullptr);

  // The first record. Call it before the run.
  void Begin(const Scenario& scenario, const char* program_version, uint64_t build);
  // The last records. Call it with what the run gave.
  void End(const RunResult& result);

  void OnStart(const StartEvent& event) override;
  void OnCrash(const CrashEvent& event) override;
  void OnStep(const StepEvent& event) override;
  void OnMessage(const MessageEvent& event) override;
  void OnFault(const FaultEvent& event) override;
  void OnCut(const CutEvent& event) override;
  void OnClient(const ClientEvent& event) override;
  void OnHealed(int64_t time_micros) override;

 private:
  void Emit();
  // Emits the draws made since the last time, once there are at least `pending_min`.
  void EmitChoices(size_t pending_min);

  Sink sink_;
  const Choices* choices_;
  size_t choices_emitted_ = 0;
  uint64_t arriving_message_id_ = 0;  // Delivered; the step that takes it is next.
  traces::proto::Record record_;      // Reused from one happening to the next.
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_RECORDING_RECORDER_H_
