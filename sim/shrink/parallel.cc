#include "sim/shrink/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace lockstep::sim {

std::optional<size_t> FirstThat(size_t count, size_t jobs, const std::function<bool(size_t)>& succeeds) {
  std::atomic<size_t> next{0};
  std::atomic<size_t> first{count};
  const auto work = [&] {
    while (true) {
      const size_t at = next.fetch_add(1);
      if (at >= first.load()) return;
      if (!succeeds(at)) continue;
      size_t known = first.load();
      while (at < known && !first.compare_exchange_weak(known, at)) {
      }
    }
  };
  const size_t helpers = std::min(jobs, count);
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < helpers; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return first < count ? std::optional<size_t>(first) : std::nullopt;
}

}  // namespace lockstep::sim
