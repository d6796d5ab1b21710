// Slots that are used again: what an event is about, without an allocation for each.
#ifndef LOCKSTEP_SIM_POOL_H_
#define LOCKSTEP_SIM_POOL_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lockstep::sim {

template <typename T>
class Pool {
 public:
  // Keeps `value` until it is freed, under the number returned.
  uint32_t Put(T value) {
    if (free_.empty()) {
      items_.push_back(std::move(value));
      return static_cast<uint32_t>(items_.size() - 1);
    }
    const uint32_t slot = free_.back();
    free_.pop_back();
    items_[slot] = std::move(value);
    return slot;
  }
  T& operator[](uint64_t slot) { return items_[slot]; }
  const T& operator[](uint64_t slot) const { return items_[slot]; }
  // Gives the value back and frees the slot.
  T Take(uint64_t slot) {
    free_.push_back(static_cast<uint32_t>(slot));
    return std::move(items_[slot]);
  }
  size_t used() const { return items_.size() - free_.size(); }

 private:
  std::vector<T> items_;
  std::vector<uint32_t> free_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_POOL_H_
