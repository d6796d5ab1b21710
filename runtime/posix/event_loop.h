// The production Scheduler and Clock: one thread that waits for file descriptors and for time.
//
// Everything of a host runs within Run(). Other threads reach it by Post(), and by nothing else.
#ifndef LOCKSTEP_RUNTIME_POSIX_EVENT_LOOP_H_
#define LOCKSTEP_RUNTIME_POSIX_EVENT_LOOP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/clock.h"
#include "runtime/task_queue.h"

namespace lockstep::runtime {

class EventLoop final : public Clock, public Scheduler {
 public:
  EventLoop();
  ~EventLoop() override;

  // Machine time that goes on while the machine sleeps.
  Now ReadMonotonic() const override;
  int64_t ReadWallMillis() const override;
  TaskId RunAfter(int64_t delay_micros, Task task) override;
  void Cancel(TaskId id) override { tasks_.Cancel(id); }

  // Runs `task` on the loop's thread. From any thread, at any time; tasks posted after the end are dropped.
  void Post(Task task);

  // Calls `handler` with epoll's events whenever `fd` has some of `events` (EPOLLIN, EPOLLOUT, edge or level as asked).
  using Ready = std::function<void(uint32_t events)>;
  void Watch(int fd, uint32_t events, Ready handler);
  void ChangeWatch(int fd, uint32_t events);
  void Unwatch(int fd);

  // Runs until Stop(); after that it may run again.
  void Run();
  // From any thread.
  void Stop();

 private:
  struct Watched {
    Ready handler;
  };

  void WaitForEvents(int64_t timeout_micros);
  void RunPosted();
  void RunDue();

  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::map<int, std::shared_ptr<Watched>> watched_;
  TaskQueue tasks_;
  std::atomic<bool> stopped_{false};

  std::mutex mutex_;
  std::vector<Task> posted_;  // Guarded by mutex_.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_EVENT_LOOP_H_
