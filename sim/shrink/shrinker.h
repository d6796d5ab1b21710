// What all ways of shrinking share: when to stop, how to tell of progress, what counts as the same failure.
#ifndef LOCKSTEP_SIM_SHRINK_SHRINKER_H_
#define LOCKSTEP_SIM_SHRINK_SHRINKER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace lockstep::sim {

// How far the work is.
struct ShrinkProgress {
  std::string what;     // "choices", "lines", …
  uint64_t size = 0;    // Of the best so far, in what is being shrunk …
  uint64_t before = 0;  // … and at the beginning.
  uint64_t runs = 0;
};

struct ShrinkOptions {
  size_t jobs = 1;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  const std::atomic<bool>* stop = nullptr;              // Once set, the best so far is the answer. May be null.
  std::function<void(const ShrinkProgress&)> progress;  // Called now and then from the caller's thread. May be empty.

  bool Over() const {
    return (stop != nullptr && stop->load(std::memory_order_relaxed)) || std::chrono::steady_clock::now() >= deadline;
  }
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SHRINK_SHRINKER_H_
