#include "cli/campaign_report.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/properties/goals.h"

namespace lockstep::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

sim::Counters Everything(uint64_t count) {
  sim::Counters counters;
  counters.actions.fill(count);
  counters.effects.fill(count);
  counters.transitions.fill(count);
  for (const sim::FaultRow& row : sim::FaultTable()) counters.faults[row.fault] = count;
  counters.goals.assign(spec::kGoalCount, count);
  return counters;
}

std::vector<sim::Fault> AllFaults() {
  std::vector<sim::Fault> faults;
  for (const sim::FaultRow& row : sim::FaultTable()) faults.push_back(row.fault);
  return faults;
}

TEST(CampaignReport, CoverageHasARowForEverythingThatIsCounted) {
  const auto sections = CoverageOf(Everything(7), Everything(2), AllFaults(), sim::Stack::kCore);
  ASSERT_EQ(sections.size(), 5u);
  EXPECT_EQ(sections[0].rows.size(), sim::kActionCount);
  EXPECT_EQ(sections[1].rows.size(), sim::kEffectCount);
  EXPECT_EQ(sections[2].rows.size(), sim::kFaultCount);
  EXPECT_EQ(sections[3].rows.size(), sim::kTransitionCount);
  EXPECT_EQ(sections[4].rows.size(), spec::kGoalCount);
  for (const CoverageSection& section : sections) {
    for (const CoverageRow& row : section.rows) {
      EXPECT_FALSE(row.name.empty());
      EXPECT_EQ(row.times, 7u);
      EXPECT_EQ(row.seeds, 2u);
    }
  }
  EXPECT_TRUE(NeverExercised(sections).empty());
}

TEST(CampaignReport, FaultsThatWereNotAskedForAreNotMissed) {
  const auto sections = CoverageOf(Everything(1), Everything(1), {sim::Fault::kCrash}, sim::Stack::kFull);
  ASSERT_EQ(sections[2].rows.size(), 1u);
  EXPECT_EQ(sections[2].rows[0].name, ToString(sim::Fault::kCrash));
}

TEST(CampaignReport, ServicesAreNotAskedToWithdrawOrToReadByLease) {
  const auto sections = CoverageOf(Everything(1), Everything(1), AllFaults(), sim::Stack::kService);
  ASSERT_EQ(sections.size(), 6u);
  EXPECT_EQ(sections[0].rows.size(), sim::kActionCount - 1);
  EXPECT_EQ(sections[4].rows.size(), spec::kGoalCount - 2);
}

// All but the two rows of halting, which a correct core never does.
TEST(CampaignReport, AnEmptyCampaignReachesNothing) {
  EXPECT_EQ(NeverExercised(CoverageOf({}, {}, AllFaults(), sim::Stack::kCore)).size(),
            sim::kActionCount + sim::kEffectCount + sim::kFaultCount + sim::kTransitionCount + spec::kGoalCount - 2);
}

TEST(CampaignReport, TheVerdictIsNoBetterThanWhatWasExercised) {
  const CampaignSize size{.seeds = 20'000};
  EXPECT_EQ(PassVerdict(size, {}, {}),
            "PASSED: no violation in 20,000 seeds; every action, effect, fault, transition and goal was exercised");
  EXPECT_EQ(PassVerdict(size, {"goal VoteSplit"}, {}),
            "PASSED, INCOMPLETE: no violation in 20,000 seeds, but 1 row was never exercised: goal VoteSplit");
  EXPECT_THAT(PassVerdict(size, std::vector<std::string>(9, "goal X"), {}),
              AllOf(HasSubstr("9 rows were never exercised"), HasSubstr("goal X and 3 more")));
  EXPECT_THAT(PassVerdict({.seeds = 0, .interrupted = true}, {}, {}), StartsWith("NOTHING CHECKED: interrupted"));
  EXPECT_THAT(PassVerdict({.seeds = 1, .interrupted = true}, {}, {}),
              StartsWith("PASSED: interrupted; no violation in 1 seed;"));
  EXPECT_THAT(PassVerdict(size, {"goal X"}, PaletteFor(true)), Not(HasSubstr(PaletteFor(true).green)));
}

TEST(CampaignReport, TotalsNameWorkAndSpeed) {
  sim::Counters counters;
  counters.operations_invoked = 1234;
  counters.faults[sim::Fault::kLoss] = 5000;
  EXPECT_EQ(TotalsLine({.seeds = 2, .steps = 3'000'000, .simulated_seconds = 80'000, .seconds = 10}, counters),
            "2 seeds, 3,000,000 steps, 5,000 faults, 1,234 client operations (0 ok, 0 failed, 0 unknown)\n"
            "22 h 13 min simulated in 10.0 s: 300 k steps/s, 8.00 k simulated seconds per second");
}

TEST(CampaignReport, AFailureNamesPropertySeedStepNodeTimeAndEvidence) {
  const sim::Violation violation{"ElectionSafety", 431, 152'301, {2, 0}, "two leaders\nin term 3"};
  EXPECT_EQ(FailureReport(12, violation, {"line one"}, {}),
            "FAILED: ElectionSafety does not hold, seed 12, step 431, node 2, at 152.301 ms\n"
            "  two leaders\n  in term 3\n\nThe last happenings:\nline one\n");
  EXPECT_THAT(FailureReport(12, {"Liveness", 1, 0, kNoNode, "x"}, {}, {}),
              AllOf(HasSubstr("cluster"), Not(HasSubstr("last happenings"))));
}

TEST(CampaignReport, PathsAreQuotedForTheShell) {
  EXPECT_EQ(ShellWord("out/seed-12.trace"), "out/seed-12.trace");
  EXPECT_EQ(ShellWord("my traces/a"), "'my traces/a'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord(""), "''");
}

}  // namespace
}  // namespace lockstep::cli
