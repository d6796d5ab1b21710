// etcd-raft's interaction files on our nodes: the states, logs and configurations they print.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tests/datadriven/interaction/plans.h"
#include "tests/datadriven/interaction/player.h"

namespace lockstep::datadriven {

void PrintTo(const Plan& plan, std::ostream* out) { *out << plan.file; }

namespace {

constexpr char kFolder[] = "tests/data/etcd-raft/testdata/";
constexpr size_t kFiles = 28;

std::string Text(const std::string& file, const Mismatch& m) {
  return file + ":" + std::to_string(m.line) + ": node " + std::to_string(m.node) + " " + m.field +
         "\n  expected: " + m.theirs + "\n  actual:   " + m.ours;
}

std::vector<Adaptation> AdaptationsOf(const Plan& plan) {
  std::vector<Adaptation> adaptations;
  for (const PlannedAdaptation& planned : plan.adaptations) adaptations.push_back(planned.adaptation);
  return adaptations;
}

bool Contains(const std::vector<Mismatch>& mismatches, const Mismatch& mismatch) {
  return std::find(mismatches.begin(), mismatches.end(), mismatch) != mismatches.end();
}

bool AsListed(const Plan& plan, const PlayResult& result) {
  if (!result.error.empty()) return false;
  size_t before_stop = 0;
  for (const Mismatch& mismatch : result.mismatches) {
    if (plan.stop_line != 0 && mismatch.line >= plan.stop_line) continue;
    ++before_stop;
    if (std::none_of(plan.differences.begin(), plan.differences.end(),
                     [&](const Difference& d) { return d.mismatch == mismatch; })) {
      return false;
    }
  }
  return before_stop == plan.differences.size();
}

class InteractionTest : public testing::TestWithParam<Plan> {
 protected:
  void SetUp() override {
    absl::StatusOr<std::vector<Directive>> read = ReadDirectives(kFolder + std::string(GetParam().file) + ".txt");
    ASSERT_TRUE(read.ok()) << read.status();
    directives_ = *std::move(read);
  }

  std::vector<Directive> directives_;
};

TEST_P(InteractionTest, StatesAreAsPrintedButForWhatIsListed) {
  const Plan& plan = GetParam();
  const std::string path = kFolder + std::string(plan.file) + ".txt";
  const PlayResult result = Play(directives_, AdaptationsOf(plan), plan.stop_line);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.compared, plan.compared) << "the number of facts compared";
  bool differs_at_stop = false;
  for (const Mismatch& mismatch : result.mismatches) {
    if (plan.stop_line != 0 && mismatch.line >= plan.stop_line) {
      differs_at_stop = true;
      continue;
    }
    const bool listed = std::any_of(plan.differences.begin(), plan.differences.end(),
                                    [&](const Difference& d) { return d.mismatch == mismatch; });
    EXPECT_TRUE(listed) << Text(path, mismatch);
  }
  for (const Difference& difference : plan.differences) {
    EXPECT_TRUE(Contains(result.mismatches, difference.mismatch))
        << "listed but does not occur (take it off plans.cc): " << Text(path, difference.mismatch);
  }
  EXPECT_EQ(differs_at_stop, plan.stop_line != 0) << path << ":" << plan.stop_line << ": nothing differs here";
}

TEST_P(InteractionTest, EveryAdaptationIsNeeded) {
  const Plan& plan = GetParam();
  const std::vector<Adaptation> adaptations = AdaptationsOf(plan);
  for (size_t i = 0; i < adaptations.size(); ++i) {
    std::vector<Adaptation> fewer = adaptations;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_FALSE(AsListed(plan, Play(directives_, fewer, plan.stop_line)))
        << plan.file << ":" << adaptations[i].line << ": the same without the adaptation";
  }
}

// The table of the README names every file with its number of facts.
TEST_P(InteractionTest, TheReadmeSaysSo) {
  std::ifstream stream("tests/datadriven/interaction/README.md");
  const std::string readme(std::istreambuf_iterator<char>(stream), {});
  const std::string row = "| `" + std::string(GetParam().file) + "` | " + std::to_string(GetParam().compared) + " | " +
                          std::to_string(GetParam().differences.size()) + " |";
  EXPECT_NE(readme.find(row), std::string::npos) << "no row beginning with: " << row;
}

INSTANTIATE_TEST_SUITE_P(Files, InteractionTest, testing::ValuesIn(Plans()),
                         [](const auto& info) { return std::string(info.param.file); });

TEST(InteractionFilesTest, EveryFileHasAPlan) {
  std::set<std::string> files, planned;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) files.insert(entry.path().stem());
  for (const Plan& plan : Plans()) planned.insert(plan.file);
  EXPECT_EQ(files, planned);
  EXPECT_EQ(files.size(), kFiles);
}

}  // namespace
}  // namespace lockstep::datadriven
