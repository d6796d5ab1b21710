// Worker: a thread that runs jobs one after the other.
#ifndef LOCKSTEP_RUNTIME_POSIX_WORKER_H_
#define LOCKSTEP_RUNTIME_POSIX_WORKER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace lockstep::runtime {

class Worker {
 public:
  Worker();
  // Waits for the job under way; those behind it are dropped.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From any thread.
  void Add(std::function<void()> job);

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // Guarded by mutex_.
  bool ending_ = false;                     // Guarded by mutex_.
  std::thread thread_;                      // Last: it uses the others.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_WORKER_H_
