// Time that stands still until it is told to go on: a clock and its queue of tasks.
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_CLOCK_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_CLOCK_H_

#include <cstdint>
#include <utility>

#include "runtime/clock.h"
#include "runtime/task_queue.h"

namespace lockstep::runtime {

class MemoryClock final : public Clock, public Scheduler {
 public:
  Now ReadMonotonic() const override { return {now_micros_, 0}; }
  int64_t ReadWallMillis() const override { return now_micros_ / 1000; }
  TaskId RunAfter(int64_t delay_micros, Task task) override;
  void Cancel(TaskId id) override { tasks_.Cancel(id); }

  int64_t now_micros() const { return now_micros_; }
  // Runs the next task, at its time. Returns whether there was one.
  bool RunNext();
  // Runs everything that is due within the next `micros`, then lets the rest of them pass.
  void Advance(int64_t micros);
  // Runs tasks until `done` holds; gives up after `limit_micros`. Returns whether it holds.
  template <typename Done>
  bool RunUntil(const Done& done, int64_t limit_micros = 60'000'000) {
    const int64_t end = now_micros_ + limit_micros;
    while (!done()) {
      if (tasks_.next_due().value_or(end + 1) > end) return false;
      RunNext();
    }
    return true;
  }

 private:
  int64_t now_micros_ = 1'000'000;
  TaskQueue tasks_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_CLOCK_H_
