// Breadth-first search of the model: all states within bounds, and the shortest way to one that breaks a property.
#ifndef LOCKSTEP_SPEC_MODEL_SEARCH_H_
#define LOCKSTEP_SPEC_MODEL_SEARCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "spec/model/bounds.h"
#include "spec/model/properties.h"

namespace lockstep::model {

struct Progress {
  uint64_t states = 0;
  uint64_t transitions = 0;
  uint32_t depth = 0;
  uint64_t waiting = 0;  // States found and not yet expanded.
};

struct SearchOptions {
  bool symmetry = false;  // One state for all that differ by a renaming of nodes and values.
  PropertySet properties = PropertySet::AllTrue();
  uint64_t states_max = ~uint64_t{0};
  uint32_t depth_max = ~uint32_t{0};
  // Called every progress_every states; answers whether to go on.
  std::function<bool(const Progress&)> progress;
  uint64_t progress_every = 1 << 16;
};

struct Counterexample {
  std::string property;
  std::vector<std::string> steps;  // One line each.
  std::string last_state;
};

struct SearchResult {
  std::vector<uint64_t> levels;  // Distinct states at depth 0, 1, ...
  uint64_t states = 0;
  uint64_t transitions = 0;       // Steps within bounds, those that change nothing included.
  std::vector<uint64_t> actions;  // The same by action, in the order of ActionNames().
  bool complete = false;          // All states within bounds were seen.
  std::optional<Counterexample> counterexample;
};

SearchResult Search(const Bounds& bounds, const SearchOptions& options);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_SEARCH_H_
