#include "runtime/memory/memory_clock.h"

#include <algorithm>

namespace lockstep::runtime {

TaskId MemoryClock::RunAfter(int64_t delay_micros, Task task) {
  return tasks_.Add(now_micros_ + std::max<int64_t>(0, delay_micros), std::move(task));
}

bool MemoryClock::RunNext() {
  const auto due = tasks_.next_due();
  if (!due.has_value()) return false;
  now_micros_ = std::max(now_micros_, *due);
  tasks_.TakeFirst()();
  return true;
}

void MemoryClock::Advance(int64_t micros) {
  const int64_t end = now_micros_ + micros;
  while (tasks_.next_due().value_or(end + 1) <= end) RunNext();
  now_micros_ = end;
}

}  // namespace lockstep::runtime
