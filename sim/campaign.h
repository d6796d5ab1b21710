// Many seeds, in parallel, until one fails.
//
// Each seed is a run of its own, so a campaign is nothing but runs and sums. It stops at the first violation and keeps
// the lowest seed that has one: seeds are handed out in order, and those already begun below it are finished. Some runs
// are made twice: their digests must be equal.
#ifndef LOCKSTEP_SIM_CAMPAIGN_H_
#define LOCKSTEP_SIM_CAMPAIGN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/faults.h"
#include "sim/run.h"
#include "sim/scenario.h"

namespace lockstep::sim {

struct CampaignOptions {
  uint64_t start_seed = 1;
  uint64_t seeds = 0;  // How many; 0: until the time is over.
  double seconds = 0;  // How long, in wall time; 0: until the seeds are done.
  Stack stack = Stack::kCore;
  uint32_t jobs = 1;          // Runs at the same time.
  uint32_t nodes = 0;         // Servers in every run; 0: drawn for each seed.
  std::vector<Fault> faults;  // No others are injected.
  uint64_t twice_every = 64;  // Every so many seeds one is run twice; 0: none is.
  Checks checks;
};

struct CampaignFailure {
  uint64_t seed = 0;
  Scenario scenario;
  RunResult result;
};

struct CampaignResult {
  uint64_t seeds = 0;  // Run to their end.
  uint64_t steps = 0;
  uint64_t events = 0;
  int64_t simulated_micros = 0;
  double seconds = 0;
  Counters times;       // Over all runs.
  Counters seeds_with;  // In how many runs at least once.
  std::optional<CampaignFailure> failure;
};

// Runs a campaign. `stop`, once set, ends it soon; `progress` (may be empty) is called now and then, from this thread.
CampaignResult RunCampaign(const CampaignOptions& options, const std::atomic<bool>& stop,
                           const std::function<void(const CampaignResult&)>& progress = nullptr);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_CAMPAIGN_H_
