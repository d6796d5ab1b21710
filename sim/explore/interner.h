// Every distinct value once, under a small number.
//
// A search sees the same processes and messages in millions of combinations; a state of the cluster is then a few
// numbers. Values stay where they are, so that they are read without a lock while others are added.
#ifndef LOCKSTEP_SIM_EXPLORE_INTERNER_H_
#define LOCKSTEP_SIM_EXPLORE_INTERNER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/check.h"
#include "core/fingerprint.h"

namespace lockstep::sim::explore {

template <typename T>
class Interner {
 public:
  // The number of the value with this fingerprint; `make()` gives it if it is new. Thread-safe.
  template <typename Make>
  uint32_t Intern(const Fingerprint& fingerprint, const Make& make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [at, fresh] = ids_.try_emplace({fingerprint.high, fingerprint.low}, size_);
    if (!fresh) return at->second;
    Slot(size_) = make();
    return size_++;
  }

  // Puts a value under the number that an earlier run gave it. Not thread-safe.
  template <typename Make>
  void Restore(const Fingerprint& fingerprint, uint32_t id, const Make& make) {
    if (!ids_.try_emplace({fingerprint.high, fingerprint.low}, id).second) return;
    Slot(id) = make();
    if (size_ <= id) size_ = id + 1;
  }

  // Requires: `id` was given out, and the caller knows it from a thread that synchronised with the giver.
  const T& operator[](uint32_t id) const { return chunks_[id / kChunk][id % kChunk]; }

  size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return size_;
  }

 private:
  static constexpr uint32_t kChunk = 1024;

  T& Slot(uint32_t id) {
    const uint32_t chunk = id / kChunk;
    LOCKSTEP_CHECK(chunk < chunks_.size());
    if (chunks_[chunk] == nullptr) chunks_[chunk] = std::make_unique<T[]>(kChunk);
    return chunks_[chunk][id % kChunk];
  }

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, uint32_t> ids_;
  std::array<std::unique_ptr<T[]>, 1 << 16> chunks_;
  uint32_t size_ = 0;
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_INTERNER_H_
