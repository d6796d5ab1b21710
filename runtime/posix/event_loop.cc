#include "runtime/posix/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/check.h"

namespace lockstep::runtime {
namespace {

constexpr int kEventsMax = 64;

int64_t ReadMicros(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

EventLoop::EventLoop() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  LOCKSTEP_CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  Watch(wake_fd_, EPOLLIN, [this](uint32_t) {
    uint64_t count = 0;
    LOCKSTEP_CHECK(read(wake_fd_, &count, sizeof count) >= 0 || errno == EAGAIN || errno == EINTR);
  });
}

EventLoop::~EventLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

Now EventLoop::ReadMonotonic() const { return {ReadMicros(CLOCK_BOOTTIME), 0}; }

int64_t EventLoop::ReadWallMillis() const { return ReadMicros(CLOCK_REALTIME) / 1000; }

TaskId EventLoop::RunAfter(int64_t delay_micros, Task task) {
  return tasks_.Add(ReadMicros(CLOCK_BOOTTIME) + std::max<int64_t>(0, delay_micros), std::move(task));
}

void EventLoop::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // Whoever posted the first one has woken the loop.
  }
  const uint64_t one = 1;
  LOCKSTEP_CHECK(write(wake_fd_, &one, sizeof one) >= 0 || errno == EAGAIN);
}

void EventLoop::Watch(int fd, uint32_t events, Ready handler) {
  watched_[fd] = std::make_shared<Watched>(Watched{std::move(handler)});
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  LOCKSTEP_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0);
}

void EventLoop::ChangeWatch(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  LOCKSTEP_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::Unwatch(int fd) {
  if (watched_.erase(fd) == 0) return;
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
}

void EventLoop::WaitForEvents(int64_t timeout_micros) {
  std::array<epoll_event, kEventsMax> events{};
  timespec timeout{timeout_micros / 1'000'000, (timeout_micros % 1'000'000) * 1000};
  const int count =
      epoll_pwait2(epoll_fd_, events.data(), kEventsMax, timeout_micros < 0 ? nullptr : &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    // An earlier handler of this round may have ended this one.
    const auto at = watched_.find(events[static_cast<size_t>(i)].data.fd);
    if (at == watched_.end()) continue;
    const std::shared_ptr<Watched> watched = at->second;
    watched->handler(events[static_cast<size_t>(i)].events);
  }
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const Task& task : tasks) task();
}

void EventLoop::RunDue() {
  const int64_t now = ReadMicros(CLOCK_BOOTTIME);
  while (tasks_.next_due().value_or(now + 1) <= now) tasks_.TakeFirst()();
}

void EventLoop::Run() {
  while (!stopped_.load(std::memory_order_acquire)) {
    const auto due = tasks_.next_due();
    int64_t timeout = -1;
    if (due.has_value()) timeout = std::max<int64_t>(0, *due - ReadMicros(CLOCK_BOOTTIME));
    WaitForEvents(timeout);
    RunPosted();
    RunDue();
  }
  stopped_.store(false, std::memory_order_relaxed);
}

void EventLoop::Stop() {
  stopped_.store(true, std::memory_order_release);
  const uint64_t one = 1;
  LOCKSTEP_CHECK(write(wake_fd_, &one, sizeof one) >= 0 || errno == EAGAIN);
}

}  // namespace lockstep::runtime
