// Traces in the specification's words: written from a replayed run, checked against the model.
#ifndef LOCKSTEP_CLI_MODEL_TRACE_H_
#define LOCKSTEP_CLI_MODEL_TRACE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "sim/observer.h"
#include "spec/trace/tracer.h"

namespace lockstep::cli {

// Collects the lines of a run's first steps, and writes them.
class TraceCollector : public sim::Observer {
 public:
  explicit TraceCollector(uint64_t steps_max);

  void OnStart(const sim::StartEvent& event) override;
  void OnCrash(const sim::CrashEvent& event) override;
  void OnStep(const sim::StepEvent& event) override;

  // Writes head and lines as NDJSON.
  absl::Status Write(const std::string& path) const;
  uint64_t steps() const { return steps_; }

 private:
  const uint64_t steps_max_;
  uint64_t steps_ = 0;
  std::string lines_;
  spec::Tracer tracer_;
};

// Checks the NDJSON file `path` against the model and says what came of it. Answers the exit status: 0 accepted,
// 1 refused, 2 unusable.
int CheckModelTrace(const std::string& path);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_MODEL_TRACE_H_
