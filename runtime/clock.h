// Clock and Scheduler: the only ways in which the host learns the time and waits.
//
// A host runs on one thread at a time: its scheduler runs every task there, never within another task, and in the order
// in which they are due (among equals: in which they were asked for). In production the scheduler is an event loop, in
// simulation the run's event queue.
#ifndef LOCKSTEP_RUNTIME_CLOCK_H_
#define LOCKSTEP_RUNTIME_CLOCK_H_

#include <cstdint>
#include <functional>

#include "core/types.h"

namespace lockstep::runtime {

class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic time, with the bound of its error that leases rely on.
  virtual Now ReadMonotonic() const = 0;
  // Milliseconds since 1970, as far as this machine knows; may jump. For what people read, and for a session's age.
  virtual int64_t ReadWallMillis() const = 0;
};

using Task = std::function<void()>;
using TaskId = uint64_t;  // 0: no task.

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Runs `task` once, `delay_micros` from now at the earliest; 0: as soon as what is under way has ended.
  virtual TaskId RunAfter(int64_t delay_micros, Task task) = 0;
  // The task will not run; nothing, if it has run already or was never asked for.
  virtual void Cancel(TaskId id) = 0;
};

// One task that is put off, or called off, again and again; called off when this object ends.
class Timer {
 public:
  explicit Timer(Scheduler& scheduler) : scheduler_(scheduler) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Stop(); }

  // Runs `task` after `delay_micros`, in place of what was set before.
  void Set(int64_t delay_micros, Task task) {
    Stop();
    id_ = scheduler_.RunAfter(delay_micros, [this, task = std::move(task)] {
      id_ = 0;
      task();
    });
  }
  void Stop() {
    if (id_ != 0) scheduler_.Cancel(id_);
    id_ = 0;
  }
  bool is_set() const { return id_ != 0; }

 private:
  Scheduler& scheduler_;
  TaskId id_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_CLOCK_H_
