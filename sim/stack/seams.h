// What a node's production code gets in place of a machine's time and randomness.
//
// Tasks of a node are events of the run's queue, in lanes: those of one lane keep their order, as a real event loop
// would keep it; after a pause the lanes may mix in any way. Time is the node's own clock, chance is the run's Choices.
#ifndef LOCKSTEP_SIM_STACK_SEAMS_H_
#define LOCKSTEP_SIM_STACK_SEAMS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/clock.h"
#include "runtime/entropy.h"
#include "sim/clock.h"
#include "sim/world.h"

namespace lockstep::sim {

// Where a task comes from.
enum class Lane : uint8_t { kTimers, kNetwork, kDisk };
inline constexpr size_t kLaneCount = 3;

class LaneScheduler final : public runtime::Scheduler {
 public:
  // Tasks become events of `server`. All references outlive this object.
  LaneScheduler(World& world, uint32_t server, Lane lane, const Clock& clock, const uint32_t& life)
      : world_(world), server_(server), lane_(lane), clock_(clock), life_(life) {}

  runtime::TaskId RunAfter(int64_t delay_micros, runtime::Task task) override;
  void Cancel(runtime::TaskId id) override;
  // Runs the task of an event. Returns whether it was still to be run.
  bool Run(runtime::TaskId id);
  // Runs what is to run as soon as possible, and what that asks to be run as soon, now: before all else that happens.
  void RunSoon();
  // The process ended: nothing of it runs any more.
  void Clear();

 private:
  struct Slot {
    uint32_t turn = 1;  // How often it has been used: the upper half of its task's id.
    runtime::Task task;
  };
  Slot* Find(runtime::TaskId id);

  World& world_;
  const uint32_t server_;
  const Lane lane_;
  const Clock& clock_;
  const uint32_t& life_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<runtime::TaskId> soon_;  // Asked for without a delay, in this order.
};

class NodeClock final : public runtime::Clock {
 public:
  NodeClock(const World& world, const sim::Clock& clock) : world_(world), clock_(clock) {}
  Now ReadMonotonic() const override { return clock_.Read(world_.now); }
  int64_t ReadWallMillis() const override { return clock_.Read(world_.now).micros / 1000; }

 private:
  const World& world_;
  const sim::Clock& clock_;
};

class NodeEntropy final : public runtime::Entropy {
 public:
  explicit NodeEntropy(Choices& choices) : choices_(choices) {}
  uint64_t Draw() override { return choices_.Bits(); }

 private:
  Choices& choices_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_SEAMS_H_
