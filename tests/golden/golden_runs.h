// The reference runs whose traces lie in traces/golden.
//
// Small, each about one thing. Their scenarios are written out here, not drawn, so that a change of the swarm does not
// touch them; a change of the core, the checks or the simulator that changes what happens does, and shall be noticed.
#ifndef LOCKSTEP_TESTS_GOLDEN_GOLDEN_RUNS_H_
#define LOCKSTEP_TESTS_GOLDEN_GOLDEN_RUNS_H_

#include <string>
#include <vector>

#include "sim/scenario.h"

namespace lockstep::tests {

struct GoldenRun {
  std::string name;  // Of its file: traces/golden/NAME.trace.
  std::string about;
  sim::Scenario scenario;
};

inline sim::Scenario QuietScenario(uint64_t seed) {
  sim::Scenario scenario;
  scenario.seed = seed;
  scenario.safety_micros = 300'000;
  scenario.clients = 1;
  scenario.keys = 1;
  return scenario;
}

inline std::vector<GoldenRun> GoldenRuns() {
  GoldenRun quiet{"quiet", "an election and a few operations, no faults", QuietScenario(1)};

  GoldenRun lossy{"lossy", "messages lost, duplicated and reordered", QuietScenario(2)};
  lossy.scenario.fault_ppm[sim::Fault::kLoss] = 100'000;
  lossy.scenario.fault_ppm[sim::Fault::kDuplicate] = 100'000;
  lossy.scenario.fault_ppm[sim::Fault::kReorder] = 100'000;

  GoldenRun crashes{"crashes", "processes that stop between two effects and lose what was not durable",
                    QuietScenario(3)};
  crashes.scenario.safety_micros = 600'000;
  crashes.scenario.fault_ppm[sim::Fault::kCrash] = 400'000;
  crashes.scenario.fault_ppm[sim::Fault::kCrashAtCut] = 2'000;
  crashes.scenario.fault_ppm[sim::Fault::kLoseUnsynced] = 500'000;
  crashes.scenario.fault_duration_max_micros = 100'000;

  GoldenRun snapshots{"snapshots", "a log that is compacted all the time, a follower that needs a snapshot",
                      QuietScenario(4)};
  snapshots.scenario.options.snapshot_interval_entries = 2;
  snapshots.scenario.options.snapshot_chunk_bytes = 1000;
  snapshots.scenario.fault_ppm[sim::Fault::kPartition] = 500'000;
  snapshots.scenario.fault_duration_max_micros = 100'000;

  GoldenRun membership{"membership", "members that come and go", QuietScenario(5)};
  membership.scenario.servers = 4;
  membership.scenario.fault_ppm[sim::Fault::kMembership] = 500'000;
  return {quiet, lossy, crashes, snapshots, membership};
}

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_GOLDEN_GOLDEN_RUNS_H_
