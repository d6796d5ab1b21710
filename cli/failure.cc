#include "cli/failure.h"

#include <deque>
#include <filesystem>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/campaign_report.h"
#include "cli/version.h"
#include "sim/choices.h"
#include "sim/recording/build_fingerprint.h"
#include "sim/recording/record.h"
#include "traces/text.h"

namespace lockstep::cli {
namespace {

// The lines of the last happenings before the end.
class LastLines {
 public:
  void Take(const traces::proto::Record& record) {
    constexpr size_t kLinesMax = 25;
    if (record.has_header() || record.has_choices() || record.has_end()) return;
    lines_.push_back(narrator_.Line(record));
    if (lines_.size() > kLinesMax) lines_.pop_front();
  }
  std::vector<std::string> lines() const { return {lines_.begin(), lines_.end()}; }

 private:
  traces::Narrator narrator_;
  std::deque<std::string> lines_;
};

std::string SizeOf(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? error.message() : WithThousands((bytes + 999) / 1000) + " kB";
}

}  // namespace

std::string RecordFailure(const sim::CampaignFailure& failure, const std::string& folder,
                          const std::string& run_command, const Palette& palette) {
  const std::string path =
      (std::filesystem::path(folder) / absl::StrCat("seed-", failure.seed, ".trace")).lexically_normal();
  LastLines last;
  const absl::StatusOr<sim::RunResult> recorded =
      sim::RecordRun(failure.scenario, sim::Choices::Seeded(failure.seed), {kVersion, sim::kBuildFingerprint}, path,
                     [&last](const traces::proto::Record& record) { last.Take(record); });
  std::string report = FailureReport(failure.seed, *failure.result.violation, last.lines(), palette);
  if (!recorded.ok()) {
    return absl::StrCat(report, "\nNo trace: ", std::string(recorded.status().message()), "\n");
  }
  if (recorded->digest != failure.result.digest) {
    absl::StrAppend(
        &report, "\n", palette.red, "The run was not the same when run again to record it", palette.reset,
        ": it depends on something else than its\nchoices, a defect of its own. The trace is of the second run.\n");
  }
  return absl::StrCat(report, "\nTrace:  ", path, " (", SizeOf(path), ")\nReplay: ", run_command, " replay ",
                      ShellWord(path), "\n");
}

}  // namespace lockstep::cli
