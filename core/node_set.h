// A small ordered set of nodes.
//
// Ordered, so that iteration decides nothing by accident; inline up to seven members, so that copying
// a configuration costs no allocation for the usual cluster.
#ifndef LOCKSTEP_CORE_NODE_SET_H_
#define LOCKSTEP_CORE_NODE_SET_H_

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/container/inlined_vector.h"
#include "core/types.h"

namespace lockstep {

class NodeSet {
 public:
  using Container = absl::InlinedVector<NodeId, 7>;
  using const_iterator = Container::const_iterator;

  NodeSet() = default;
  NodeSet(std::initializer_list<NodeId> ids) {
    for (NodeId id : ids) insert(id);
  }

  // Ensures: contains(id). Returns whether it was new.
  bool insert(NodeId id) {
    auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at != ids_.end() && *at == id) return false;
    ids_.insert(at, id);
    return true;
  }

  // Ensures: !contains(id). Returns whether it was there.
  bool erase(NodeId id) {
    auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at == ids_.end() || *at != id) return false;
    ids_.erase(at);
    return true;
  }

  bool contains(NodeId id) const { return std::binary_search(ids_.begin(), ids_.end(), id); }
  bool empty() const { return ids_.empty(); }
  size_t size() const { return ids_.size(); }
  void clear() { ids_.clear(); }
  const_iterator begin() const { return ids_.begin(); }
  const_iterator end() const { return ids_.end(); }

  friend bool operator==(const NodeSet& a, const NodeSet& b) {
    return a.ids_.size() == b.ids_.size() && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  Container ids_;
};

// "(1 2 3)"; "()" when empty.
std::string ToString(const NodeSet& set);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_NODE_SET_H_
