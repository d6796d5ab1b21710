// The states seen so far, as 64-bit fingerprints in one open-addressed table without locks.
//
// Two states with the same fingerprint would be taken for one: with n states the chance that this ever happened is
// about n² / 2^65 (0.03 % for 10^8). Memory: 8 bytes a slot, fixed at the start; keep it under 85 % full.
#ifndef LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_
#define LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_

#include <atomic>
#include <cstdint>
#include <memory>

namespace lockstep::sim::explore {

class VisitedSet {
 public:
  // Requires: slots is a power of two.
  explicit VisitedSet(uint64_t slots) : mask_(slots - 1), slots_(new std::atomic<uint64_t>[slots]()) {}

  // Whether `fingerprint` is new. Thread-safe.
  bool Insert(uint64_t fingerprint) {
    if (fingerprint == 0) fingerprint = 1;  // 0 marks an empty slot.
    for (uint64_t at = (fingerprint * 0x9e3779b97f4a7c15u) & mask_;; at = (at + 1) & mask_) {
      uint64_t seen = slots_[at].load(std::memory_order_relaxed);
      if (seen == fingerprint) return false;
      if (seen != 0) continue;
      if (slots_[at].compare_exchange_strong(seen, fingerprint, std::memory_order_relaxed)) {
        size_.fetch_add(1, std::memory_order_relaxed);
        return true;
      }
      if (seen == fingerprint) return false;
    }
  }

  // Calls `visit` with each fingerprint. Not while others insert.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (uint64_t i = 0; i <= mask_; ++i) {
      if (const uint64_t fingerprint = slots_[i].load(std::memory_order_relaxed); fingerprint != 0) visit(fingerprint);
    }
  }

  uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  uint64_t capacity() const { return mask_ + 1; }
  bool nearly_full() const { return size() > capacity() / 100 * 85; }

 private:
  uint64_t mask_;
  std::unique_ptr<std::atomic<uint64_t>[]> slots_;
  std::atomic<uint64_t> size_{0};
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_
