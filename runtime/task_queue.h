// TaskQueue: tasks by the time at which they are due, the common part of every Scheduler.
#ifndef LOCKSTEP_RUNTIME_TASK_QUEUE_H_
#define LOCKSTEP_RUNTIME_TASK_QUEUE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "runtime/clock.h"

namespace lockstep::runtime {

class TaskQueue {
 public:
  // Cost: O(log tasks), as the others.
  TaskId Add(int64_t due_micros, Task task) {
    const TaskId id = next_id_++;
    tasks_.emplace(std::pair(due_micros, id), std::move(task));
    due_.emplace(id, due_micros);
    return id;
  }
  void Cancel(TaskId id) {
    const auto at = due_.find(id);
    if (at == due_.end()) return;
    tasks_.erase({at->second, id});
    due_.erase(at);
  }
  // When the first task is due; nothing if there is none.
  std::optional<int64_t> next_due() const {
    if (tasks_.empty()) return std::nullopt;
    return tasks_.begin()->first.first;
  }
  // The identity that the next task will have: tasks below it were there before.
  TaskId next_id() const { return next_id_; }
  // Takes the first task out. Requires: there is one.
  Task TakeFirst(TaskId* id = nullptr) {
    auto node = tasks_.extract(tasks_.begin());
    due_.erase(node.key().second);
    if (id != nullptr) *id = node.key().second;
    return std::move(node.mapped());
  }

 private:
  TaskId next_id_ = 1;
  std::map<std::pair<int64_t, TaskId>, Task> tasks_;
  std::map<TaskId, int64_t> due_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_TASK_QUEUE_H_
