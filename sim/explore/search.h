// An exhaustive search of the space of schedules, breadth first or depth first, on several threads.
//
// Breadth first finds the shortest schedule that breaks a property; depth first needs less memory for what is still to
// do. Either ends when every schedule within the bounds has been tried, a property is broken, or a limit is reached.
#ifndef LOCKSTEP_SIM_EXPLORE_SEARCH_H_
#define LOCKSTEP_SIM_EXPLORE_SEARCH_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/explore/space.h"

namespace lockstep::sim::explore {

enum class Order : uint8_t { kBreadthFirst, kDepthFirst };

struct SearchProgress {
  uint64_t states = 0;       // Distinct.
  uint64_t named = 0;        // The same with the nodes' names told apart.
  uint64_t transitions = 0;  // Tried.
  uint64_t waiting = 0;      // States not expanded yet.
  uint32_t depth = 0;        // Breadth first: the level under way.
  double seconds = 0;
  uint64_t memory_bytes = 0;  // That the process takes now.
};

struct SearchOptions {
  Order order = Order::kBreadthFirst;
  uint32_t jobs = 1;
  uint64_t states_max = uint64_t{1} << 27;  // The table of states is sized for it: 9.4 bytes a state.
  uint64_t memory_bytes_max = 0;            // Of the whole process, when it is reached the search ends; 0: none.
  std::atomic<bool>* stop = nullptr;        // Set from outside: ends the search early.
  std::function<void(const SearchProgress&)> report;  // Every second or so, from one thread.
  // Breadth first: where to keep a checkpoint, written after levels and at a stop; empty: none. If the file is there,
  // the search goes on from it.
  std::string checkpoint;
};

struct SearchResult {
  SearchProgress progress;
  bool complete = false;  // Every schedule was tried.
  std::string why_incomplete;
  std::vector<uint64_t> states_at;  // Breadth first: distinct states at each depth.
  std::optional<Broken> broken;
  std::vector<std::string> schedule;  // What led to it, one line an event; breadth first: as short as can be.
  size_t processes = 0;               // Distinct values, for the statistics.
  size_t messages = 0;
  size_t outcomes = 0;
};

// Errors: InvalidArgument for bounds that cannot be; DataLoss for a checkpoint that is damaged or of another search.
absl::StatusOr<SearchResult> Search(const Bounds& bounds, const StepCheck& step_check, const SearchOptions& options,
                                    const ClusterCheck& cluster_check = nullptr);

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_SEARCH_H_
