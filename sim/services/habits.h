// Habits: what distinguishes the services and the clients of one run from another's, drawn as the run begins.
#ifndef LOCKSTEP_SIM_SERVICES_HABITS_H_
#define LOCKSTEP_SIM_SERVICES_HABITS_H_

#include <cstdint>

#include "sim/choices.h"
#include "sim/scenario.h"

namespace lockstep::sim {

struct Habits {
  int64_t quota_bytes = 0;            // 0: none.
  uint64_t request_bytes_max = 0;     // 0: what servers have by themselves.
  uint64_t watch_overhead_bytes = 0;  // With it.
  bool changes_members = false;       // Clients do, and nobody else.
};

// The quietest answers give the default.
inline Habits DrawHabits(const Scenario& scenario, Choices& choices) {
  Habits habits;
  // So small that it is reached, and large enough for what no client can take away: leases' keys.
  static constexpr int64_t kQuotas[] = {0, 0, 0, 8'000, 16'000};
  habits.quota_bytes = kQuotas[choices.Below(5)];
  // The largest put fits.
  static constexpr uint64_t kRequests[] = {0, 0, 400};
  habits.request_bytes_max = kRequests[choices.Below(3)];
  habits.watch_overhead_bytes = 400 * choices.Below(2);
  // A founding table knows voters only. Members that were removed, and do not know it, may unseat leaders for ever
  // without PreVote and CheckQuorum: lockstepd has both.
  const bool may_change = scenario.founding_learners == 0 && scenario.options.pre_vote && scenario.options.check_quorum;
  habits.changes_members = may_change && choices.Below(2) == 1;
  return habits;
}

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_HABITS_H_
