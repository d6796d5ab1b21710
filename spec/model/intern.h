// Values by number: equal values get the same number, so that states are a few numbers and work on them is remembered.
#ifndef LOCKSTEP_SPEC_MODEL_INTERN_H_
#define LOCKSTEP_SPEC_MODEL_INTERN_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "spec/model/encode.h"

namespace lockstep::model {

// Numbers values of type T from 0, in the order in which they come. References stay valid.
template <typename T>
class Interner {
 public:
  uint32_t Intern(T value) {
    const auto [at, is_new] = ids_.try_emplace(Encode(value), static_cast<uint32_t>(values_.size()));
    if (is_new) values_.push_back(std::move(value));
    return at->second;
  }
  const T& operator[](uint32_t id) const { return values_[id]; }
  uint32_t size() const { return static_cast<uint32_t>(values_.size()); }

 private:
  absl::flat_hash_map<std::string, uint32_t> ids_;
  std::deque<T> values_;
};

inline uint64_t HashWords(const uint32_t* words, size_t count) {
  uint64_t hash = 0x243f6a8885a308d3u ^ count;
  for (size_t i = 0; i < count; ++i) {
    hash = (hash ^ words[i]) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  return hash * 0xc4ceb9fe1a85ec53u ^ (hash >> 29);
}

// Open addressing over numbers given out from 0; what a number stands for is the owner's.
class IdTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // The id for which `equals(id)` holds among those with this hash, or kNone.
  template <typename Equals>
  uint32_t Find(uint64_t hash, const Equals& equals) const {
    if (slots_.empty()) return kNone;
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.id == kNone) return kNone;
      if (slot.tag == Tag(hash) && equals(slot.id)) return slot.id;
    }
  }
  // Requires: not there yet. hash_of(id): the hash of any id there.
  template <typename HashOf>
  void Add(uint64_t hash, uint32_t id, const HashOf& hash_of) {
    if (2 * (size_ + 1) > slots_.size()) Grow(hash_of);
    Put(hash, id);
    ++size_;
  }

 private:
  struct Slot {
    uint32_t id = kNone;
    uint32_t tag = 0;
  };
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  void Put(uint64_t hash, uint32_t id) {
    size_t at = hash & mask_;
    while (slots_[at].id != kNone) at = (at + 1) & mask_;
    slots_[at] = {id, Tag(hash)};
  }
  template <typename HashOf>
  void Grow(const HashOf& hash_of) {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max<size_t>(1024, 2 * old.size()), Slot{});
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id != kNone) Put(hash_of(slot.id), slot.id);
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

// Numbers sorted lists of numbers.
class ListInterner {
 public:
  uint32_t Intern(const std::vector<uint32_t>& list) {
    const uint64_t hash = HashWords(list.data(), list.size());
    const uint32_t known = table_.Find(hash, [&](uint32_t id) {
      return ends_[id] - begin(id) == list.size() &&
             std::memcmp(words_.data() + begin(id), list.data(), list.size() * sizeof(uint32_t)) == 0;
    });
    if (known != IdTable::kNone) return known;
    const uint32_t id = static_cast<uint32_t>(ends_.size());
    words_.insert(words_.end(), list.begin(), list.end());
    ends_.push_back(words_.size());
    table_.Add(hash, id, [this](uint32_t other) { return HashWords(data(other), size(other)); });
    return id;
  }
  const uint32_t* data(uint32_t id) const { return words_.data() + begin(id); }
  size_t size(uint32_t id) const { return ends_[id] - begin(id); }
  uint32_t count() const { return static_cast<uint32_t>(ends_.size()); }

 private:
  size_t begin(uint32_t id) const { return id == 0 ? 0 : ends_[id - 1]; }

  IdTable table_;
  std::vector<uint32_t> words_;
  std::vector<size_t> ends_;
};

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_INTERN_H_
