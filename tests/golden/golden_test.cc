#include <string>

#include "gtest/gtest.h"
#include "sim/recording/replay.h"
#include "tests/golden/golden_runs.h"

namespace lockstep::tests {
namespace {

constexpr char kWhatToDo[] =
    "Behaviour has changed. If that is what you want, say why in the commit and record the runs anew: "
    "bazel run //tests/golden:record -- \"$PWD/traces/golden\"";

std::string PathOf(const GoldenRun& run) { return "traces/golden/" + run.name + ".trace"; }

TEST(Golden, EveryReferenceRunIsStillTheSame) {
  for (const GoldenRun& run : GoldenRuns()) {
    SCOPED_TRACE(run.name);
    const auto replayable = sim::LoadTrace(PathOf(run));
    ASSERT_TRUE(replayable.ok()) << replayable.status() << "\n" << kWhatToDo;
    EXPECT_EQ(replayable->scenario, run.scenario) << kWhatToDo;
    const auto report = sim::Replay(*replayable, {});
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_FALSE(report->divergence.has_value())
        << "after step " << report->divergence->step << ": " << report->divergence->description << "\n"
        << kWhatToDo;
    EXPECT_FALSE(report->result.violation.has_value()) << report->result.violation->evidence;
  }
}

// The seed's own draws give the run that its trace holds: recording and replaying are no third way.
TEST(Golden, SeedsGiveTheRecordedDigests) {
  for (const GoldenRun& run : GoldenRuns()) {
    SCOPED_TRACE(run.name);
    const auto replayable = sim::LoadTrace(PathOf(run));
    ASSERT_TRUE(replayable.ok()) << replayable.status();
    sim::Choices choices = sim::Choices::Seeded(run.scenario.seed);
    const sim::RunResult result = sim::Run(run.scenario, choices);
    EXPECT_EQ(result.digest.high, replayable->trace.end.digest_high()) << kWhatToDo;
    EXPECT_EQ(result.digest.low, replayable->trace.end.digest_low()) << kWhatToDo;
    EXPECT_EQ(result.draws, replayable->trace.end.draws());
  }
}

}  // namespace
}  // namespace lockstep::tests
