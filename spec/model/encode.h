// States as canonical bytes, and renamed: what interning and symmetry reduction are made of.
#ifndef LOCKSTEP_SPEC_MODEL_ENCODE_H_
#define LOCKSTEP_SPEC_MODEL_ENCODE_H_

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "spec/model/fields.h"
#include "spec/model/history.h"

namespace lockstep::model {

// Appends every field as bytes; numbers in base 128, so that small ones take one byte.
class Encoder {
 public:
  static constexpr bool kChanges = false;

  template <typename T>
  void Number(const T& value) {
    uint64_t rest = static_cast<uint64_t>(value);
    while (rest >= 0x80) {
      bytes_.push_back(static_cast<char>(rest | 0x80));
      rest >>= 7;
    }
    bytes_.push_back(static_cast<char>(rest));
  }
  void Id(const NodeId& id) {
    Number(id.number);
    Number(id.incarnation);
  }
  void Value(const uint32_t& value) { Number(value); }
  template <typename T>
  void Set(const std::vector<T>&) {}

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

template <typename T>
std::string Encode(const T& value) {
  Encoder encoder;
  Visit(encoder, const_cast<T&>(value));  // An Encoder changes nothing.
  return encoder.bytes();
}

// Sorts what stands for a set, and drops what is there twice.
template <typename T>
void SortSet(std::vector<T>& set) {
  if (set.size() < 2) return;
  if constexpr (std::same_as<T, NodeId>) {
    std::sort(set.begin(), set.end());
  } else {
    std::vector<std::pair<std::string, T>> keyed;
    for (T& element : set) keyed.emplace_back(Encode(element), std::move(element));
    std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    keyed.erase(
        std::unique(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
        keyed.end());
    set.clear();
    for (auto& [key, element] : keyed) set.push_back(std::move(element));
  }
}

// A renaming of nodes and values: nodes[k] is the new number of node k + 1, values[k] the new value of value k + 1.
struct Renaming {
  std::vector<uint32_t> nodes;
  std::vector<uint32_t> values;
};

class Renamer {
 public:
  static constexpr bool kChanges = true;
  explicit Renamer(const Renaming& renaming) : renaming_(renaming) {}

  template <typename T>
  void Number(T&) {}
  void Id(NodeId& id) {
    if (id.number != 0) id.number = renaming_.nodes[id.number - 1];
  }
  void Value(uint32_t& value) {
    if (value != 0) value = renaming_.values[value - 1];
  }
  template <typename T>
  void Set(std::vector<T>& set) {
    SortSet(set);
  }

 private:
  const Renaming& renaming_;
};

// As Renamer, but only brings sets into their canonical order.
class Normalizer {
 public:
  static constexpr bool kChanges = false;
  template <typename T>
  void Number(T&) {}
  void Id(NodeId&) {}
  void Value(uint32_t&) {}
  template <typename T>
  void Set(std::vector<T>& set) {
    SortSet(set);
  }
};

template <typename T>
T Renamed(T value, const Renaming& renaming) {
  Renamer renamer(renaming);
  Visit(renamer, value);
  return value;
}

template <typename T>
void Normalize(T& value) {
  Normalizer normalizer;
  Visit(normalizer, value);
}

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_ENCODE_H_
