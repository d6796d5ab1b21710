// A run is written down, and both ways of shrinking keep its failure.
//
// The shipped core does not fail by itself. What fails here is a server that loses its disk under its old name, which
// no protocol survives: it votes twice. And runs that are given no time to recover.
#include <atomic>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/run.h"
#include "sim/script/player.h"
#include "sim/script/script.h"
#include "sim/shrink/draws.h"
#include "sim/shrink/lines.h"
#include "sim/shrink/parallel.h"
#include "sim/shrink/transcriber.h"
#include "sim/swarm.h"

namespace lockstep::sim {
namespace {

// Node 3 votes for node 2, forgets it, and votes for node 4; among much that does not matter.
constexpr const char* kVotesTwice = R"(
nodes 5
option pre_vote 0
option check_quorum 0
option append_entries_max 2
lenient
timeout 1
settle
propose 1 x=1
settle
heartbeat 1
settle
read 2 x
settle
propose 1 x=2 y=3
heartbeat 1
settle
crash 5
restart 5
partition 1 | 2 3 4 5
timeout 2
deliver 2->3 RequestVote
deliver 2->5 RequestVote
heal
crash 3
lose-disk 3
heartbeat 1
restart 3
propose 1 x=4
timeout 4
deliver 4->5 RequestVote
deliver 4->3 RequestVote
settle
timeout 1
settle
)";

std::optional<Violation> ViolationOf(const Script& script) {
  const absl::StatusOr<PlayResult> result = Play(script, nullptr);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->violation : std::nullopt;
}

TEST(ShrinkLinesTest, OnlyWhatTheFailureNeedsIsLeft) {
  const absl::StatusOr<Script> script = ParseScript(kVotesTwice, "long");
  ASSERT_TRUE(script.ok()) << script.status();
  const std::optional<Violation> violation = ViolationOf(*script);
  ASSERT_TRUE(violation.has_value());
  ShrinkOptions options;
  options.jobs = 2;
  const std::optional<ShrunkLines> shrunk = ShrinkLines(*script, violation->property, options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->violation.property, violation->property);
  EXPECT_EQ(shrunk->script.directives.size(), 7u) << ToString(shrunk->script);
  EXPECT_EQ(shrunk->script.setup.front().number, 3u) << "three nodes are enough";
  // No single line of the result can go.
  for (size_t i = 0; i < shrunk->script.directives.size(); ++i) {
    Script without = shrunk->script;
    without.name = "without";
    without.setup.push_back(*ParseDirective("lenient"));
    without.directives.erase(without.directives.begin() + static_cast<ptrdiff_t>(i));
    const std::optional<Violation> still = ViolationOf(without);
    EXPECT_FALSE(still.has_value() && still->property == violation->property) << "line " << i + 1 << " is not needed:\n"
                                                                              << ToString(shrunk->script);
  }
}

TEST(ShrinkLinesTest, AFileThatDoesNotFailIsNotShrunk) {
  const absl::StatusOr<Script> script = ParseScript("nodes 3\ntimeout 1\nsettle\n", "good");
  ASSERT_TRUE(script.ok());
  EXPECT_FALSE(ShrinkLines(*script, "ElectionSafetyInv", {}).has_value());
}

TEST(ShrinkLinesTest, TheBestSoFarIsKeptWhenItIsStopped) {
  const absl::StatusOr<Script> script = ParseScript(kVotesTwice, "long");
  ASSERT_TRUE(script.ok());
  const std::optional<Violation> violation = ViolationOf(*script);
  ASSERT_TRUE(violation.has_value());
  const std::atomic<bool> stop{true};
  ShrinkOptions options;
  options.stop = &stop;
  const std::optional<ShrunkLines> shrunk = ShrinkLines(*script, violation->property, options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->violation.property, violation->property);
}

// A run with every kind of fault, written down, is a schedule that the same nodes can follow, to about the same end.
TEST(TranscriberTest, ARunWrittenDownGoesTheSameWay) {
  int followed = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    Scenario scenario = DrawScenario(seed, {});
    scenario.safety_micros /= 4;
    Choices choices = Choices::Seeded(seed);
    Transcriber transcriber(scenario);
    const RunResult run = sim::Run(scenario, choices, &transcriber);
    ASSERT_FALSE(run.violation.has_value());
    Script script = transcriber.TakeScript();
    script.name = "seed";
    const absl::StatusOr<PlayResult> played = Play(script, nullptr);
    ASSERT_TRUE(played.ok()) << played.status();
    EXPECT_FALSE(played->violation.has_value()) << played->violation->property << " " << played->violation->evidence;
    EXPECT_TRUE(played->status.ok()) << played->status;
    if (played->steps * 10 >= run.steps * 9) ++followed;
    // The text says the same.
    const absl::StatusOr<Script> read = ParseScript(ToString(script), "text");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->directives.size(), script.directives.size());
  }
  EXPECT_GE(followed, 9) << "most runs can be written down";
}

TEST(ParallelTest, TheFirstSuccessWins) {
  EXPECT_EQ(FirstThat(100, 1, [](size_t i) { return i >= 7; }), 7u);
  const std::optional<size_t> found = FirstThat(100, 4, [](size_t i) { return i % 10 == 3; });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found % 10, 3u);
  EXPECT_FALSE(FirstThat(50, 4, [](size_t) { return false; }).has_value());
  EXPECT_FALSE(FirstThat(0, 4, [](size_t) { return true; }).has_value());
}

// A liveness bound that no cluster can meet: every run fails, and the smallest is small.
TEST(ShrinkDrawsTest, PartsAndDrawsGo) {
  Scenario scenario;
  scenario.safety_micros = 300'000;
  scenario.fault_ppm[Fault::kLoss] = 50'000;
  scenario.fault_ppm[Fault::kCrash] = 200'000;
  scenario.liveness_bound_micros = 1;
  Choices choices = Choices::Seeded(3);
  choices.Record();
  const RunResult run = sim::Run(scenario, choices);
  ASSERT_TRUE(run.violation.has_value());
  ShrinkOptions options;
  options.jobs = 2;
  const FailingRun failing{scenario, choices.recorded(), *run.violation, run.steps, 0};
  const FailingRun shrunk = ShrinkDraws(failing, options);
  EXPECT_EQ(shrunk.violation.property, run.violation->property);
  EXPECT_LT(shrunk.steps, run.steps);
  EXPECT_LT(shrunk.loud_draws(), failing.loud_draws());
  EXPECT_EQ(shrunk.scenario.clients, 1u);
  // It is a run: made again, it fails again.
  Choices again = Choices::Replay(shrunk.draws);
  const RunResult result = sim::Run(shrunk.scenario, again);
  ASSERT_TRUE(result.violation.has_value());
  EXPECT_EQ(result.steps, shrunk.steps);
}

}  // namespace
}  // namespace lockstep::sim
