// CCF's schedules on our nodes, with all properties checked after every line.

#include "tests/ccf/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tests/ccf/plans.h"

namespace lockstep::ccf {

void PrintTo(const Plan& plan, std::ostream* out) { *out << plan.file; }

namespace {

constexpr char kFolder[] = "tests/data/ccf/tests/raft_scenarios/";
constexpr size_t kFiles = 31;

std::string PathOf(const Plan& plan) { return kFolder + std::string(plan.file); }

std::vector<Adaptation> AdaptationsOf(const Plan& plan) {
  std::vector<Adaptation> adaptations;
  for (const PlannedAdaptation& planned : plan.adaptations) adaptations.push_back(planned.adaptation);
  return adaptations;
}

// As CCF's nodes: no PreVote, and followers do not protect their leader.
const Settings kAsCcf{.options = {.pre_vote = false, .check_quorum = false}, .leaders_check_quorum = true};

class ScenarioTest : public testing::TestWithParam<Plan> {
 protected:
  void SetUp() override {
    absl::StatusOr<std::vector<Line>> read = ReadScenario(PathOf(GetParam()));
    ASSERT_TRUE(read.ok()) << read.status();
    lines_ = *std::move(read);
  }

  std::vector<Line> lines_;
};

TEST_P(ScenarioTest, IsSafeAndMeetsWhatIsExpectedButForWhatIsListed) {
  const Plan& plan = GetParam();
  const PlayResult result = Play(lines_, kAsCcf, AdaptationsOf(plan));
  EXPECT_EQ(result.violation, "");
  EXPECT_EQ(result.lines, lines_.size());
  EXPECT_EQ(result.compared, plan.compared);
  EXPECT_EQ(result.untranslated, plan.untranslated);
  for (const Mismatch& mismatch : result.mismatches) {
    EXPECT_TRUE(std::any_of(plan.differences.begin(), plan.differences.end(),
                            [&](const Difference& d) { return d.mismatch == mismatch; }))
        << PathOf(plan) << ":" << mismatch.line << "\n  expected: " << mismatch.theirs
        << "\n  actual:   " << mismatch.ours;
  }
  for (const Difference& difference : plan.differences) {
    EXPECT_EQ(std::count(result.mismatches.begin(), result.mismatches.end(), difference.mismatch), 1)
        << PathOf(plan) << ":" << difference.mismatch.line << ": listed but does not occur (take it off plans.cc)";
  }
}

TEST_P(ScenarioTest, EveryAdaptationIsNeeded) {
  const Plan& plan = GetParam();
  const std::vector<Adaptation> adaptations = AdaptationsOf(plan);
  std::vector<Mismatch> listed;
  for (const Difference& difference : plan.differences) listed.push_back(difference.mismatch);
  for (size_t i = 0; i < adaptations.size(); ++i) {
    std::vector<Adaptation> fewer = adaptations;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_NE(Play(lines_, kAsCcf, fewer).mismatches, listed)
        << PathOf(plan) << ":" << adaptations[i].line << ": the same without the adaptation";
  }
}

// The same schedules are other runs with our own defaults, with snapshots for whoever lags, and without adaptations:
// what CCF expects of them does not apply, the properties do.
TEST_P(ScenarioTest, IsSafeWithOtherSettings) {
  Settings defaults{.options = {}, .leaders_check_quorum = false};
  Settings small = kAsCcf;
  small.options.append_entries_max = 1;
  small.options.inflight_messages_max = 1;
  small.options.uncommitted_bytes_max = 2;
  for (Settings settings : {defaults, small, kAsCcf}) {
    for (bool whole_logs : {true, false}) {
      settings.whole_logs = whole_logs;
      const PlayResult result = Play(lines_, settings, {});
      EXPECT_EQ(result.violation, "") << "whole logs: " << whole_logs;
      EXPECT_EQ(result.lines, lines_.size());
    }
  }
}

// The table of the README names every schedule with its numbers.
TEST_P(ScenarioTest, TheReadmeSaysSo) {
  const Plan& plan = GetParam();
  std::ifstream stream("tests/ccf/README.md");
  const std::string readme(std::istreambuf_iterator<char>(stream), {});
  const std::string row = "| `" + std::string(plan.file) + "` | " + std::to_string(plan.compared) + " | " +
                          std::to_string(plan.untranslated) + " | " + std::to_string(plan.differences.size()) + " | " +
                          std::to_string(plan.adaptations.size()) + " |";
  EXPECT_NE(readme.find(row), std::string::npos) << "no row beginning with: " << row;
}

INSTANTIATE_TEST_SUITE_P(Schedules, ScenarioTest, testing::ValuesIn(Plans()), [](const auto& info) {
  std::string name = info.param.file;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(ScenarioFilesTest, EveryScheduleHasAPlan) {
  std::set<std::string> files, planned;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) files.insert(entry.path().filename());
  for (const Plan& plan : Plans()) planned.insert(plan.file);
  EXPECT_EQ(files, planned);
  EXPECT_EQ(files.size(), kFiles);
}

}  // namespace
}  // namespace lockstep::ccf
