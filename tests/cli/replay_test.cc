#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "sim/recording/record.h"
#include "sim/swarm.h"
#include "tests/cli/program.h"
#include "traces/reader.h"
#include "traces/writer.h"

namespace lockstep::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

sim::Scenario Short() {
  sim::Scenario scenario;
  scenario.safety_micros = 400'000;
  scenario.fault_ppm[sim::Fault::kLoss] = 50'000;
  return scenario;
}

// Fails whatever the core does: no write commits within a microsecond.
sim::Scenario Failing() {
  sim::Scenario scenario = Short();
  scenario.liveness_bound_micros = 1;
  return scenario;
}

std::string Trace(const std::string& name, const sim::Scenario& scenario) {
  const std::string path = FreshFolder(name) + "/a.trace";
  const auto result = sim::RecordRun(scenario, sim::Choices::Seeded(9), {"0.0.1", 42}, path);
  EXPECT_TRUE(result.ok()) << result.status();
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = FreshFolder(name) + "/b.trace";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

size_t Lines(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

TEST(Replay, ACleanRunIsCleanAgain) {
  const ProgramOutcome outcome = RunProgram({"replay", Trace("clean", Short())});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("what happened"), HasSubstr("ElectionTimeout"), HasSubstr("-> leader"),
                                 HasSubstr("sends "), HasSubstr("No violation, as recorded"), HasSubstr("digest")));
}

TEST(Replay, AViolationIsReproduced) {
  const ProgramOutcome outcome = RunProgram({"replay", Trace("failing", Failing())});
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("VIOLATION of Liveness"), HasSubstr("Reproduced: the same violation")));
}

TEST(Replay, TwoReplaysPrintTheSame) {
  const std::string path = Trace("twice", Short());
  EXPECT_EQ(RunProgram({"replay", path, "--verbose"}).out, RunProgram({"replay", path, "--verbose"}).out);
}

TEST(Replay, ARangeOfSteps) {
  const std::string path = Trace("range", Short());
  const ProgramOutcome all = RunProgram({"replay", path});
  const ProgramOutcome some = RunProgram({"replay", path, "--from=10", "--to=20"});
  EXPECT_EQ(some.status, 0);
  EXPECT_LT(Lines(some.out), Lines(all.out));
  EXPECT_THAT(some.out, AllOf(HasSubstr("       10  "), HasSubstr("       20  "), Not(HasSubstr("       21  ")),
                              Not(HasSubstr("        9  "))));
}

TEST(Replay, VerboseShowsStates) {
  const std::string path = Trace("verbose", Short());
  const ProgramOutcome outcome = RunProgram({"replay", path, "--verbose", "--to=30"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("| log 0:0 |"), HasSubstr("| disk: ")));
}

TEST(Replay, NdjsonIsOneObjectPerLine) {
  const ProgramOutcome outcome = RunProgram({"replay", Trace("ndjson", Short()), "--ndjson"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("No violation, as recorded"));
  std::istringstream lines(outcome.out);
  size_t steps = 0;
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(object.is_object() && object.size() == 1) << line;
    if (object.contains("step")) ++steps;
    last = object.begin().key();
  }
  EXPECT_GT(steps, 10u);
  EXPECT_EQ(last, "end");
}

TEST(Replay, AnotherBuildIsSaid) {
  const ProgramOutcome outcome = RunProgram({"replay", Trace("build", Short())});
  EXPECT_THAT(outcome.out, HasSubstr("recorded by another build (000000000000002a;"));
}

TEST(Replay, ADivergingRunSaysWhere) {
  const std::string honest = Trace("honest", Short());
  auto reader = traces::Reader::Open(honest);
  ASSERT_TRUE(reader.ok());
  const std::string path = FreshFolder("diverging") + "/c.trace";
  auto writer = traces::FileWriter::Create(path);
  ASSERT_TRUE(writer.ok());
  traces::proto::Record record;
  while (*reader->Next(&record)) {
    if (record.has_step() && record.step().step() == 15) record.mutable_step()->mutable_state()->set_term(99);
    ASSERT_TRUE((*writer)->Write(record).ok());
  }
  ASSERT_TRUE((*writer)->Close().ok());
  const ProgramOutcome outcome = RunProgram({"replay", path});
  EXPECT_EQ(outcome.status, 3) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("DIVERGED from the recording after step 14"), HasSubstr("state.term: 99")));
  EXPECT_EQ(RunProgram({"replay", path, "--recorded"}).status, 0) << "nothing is run, so nothing diverges";
}

