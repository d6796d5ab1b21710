// Values of a history as 32-bit handles, so that millions of operations fit in
// memory and comparing two values is comparing two integers.
//
// Idea: an integer of 31 bits is its own handle; everything else (large
// integers, strings, lists) is interned once in a ValuePool and named by its
// index there. Equal values have equal handles within one pool. Contract:
// handles of different pools must not be mixed. A list's order is the caller's:
// sort a set before interning. Left to others: what a value means to an
// operation (operation kinds, history.h) and how it is read from a file.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_VALUE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_VALUE_H_

#include <compare>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace lockstep::linearizability {

// A value's handle. Ordered by handle, which is no order of the values
// themselves.
struct Value {
  uint32_t bits = 0;

  friend bool operator==(Value, Value) = default;
  friend auto operator<=>(Value, Value) = default;
  template <typename H>
  friend H AbslHashValue(H hash, Value value) {
    return H::combine(std::move(hash), value.bits);
  }
};

// The value of a register nobody wrote: Clojure's nil, JSON's null, etcd's "no
// such key".
inline constexpr Value kNil{0};
// "The history does not say": the result of a read whose answer is unknown.
// Never equal to what a model returns.
inline constexpr Value kUnknownValue{1};

class ValuePool {
 public:
  enum class Type : uint8_t { kNil, kUnknown, kInteger, kString, kList };

  ValuePool();
  ValuePool(const ValuePool& other);
  ValuePool& operator=(const ValuePool& other);
  ValuePool(ValuePool&&) = default;
  ValuePool& operator=(ValuePool&&) = default;

  // The handle of an integer. Cost: O(1), no memory when it lies in [-2^30,
  // 2^30).
  Value Integer(int64_t integer);
  // The handle of a string. Cost: one hash look-up; the text is stored once.
  Value String(std::string_view text);
  // The handle of a list (also of a set or map: sort it first, and flatten a
  // map to key, value, key, value).
  Value List(std::span<const Value> items);

  Type TypeOf(Value value) const;
  // Requires: the value has that type.
  int64_t AsInteger(Value value) const;
  std::string_view AsString(Value value) const;
  std::span<const Value> AsList(Value value) const;

  // The value as people write it: nil, 7, "text", [1 2].
  std::string ToString(Value value) const;

 private:
  struct Entry {
    Type type;
    uint32_t size;    // characters or items
    uint64_t offset;  // into items_, or the integer itself, or the index into texts_
  };
  // Abseil's string_view need not be the standard one.
  static absl::string_view Shown(std::string_view text) { return absl::string_view(text.data(), text.size()); }
  Value Add(Entry entry);
  void RebuildStrings();
  const Entry& EntryOf(Value value) const;

  std::vector<Entry> entries_;
  std::deque<std::string> texts_;  // a deque keeps its strings in place: the
                                   // look-up table points into it
  std::vector<Value> items_;
  absl::flat_hash_map<int64_t, Value> integers_;
  absl::flat_hash_map<absl::string_view, Value> strings_;
  absl::flat_hash_map<uint64_t, std::vector<Value>> lists_by_hash_;
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_VALUE_H_
