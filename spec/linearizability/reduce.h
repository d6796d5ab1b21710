// Delta debugging of a set: a small subset that still has a property.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_REDUCE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_REDUCE_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace lockstep::linearizability {

// A subset, in the same order, that still holds and from which no single item can be taken away: chunks of halving size
// are left out as long as the rest holds. Requires: holds(items). It stops early when go_on() says no; *minimal tells
// whether it did not.
template <typename T>
std::vector<T> Reduce(std::vector<T> items, const std::function<bool(const std::vector<T>&)>& holds,
                      const std::function<bool()>& go_on, bool* minimal) {
  size_t chunk = std::max<size_t>(1, items.size() / 2);
  *minimal = true;
  while (!items.empty()) {
    bool dropped = false;
    for (size_t first = 0; first < items.size();) {
      if (!go_on()) {
        *minimal = false;
        return items;
      }
      const size_t last = std::min(items.size(), first + chunk);
      std::vector<T> rest(items.begin(), items.begin() + static_cast<ptrdiff_t>(first));
      rest.insert(rest.end(), items.begin() + static_cast<ptrdiff_t>(last), items.end());
      if (holds(rest)) {
        items = std::move(rest);
        dropped = true;
      } else {
        first = last;
      }
    }
    // Single items once more, until none can go.
    if (chunk == 1 && !dropped) break;
    chunk = std::max<size_t>(1, chunk / 2);
  }
  return items;
}

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_REDUCE_H_
