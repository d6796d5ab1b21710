#include "spec/linearizability/value.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::linearizability {
namespace {

// Handles: 0 nil, 1 unknown, high bit set: an integer biased by 2^30; else the
// index of an entry plus 2.
constexpr uint32_t kInlineBit = uint32_t{1} << 31;
constexpr int64_t kBias = int64_t{1} << 30;
constexpr uint32_t kFirstEntry = 2;

}  // namespace

ValuePool::ValuePool() = default;

ValuePool::ValuePool(const ValuePool& other)
    : entries_(other.entries_),
      texts_(other.texts_),
      items_(other.items_),
      integers_(other.integers_),
      lists_by_hash_(other.lists_by_hash_) {
  RebuildStrings();
}

ValuePool& ValuePool::operator=(const ValuePool& other) {
  if (this != &other) *this = ValuePool(other);
  return *this;
}

void ValuePool::RebuildStrings() {
  strings_.clear();
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].type != Type::kString) continue;
    strings_.emplace(Shown(texts_[entries_[i].offset]), Value{i + kFirstEntry});
  }
}

Value ValuePool::Add(Entry entry) {
  entries_.push_back(entry);
  return Value{static_cast<uint32_t>(entries_.size() - 1) + kFirstEntry};
}

const ValuePool::Entry& ValuePool::EntryOf(Value value) const { return entries_[value.bits - kFirstEntry]; }

Value ValuePool::Integer(int64_t integer) {
  if (integer >= -kBias && integer < kBias) return Value{kInlineBit | static_cast<uint32_t>(integer + kBias)};
  auto [it, inserted] = integers_.try_emplace(integer, kNil);
  if (inserted) it->second = Add({Type::kInteger, 0, static_cast<uint64_t>(integer)});
  return it->second;
}

Value ValuePool::String(std::string_view text) {
  auto it = strings_.find(Shown(text));
  if (it != strings_.end()) return it->second;
  texts_.emplace_back(text);
  const Value value = Add({Type::kString, static_cast<uint32_t>(text.size()), texts_.size() - 1});
  strings_.emplace(Shown(texts_.back()), value);
  return value;
}

Value ValuePool::List(std::span<const Value> items) {
  uint64_t hash = 0xcbf29ce484222325u + items.size();
  for (Value item : items) hash = (hash ^ item.bits) * 0x9e3779b97f4a7c15u + (hash >> 29);
  std::vector<Value>& candidates = lists_by_hash_[hash];
  for (Value candidate : candidates) {
    const std::span<const Value> other = AsList(candidate);
    if (std::equal(other.begin(), other.end(), items.begin(), items.end())) return candidate;
  }
  const uint64_t offset = items_.size();
  // The caller's items may be a part of items_ itself: copy before growing.
  const std::vector<Value> copy(items.begin(), items.end());
  items_.insert(items_.end(), copy.begin(), copy.end());
  const Value value = Add({Type::kList, static_cast<uint32_t>(copy.size()), offset});
  candidates.push_back(value);
  return value;
}

ValuePool::Type ValuePool::TypeOf(Value value) const {
  if (value == kNil) return Type::kNil;
  if (value == kUnknownValue) return Type::kUnknown;
  if (value.bits & kInlineBit) return Type::kInteger;
  return EntryOf(value).type;
}

int64_t ValuePool::AsInteger(Value value) const {
  if (value.bits & kInlineBit) return static_cast<int64_t>(value.bits & ~kInlineBit) - kBias;
  return static_cast<int64_t>(EntryOf(value).offset);
}

std::string_view ValuePool::AsString(Value value) const { return texts_[EntryOf(value).offset]; }

std::span<const Value> ValuePool::AsList(Value value) const {
  const Entry& entry = EntryOf(value);
  return std::span<const Value>(items_).subspan(entry.offset, entry.size);
}

std::string ValuePool::ToString(Value value) const {
  switch (TypeOf(value)) {
    case Type::kNil:
      return "nil";
    case Type::kUnknown:
      return "?";
    case Type::kInteger:
      return std::to_string(AsInteger(value));
    case Type::kString:
      return absl::StrCat("\"", Shown(AsString(value)), "\"");
    case Type::kList:
      break;
  }
  std::string text = "[";
  for (Value item : AsList(value)) absl::StrAppend(&text, text.size() > 1 ? " " : "", ToString(item));
  return text + "]";
}

}  // namespace lockstep::linearizability
