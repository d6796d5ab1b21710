// TimedMachine: a state machine whose work is timed.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_TIMED_MACHINE_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_TIMED_MACHINE_H_

#include <memory>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "runtime/lockstepd/metrics.h"
#include "runtime/machine/state_machine.h"

namespace lockstep::runtime {

class TimedMachine final : public StateMachine {
 public:
  // Everything outlives this object.
  TimedMachine(const Clock& clock, StateMachine& machine) : clock_(clock), machine_(machine) {}

  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override {
    const int64_t begun = clock_.ReadMonotonic().micros;
    machine_.Apply(commands, replies);
    applied_.Add(clock_.ReadMonotonic().micros - begun);
    commands_ += commands.size();
  }
  absl::StatusOr<std::string> Lookup(std::string_view query) override { return machine_.Lookup(query); }
  std::unique_ptr<SnapshotSource> Freeze() override { return machine_.Freeze(); }
  absl::Status Restore(SnapshotSource& source) override { return machine_.Restore(source); }
  DataStore* data() override { return machine_.data(); }

  // Of batches.
  const Durations& applied() const { return applied_; }
  uint64_t commands() const { return commands_; }

 private:
  const Clock& clock_;
  StateMachine& machine_;
  Durations applied_;
  uint64_t commands_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_TIMED_MACHINE_H_
