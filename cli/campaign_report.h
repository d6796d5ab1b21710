// The texts of a campaign: what it exercised, what failed, and the verdict.
//
// Pure functions from results to text, so that each screen can be tested. A verdict is never better than what was
// exercised: what no run reached is named in it.
#ifndef LOCKSTEP_CLI_CAMPAIGN_REPORT_H_
#define LOCKSTEP_CLI_CAMPAIGN_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cli/coverage_table.h"
#include "cli/terminal.h"
#include "sim/faults.h"
#include "sim/run.h"

namespace lockstep::cli {

// The rows of `times` (over the campaign) and `seeds` (runs that reached it at least once). Of the faults, only
// `faults`: those that were asked for. What servers of `stack` never do is hoped never to happen; what nothing asks
// them to do has no row (of services: to withdraw a request, to read by a lease).
std::vector<CoverageSection> CoverageOf(const sim::Counters& times, const sim::Counters& seeds,
                                        const std::vector<sim::Fault>& faults, sim::Stack stack);

// How large a campaign was.
struct CampaignSize {
  uint64_t seeds = 0;
  uint64_t steps = 0;
  double simulated_seconds = 0;
  double seconds = 0;
  bool interrupted = false;
};

// "20,000 seeds, 1.23 G steps, 22 h 13 min simulated in 5:12: 3.94 M steps/s".
std::string TotalsLine(const CampaignSize& size, const sim::Counters& times);

// The last line of a campaign without a violation. `never` is what no run reached.
std::string PassVerdict(const CampaignSize& size, const std::vector<std::string>& never, const Palette& palette);

// Of a campaign with one: what failed where, with the evidence and `last_lines` of the run.
std::string FailureReport(uint64_t seed, const sim::Violation& violation, const std::vector<std::string>& last_lines,
                          const Palette& palette);

// `path` as one word of a shell's command line.
std::string ShellWord(const std::string& path);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_CAMPAIGN_REPORT_H_
