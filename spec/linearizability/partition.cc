#include "spec/linearizability/partition.h"

#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "spec/linearizability/access.h"
#include "spec/linearizability/model.h"

namespace lockstep::linearizability {
namespace {

class UnionFind {
 public:
  explicit UnionFind(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0u); }
  uint32_t Find(uint32_t x) {
    while (parent_[x] != x) x = parent_[x] = parent_[parent_[x]];
    return x;
  }
  // The smaller index stays the root, so that the result is independent of the order of unions.
  void Join(uint32_t a, uint32_t b) {
    a = Find(a);
    b = Find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

bool TouchesSeveral(OperationKind kind) {
  return kind == OperationKind::kTransaction || kind == OperationKind::kRange || kind == OperationKind::kDeleteRange;
}

}  // namespace

Partition::Partition(const History& history, const Semantics& semantics) {
  UnionFind keys(history.key_count());
  std::vector<Key> touched;
  absl::flat_hash_map<OperationId, Key> anchors;  // the key that stands for an operation on several
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    if (!TouchesSeveral(op.kind) || RelevanceOf(semantics, op) == Relevance::kIgnored) continue;
    touched.clear();
    KeysOf(history, op, &touched);
    if (touched.empty()) continue;
    anchors[id] = touched[0];
    for (Key key : touched) keys.Join(touched[0], key);
  }
  constexpr uint32_t kNoComponent = UINT32_MAX;
  std::vector<uint32_t> component_of(history.key_count(), kNoComponent);
  std::vector<Key> first_key;
  // The component of an operation, or kNoComponent when it says nothing.
  auto component = [&](OperationId id) {
    const Operation& op = history.operation(id);
    if (RelevanceOf(semantics, op) == Relevance::kIgnored) return kNoComponent;
    Key key = op.key;
    if (TouchesSeveral(op.kind)) {
      // A range without keys, or an empty transaction, still has an answer; it goes with its nominal key.
      if (const auto it = anchors.find(id); it != anchors.end()) key = it->second;
    }
    uint32_t& index = component_of[keys.Find(key)];
    if (index == kNoComponent) {
      index = static_cast<uint32_t>(components_.size());
      components_.push_back({});
      first_key.push_back(op.key);
    }
    Component& c = components_[index];
    c.is_register = c.is_register && op.key == first_key[index] && RegisterLike(semantics.model, op.kind);
    return index;
  };
  size_t total = 0;
  for (OperationId id = 0; id < history.size(); ++id) {
    const uint32_t index = component(id);
    if (index == kNoComponent) continue;
    ++components_[index].size;
    ++total;
  }
  size_t first = 0;
  std::vector<size_t> next;
  for (Component& c : components_) {
    c.first = first;
    next.push_back(first);
    first += c.size;
  }
  ids_.resize(total);
  for (OperationId id = 0; id < history.size(); ++id) {
    const uint32_t index = component(id);
    if (index != kNoComponent) ids_[next[index]++] = id;
  }
}

}  // namespace lockstep::linearizability
