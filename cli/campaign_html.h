// The summary of a campaign as an HTML page, for `fuzz --html`.
#ifndef LOCKSTEP_CLI_CAMPAIGN_HTML_H_
#define LOCKSTEP_CLI_CAMPAIGN_HTML_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "cli/coverage_table.h"
#include "sim/campaign.h"

namespace lockstep::cli {

// How fast a campaign went, from samples of how far it was.
class Pace {
 public:
  // Takes how many steps were made after so many seconds. Keeps a few hundred samples, however many it is given.
  void Take(double seconds, uint64_t steps);
  // Seconds since the beginning, and steps in each second since the sample before.
  std::vector<std::pair<double, double>> points() const;

 private:
  std::vector<std::pair<double, uint64_t>> samples_;
  double interval_ = 0.5;  // Steps are counted when runs end: less would show that alone.
};

// Writes the page. `totals` is the line that says how large the campaign was.
// Errors: Unavailable, naming the file.
absl::Status WriteCampaignPage(const std::string& path, const sim::CampaignResult& result, const Pace& pace,
                               const std::vector<CoverageSection>& coverage, const std::string& totals);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_CAMPAIGN_HTML_H_