TEST(Replay, TwoTracesAreCompared) {
  const std::string one = Trace("one", Short());
  sim::Scenario other = Short();
  other.network_delay_max_micros += 1;
  const ProgramOutcome same = RunProgram({"replay", one, "--compare", Trace("two", Short())});
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(same.out, "The two traces tell the same run.\n");
  const ProgramOutcome parted = RunProgram({"replay", one, "--compare", Trace("three", other)});
  EXPECT_EQ(parted.status, 3);
  EXPECT_THAT(parted.out, AllOf(HasSubstr("The traces part after step "), HasSubstr("the second has")));
  EXPECT_EQ(RunProgram({"replay", one, "--compare", "no-such.trace"}).status, 2);
}

TEST(Replay, MalformedFilesAreRefusedWithThePlace) {
  const std::string whole = ReadFile(Trace("whole", Short()));
  struct BadCase {
    std::string name;
    std::string bytes;
    std::string expected;
  };
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 1);
  const BadCase cases[] = {
      {"empty", "", "the file is empty"},
      {"foreign", "#!/bin/sh\necho hello\n", "byte 0: not a trace"},
      {"newer", "lockstep trace 2\n" + whole.substr(17), "format version 2; this program reads version 1"},
      {"cut", whole.substr(0, whole.size() / 2), "cut short"},
      {"damaged", damaged, "record "},
      {"huge", "lockstep trace 1\n" + std::string(8, '\xff') + "x", "byte 17, record 1: a record of 4294967295 bytes"},
      {"longer", whole + "x", "expected the end of the file"},
  };
  for (const BadCase& bad : cases) {
    const ProgramOutcome outcome = RunProgram({"replay", WriteFile(bad.name, bad.bytes)});
    EXPECT_EQ(outcome.status, 2) << bad.name << outcome.out;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("b.trace: "), HasSubstr(bad.expected))) << bad.name;
    EXPECT_EQ(outcome.out, "") << bad.name;
  }
}

TEST(Replay, BadArgumentsAreRefused) {
  const std::string path = Trace("arguments", Short());
  EXPECT_EQ(RunProgram({"replay"}).status, 2);
  EXPECT_EQ(RunProgram({"replay", path, "--frm=3"}).status, 2);
  const ProgramOutcome range = RunProgram({"replay", path, "--from=5", "--to=3"});
  EXPECT_EQ(range.status, 2);
  EXPECT_THAT(range.err, HasSubstr("--from=5 is behind --to=3"));
  const ProgramOutcome missing = RunProgram({"replay", "no-such.trace"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("cannot open no-such.trace: No such file"));
}

TEST(Replay, ARunInTheSpecificationsWordsIsAcceptedAndATamperedOneRefused) {
  const std::string trace = Trace("tla", Short());
  const std::string path = trace + ".ndjson";
  const ProgramOutcome written = RunProgram({"replay", trace, "--to=500", "--tla=" + path});
  EXPECT_EQ(written.status, 0) << written.err;
  EXPECT_THAT(written.out, HasSubstr(": 500 steps in the specification's words"));
  const ProgramOutcome accepted = RunProgram({"replay", path, "--model"});
  EXPECT_EQ(accepted.status, 0) << accepted.out;
  EXPECT_THAT(accepted.out, HasSubstr("ACCEPTED: all "));

  std::string text = ReadFile(path);
  const size_t commit = text.find("\"commitIndex\":1,\"configurationIndex\"");
  ASSERT_NE(commit, std::string::npos);
  text[commit + 14] = '2';
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  const ProgramOutcome refused = RunProgram({"replay", path, "--model"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out,
              AllOf(HasSubstr("REFUSED: line "), HasSubstr("commitIndex is 2, and 1 in the specification")));
  EXPECT_EQ(RunProgram({"replay", trace, "--model"}).status, 2) << "a trace that is no NDJSON";
}

}  // namespace
}  // namespace lockstep::tests
