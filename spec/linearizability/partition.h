// Splits a history into components that can be checked apart: keys that no operation joins.
//
// Idea: linearizability is local (Herlihy and Wing 1990): a history is linearizable exactly when its part on each
// independent object is. Keys that one transaction or range touches are one object; union-find joins them.
// Contract: every operation that says something belongs to exactly one component; its ids ascend there.
// Left to others: what is checked within a component.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_PARTITION_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_PARTITION_H_

#include <cstddef>
#include <span>
#include <vector>

#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

class Partition {
 public:
  // Cost: O(n + keys of all operations).
  Partition(const History& history, const Semantics& semantics);

  size_t size() const { return components_.size(); }
  std::span<const OperationId> ids(size_t component) const {
    const Component& c = components_[component];
    return std::span<const OperationId>(ids_).subspan(c.first, c.size);
  }
  // Whether the component is one key on which only a register's operations were called (access.h).
  bool is_register(size_t component) const { return components_[component].is_register; }

 private:
  struct Component {
    size_t first = 0;
    size_t size = 0;
    bool is_register = true;
  };
  std::vector<OperationId> ids_;  // component by component
  std::vector<Component> components_;
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_PARTITION_H_
