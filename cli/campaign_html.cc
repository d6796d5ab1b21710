#include "cli/campaign_html.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "cli/terminal.h"
#include "traces/view/campaign_page.h"

namespace lockstep::cli {
namespace {

constexpr size_t kSamplesMax = 400;

uint64_t FaultsIn(const sim::Counters& counters) {
  uint64_t faults = 0;
  for (const sim::FaultRow& row : sim::FaultTable()) faults += counters.faults[row.fault];
  return faults;
}

}  // namespace

void Pace::Take(double seconds, uint64_t steps) {
  if (!samples_.empty() && seconds < samples_.back().first + interval_) return;
  samples_.emplace_back(seconds, steps);
  if (samples_.size() < kSamplesMax) return;
  // Every other one is enough from now on.
  for (size_t i = 0; 2 * i < samples_.size(); ++i) samples_[i] = samples_[2 * i];
  samples_.resize((samples_.size() + 1) / 2);
  interval_ = 1.5 * seconds / kSamplesMax;
}

std::vector<std::pair<double, double>> Pace::points() const {
  std::vector<std::pair<double, double>> points;
  double seconds = 0;
  uint64_t steps = 0;
  for (const auto& [at, sum] : samples_) {
    if (at <= seconds) continue;
    points.emplace_back(at, static_cast<double>(sum - steps) / (at - seconds));
    seconds = at;
    steps = sum;
  }
  return points;
}

absl::Status WriteCampaignPage(const std::string& path, const sim::CampaignResult& result, const Pace& pace,
                               const std::vector<CoverageSection>& coverage, const std::string& totals) {
  traces::view::Campaign campaign;
  campaign.title = "Simulated runs";
  campaign.facts = {totals};
  campaign.pace = pace.points();
  if (result.failure.has_value()) {
    campaign.verdict =
        absl::StrCat(result.failure->result.violation->property, " broken by seed ", result.failure->seed);
    campaign.mood = "bad";
    campaign.why = result.failure->result.violation->evidence;
  } else {
    campaign.verdict = "no violation";
    campaign.mood = "good";
  }
  const double seconds = result.seconds > 0 ? result.seconds : 1;
  const auto rate = static_cast<uint64_t>(static_cast<double>(result.steps) / seconds);
  campaign.tiles = {{"runs", WithThousands(result.seeds)},
                    {"steps, each checked", WithThousands(result.steps)},
                    {"steps per second", WithThousands(rate)},
                    {"simulated minutes", WithThousands(static_cast<uint64_t>(result.simulated_micros / 60'000'000))},
                    {"faults injected", WithThousands(FaultsIn(result.times))},
                    {"client operations", WithThousands(result.times.operations_invoked)}};
  for (const CoverageSection& section : coverage) {
    traces::view::CampaignSection rows{section.title, {}};
    for (const CoverageRow& row : section.rows) {
      if (row.times == 0 && row.hoped_never) continue;  // As it should be.
      rows.rows.push_back({row.name, row.times, row.seeds});
    }
    campaign.sections.push_back(std::move(rows));
  }
  std::ofstream file(path, std::ios::binary);
  file << traces::view::MakeCampaignPage(campaign);
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

}  // namespace lockstep::cli
