// The states seen so far, as 64-bit fingerprints in one open-addressed table without locks.
//
// Two states with the same fingerprint would be taken for one; README.md says how likely that is. Memory: 9.4 bytes a
// state at best, half as much again while it grows.
#ifndef LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_
#define LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace lockstep::sim::explore {

class VisitedSet {
 public:
  // Room for `states_max` in the end; it begins small.
  explicit VisitedSet(uint64_t states_max) : states_max_(states_max) { Allocate(std::min(states_max, kFirst)); }

  // Whether `fingerprint` is new. Thread-safe.
  // Requires: little has been inserted since crowded() and full() were last seen to be false.
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

  // Whether it should grow before more is inserted; whether all its room is used.
  bool crowded() const { return size() >= room_ && room_ < states_max_; }
  bool full() const { return size() >= states_max_; }

  // Room for so many now. Whoever inserts what ForEach gave must ask for it first: that comes in the order of the
  // slots, and would fill the first part of a smaller table without a gap. Not while others insert.
  void Reserve(uint64_t states) {
    while (room_ < std::min(states, states_max_)) Grow();
  }

  // Not while others insert.
  void Grow() {
    const Slots old = std::move(slots_);
    const uint64_t capacity = capacity_;
    Allocate(std::min(states_max_, 2 * room_));
    size_.store(0);
    for (uint64_t i = 0; i < capacity; ++i) {
      if (const uint64_t fingerprint = old[i].load(std::memory_order_relaxed); fingerprint != 0) Insert(fingerprint);
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

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr uint64_t kFirst = uint64_t{1} << 16;
  struct Free {
    void operator()(std::atomic<uint64_t>* slots) const { std::free(slots); }
  };
  using Slots = std::unique_ptr<std::atomic<uint64_t>[], Free>;

  void Allocate(uint64_t room) {
    room_ = room;
    capacity_ = room / 85 * 100 + (1 << 16);
    // Zeros, so all slots are empty; memory that is not touched costs nothing.
    slots_ = Slots(static_cast<std::atomic<uint64_t>*>(std::calloc(capacity_, sizeof(uint64_t))));
    if (slots_ == nullptr) throw std::bad_alloc();
  }

  const uint64_t states_max_;
  uint64_t room_ = 0;  // How many states the table has room for now.
  uint64_t capacity_ = 0;
  Slots slots_;
  std::atomic<uint64_t> size_{0};
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_VISITED_SET_H_
