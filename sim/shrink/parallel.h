// The first of many tries that succeeds, on several cores.
#ifndef LOCKSTEP_SIM_SHRINK_PARALLEL_H_
#define LOCKSTEP_SIM_SHRINK_PARALLEL_H_

#include <cstddef>
#include <functional>
#include <optional>

namespace lockstep::sim {

// Calls `succeeds` with 0, 1, … below `count`, on up to `jobs` threads, until one answers true. Returns the lowest
// number known to have succeeded: with one job the first one, with more maybe another.
std::optional<size_t> FirstThat(size_t count, size_t jobs, const std::function<bool(size_t)>& succeeds);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SHRINK_PARALLEL_H_
