// The verbs that make a failure small and show it: shrink, view, and replay of scenario files.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/recording/record.h"
#include "tests/cli/program.h"

namespace lockstep::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Fails whatever the core does: no write commits within a microsecond.
std::string FailingTrace(const std::string& name) {
  sim::Scenario scenario;
  scenario.safety_micros = 400'000;
  scenario.fault_ppm[sim::Fault::kLoss] = 50'000;
  scenario.liveness_bound_micros = 1;
  const std::string path = FreshFolder(name) + "/a.trace";
  const auto result = sim::RecordRun(scenario, sim::Choices::Seeded(9), {"0.0.1", 42}, path);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->violation.has_value());
  return path;
}

std::string ScenarioFile(const std::string& name, const std::string& text) {
  const std::string path = FreshFolder(name) + "/a.scenario";
  std::ofstream(path) << text;
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Shrink, AFailureBecomesASmallerTraceThatFailsAgain) {
  const std::string path = FailingTrace("shrink");
  const ProgramOutcome outcome = RunProgram({"shrink", path, "--seconds=10", "--jobs=2"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("before"), HasSubstr("after"), HasSubstr("Replay:")));
  // What time decides cannot be written as lines, and that is said.
  EXPECT_THAT(outcome.out, HasSubstr("No scenario file: "));
  const std::string small = path.substr(0, path.rfind('.')) + "-small.trace";
  const ProgramOutcome replayed = RunProgram({"replay", small});
  EXPECT_EQ(replayed.status, 1) << replayed.out << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("Reproduced"));
  EXPECT_LT(std::filesystem::file_size(small), std::filesystem::file_size(path));
}

TEST(Shrink, AnInterruptionSavesTheBestSoFar) {
  const std::string path = FailingTrace("interrupted");
  ProgramOptions options;
  options.interrupt_when = "parts: ";
  const ProgramOutcome outcome = RunProgram({"shrink", path, "--seconds=50", "--jobs=1"}, options);
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("interrupted: this is the best so far"));
  EXPECT_TRUE(std::filesystem::exists(path.substr(0, path.rfind('.')) + "-small.trace"));
}

TEST(Shrink, ARunThatDoesNotFailIsRefused) {
  sim::Scenario scenario;
  scenario.safety_micros = 200'000;
  const std::string path = FreshFolder("good") + "/a.trace";
  ASSERT_TRUE(sim::RecordRun(scenario, sim::Choices::Seeded(9), {"0.0.1", 42}, path).ok());
  const ProgramOutcome outcome = RunProgram({"shrink", path});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("does not fail"));
}

TEST(Scenario, AFileIsPlayedLineByLine) {
  const std::string path =
      ScenarioFile("played",
                   "# A story.\nnodes 3\ntimeout 1\nsettle\nexpect leader 1 1\npropose 1 x=7 as=w\nsettle\n"
                   "expect answer w ok\n");
  const ProgramOutcome outcome = RunProgram({"replay", path});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("A story."), HasSubstr("timeout 1"), HasSubstr("As expected")));
}

TEST(Scenario, AnExpectationThatIsNotMetFails) {
  const std::string path = ScenarioFile("unmet", "nodes 3\ntimeout 1\nsettle\nexpect leader 2\n");
  const ProgramOutcome outcome = RunProgram({"replay", path});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("a.scenario:4: expect leader 2: node 2 is follower"));
}

TEST(Scenario, AnErrorNamesFileLineAndWhatWasExpected) {
  const ProgramOutcome outcome = RunProgram({"replay", ScenarioFile("malformed", "nodes 3\ntimeout one\n")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("a.scenario:2: 'one' found where a node's number, 1 to 7 is expected"));
}

TEST(View, ATraceAndAScenarioFileBecomePages) {
  const std::string trace = FailingTrace("view");
  const std::string page = FreshFolder("page") + "/a.html";
  ASSERT_EQ(RunProgram({"view", trace, "--output=" + page}).status, 0);
  EXPECT_THAT(ReadFile(page), AllOf(HasSubstr("<!doctype html>"), HasSubstr("AppendEntries"), Not(HasSubstr("@@"))));
  const std::string scenario = ScenarioFile("drawn", "# A story to draw.\nnodes 3\ntimeout 1\nsettle\n");
  ASSERT_EQ(RunProgram({"view", scenario}).status, 0);
  EXPECT_THAT(ReadFile(scenario.substr(0, scenario.rfind('.')) + ".html"), HasSubstr("A story to draw."));
}

TEST(View, WhatIsNoTraceIsRefused) {
  EXPECT_EQ(RunProgram({"view", "/nowhere/a.trace"}).status, 2);
  EXPECT_EQ(RunProgram({"view", FailingTrace("nowhere"), "--output=/nowhere/a.html"}).status, 2);
}

TEST(Fuzz, ACampaignBecomesAPage) {
  const std::string page = FreshFolder("campaign") + "/a.html";
  const ProgramOutcome outcome = RunProgram({"fuzz", "--seeds=20", "--jobs=1", "--html=" + page});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(ReadFile(page), AllOf(HasSubstr("Simulated runs"), HasSubstr("faults injected")));
}

}  // namespace
}  // namespace lockstep::tests
