// What an exhaustive search may do: the budgets that make the space of schedules finite.
#ifndef LOCKSTEP_SIM_EXPLORE_BOUNDS_H_
#define LOCKSTEP_SIM_EXPLORE_BOUNDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/configuration.h"
#include "core/options.h"

namespace lockstep::sim::explore {

inline constexpr uint32_t kNodesMax = 5;

struct Bounds {
  uint32_t nodes = 3;
  uint32_t voters = 0;               // The founding voters are the first so many nodes; 0: all.
  uint32_t terms = 2;                // No election beyond this term.
  uint32_t entries = 1;              // Commands proposed in all.
  uint32_t crashes = 0;              // Crashes in all, each losing any suffix of the writes that are under way.
  uint32_t duplicates = 0;           // Deliveries after which the message comes again.
  uint32_t heartbeats = 0;           // Heartbeat timeouts in all.
  uint32_t quorum_checks = 0;        // Quorum checks in all.
  uint32_t reads = 0;                // Reads in all.
  uint32_t transfers = 0;            // Leadership transfers in all.
  uint32_t snapshots = 0;            // Snapshots in all.
  uint32_t changes = 0;              // Membership changes in all, each to one of `targets`.
  uint32_t write_failures = 0;       // Failing writes in all.
  uint32_t unreachables = 0;         // Peers that the transport reports lost.
  uint32_t cancels = 0;              // Requests that a host withdraws.
  uint32_t in_flight = 0;            // Messages under way at once, until they arrive or are lost. 0: no bound.
  uint32_t elections = 0;            // Election timeouts in all; 0: no bound but that of the terms.
  uint32_t snapshot_chunks = 1;      // A snapshot is sent in so many parts.
  bool reorder_completions = false;  // Writes complete in any order, not only in that of their issue.
  bool pre_vote = true;
  bool check_quorum = true;
  std::vector<ConfigurationChange> targets;
  uint32_t leader = 0;  // The search begins when this node leads term 1 and everybody knows; 0: when all have started.
  uint32_t candidates = 0;  // Bit i: the node in slot i may campaign. 0: all may.

  bool step_checks = true;  // Each step is checked by itself too, not only the whole cluster.

  // Reductions, each of which a test compares with the search without it.
  bool prompt_apply = true;  // The state machine applies at once.
  bool drop_dead = true;     // A message that can do nothing any more is taken out of the network.
  bool symmetry = true;      // States that differ by the names of the nodes alone are one, where names decide nothing.

  bool MayCampaign(uint32_t slot) const { return candidates == 0 || (candidates >> slot & 1) != 0; }
  Options CoreOptions() const;
};

// The bounds of a configuration that was searched to its end: spec/README.md has the numbers.
struct NamedBounds {
  const char* name;
  const char* about;
  Bounds bounds;
};
std::vector<NamedBounds> NamedConfigurations();

// Errors: InvalidArgument naming the bound that cannot be.
absl::Status ValidateBounds(const Bounds& bounds);

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_BOUNDS_H_
