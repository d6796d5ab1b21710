// OwnTasks: a scheduler whose tasks end with it: what is put off by an object that has gone is not done any more.
#ifndef LOCKSTEP_RUNTIME_SERVICE_OWN_TASKS_H_
#define LOCKSTEP_RUNTIME_SERVICE_OWN_TASKS_H_

#include <memory>
#include <utility>

#include "runtime/clock.h"

namespace lockstep::runtime {

class OwnTasks final : public Scheduler {
 public:
  explicit OwnTasks(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~OwnTasks() override { *alive_ = false; }

  TaskId RunAfter(int64_t delay_micros, Task task) override {
    return scheduler_.RunAfter(delay_micros, [alive = alive_, task = std::move(task)] {
      if (*alive) task();
    });
  }
  void Cancel(TaskId id) override { scheduler_.Cancel(id); }

 private:
  Scheduler& scheduler_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_OWN_TASKS_H_
