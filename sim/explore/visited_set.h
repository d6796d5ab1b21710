// The states seen so far, as 64-bit fingerprints in one open-addressed table without locks.
//
// Two states with the same fingerprint would be taken for one; README.md says how likely that is. Memory: 8 bytes a slot,
// fixed at the start: 9.4 bytes a state.
#ifndef LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_
#define LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace lockstep::sim::explore {

class VisitedSet {
 public:
  // Room for `states_max`, and a little more for those that come in before somebody asks full(). Memory comes as it is
  // touched, a page at a time.
  explicit VisitedSet(uint64_t states_max)
      : states_max_(states_max),
        capacity_(states_max / 85 * 100 + (1 << 16)),
        slots_(static_cast<std::atomic<uint64_t>*>(std::calloc(capacity_, sizeof(uint64_t)))) {
    if (slots_ == nullptr) throw std::bad_alloc();
  }

  // Whether `fingerprint` is new. Thread-safe.
  bool Insert(uint64_t fingerprint) {
    if (fingerprint == 0) fingerprint = 1;  // 0 marks an empty slot.
    const uint64_t mixed = fingerprint * 0x9e3779b97f4a7c15u;
    uint64_t at = static_cast<uint64_t>((static_cast<Wide>(mixed) * capacity_) >> 64);
    for (;; at = at + 1 == capacity_ ? 0 : at + 1) {
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
    for (uint64_t i = 0; i < capacity_; ++i) {
      if (const uint64_t fingerprint = slots_[i].load(std::memory_order_relaxed); fingerprint != 0) visit(fingerprint);
    }
  }

  // Forgets all. Not while others insert.
  void Clear() {
    for (uint64_t i = 0; i < capacity_; ++i) slots_[i].store(0, std::memory_order_relaxed);
    size_.store(0);
  }

  uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  bool full() const { return size() >= states_max_; }

 private:
  __extension__ using Wide = unsigned __int128;
  struct Free {
    void operator()(std::atomic<uint64_t>* slots) const { std::free(slots); }
  };

  uint64_t states_max_;
  uint64_t capacity_;
  std::unique_ptr<std::atomic<uint64_t>[], Free> slots_;
  std::atomic<uint64_t> size_{0};
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_
