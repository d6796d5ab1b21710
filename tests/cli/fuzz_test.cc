#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/program.h"

namespace lockstep::tests {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct BadCase {
  std::vector<std::string> arguments;
  std::string expected;
};

TEST(Fuzz, ImpossibleArgumentsAreRefusedWithTheReason) {
  const BadCase cases[] = {
      {{"--seeds=0"}, "--seeds"},
      {{"--seeds=-5"}, "--seeds"},
      {{"--seeds=many"}, "--seeds"},
      {{"--seeds=1", "--minutes=1"}, "--minutes"},
      {{"--minutes=0"}, "--minutes"},
      {{"--nodes=0"}, "--nodes"},
      {{"--nodes=8"}, "--nodes"},
      {{"--nodes=9"}, "--nodes"},
      {{"--jobs=0"}, "--jobs"},
      {{"--faults=lightning"}, "no fault 'lightning' with --stack=full; there are: "},
      {{"--faults=loss,,crash"}, "no fault ''"},
      {{"--start-seed=x"}, "--start-seed"},
      {{"--output=/dev/null/x"}, "--output=/dev/null/x"},
      {{"--nonsense"}, "--nonsense"},
      {{"surplus"}, "surplus"},
  };
  for (const BadCase& bad : cases) {
    std::vector<std::string> arguments = {"fuzz"};
    arguments.insert(arguments.end(), bad.arguments.begin(), bad.arguments.end());
    const ProgramOutcome outcome = RunProgram(arguments);
    EXPECT_EQ(outcome.status, 2) << bad.arguments[0];
    EXPECT_THAT(outcome.err, HasSubstr(bad.expected));
    EXPECT_EQ(outcome.out, "") << bad.arguments[0];
  }
}

TEST(Fuzz, AnUnknownFaultNamesTheKnownOnes) {
  const ProgramOutcome outcome = RunProgram({"fuzz", "--faults=lightning"});
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("loss"), HasSubstr("partition"), HasSubstr("crash")));
  const ProgramOutcome list = RunProgram({"fuzz", "--list-faults"});
  EXPECT_EQ(list.status, 0);
  EXPECT_THAT(list.out, AllOf(HasSubstr("loss"), HasSubstr("partition"), HasSubstr("crash")));
}

TEST(Fuzz, ACampaignEndsWithTableTotalsAndVerdict) {
  const ProgramOutcome outcome = RunProgram({"fuzz", "--seeds=20", "--nodes=3"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("ElectionTimeout"), HasSubstr("faults"), HasSubstr("transitions"), HasSubstr("goals"),
                    HasSubstr("20 seeds, "), HasSubstr("steps/s"), HasSubstr("no violation in 20 seeds")));
  EXPECT_THAT(outcome.out + outcome.err, AllOf(Not(HasSubstr("\033")), Not(HasSubstr("\r"))));
}

// Twenty seeds cannot reach everything; the verdict must not hide that.
TEST(Fuzz, TheVerdictNamesWhatWasNeverExercised) {
  const ProgramOutcome outcome = RunProgram({"fuzz", "--seeds=1", "--nodes=1", "--faults=none"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("never"), HasSubstr("PASSED, INCOMPLETE"), HasSubstr("never exercised: ")));
}

// All that does not depend on the clock.
std::string WithoutSpeed(const std::string& out) {
  std::string kept;
  for (size_t at = 0; at < out.size();) {
    const size_t end = std::min(out.find('\n', at), out.size() - 1);
    const std::string line = out.substr(at, end - at + 1);
    if (line.find("steps/s") == std::string::npos) kept += line;
    at = end + 1;
  }
  return kept;
}

TEST(Fuzz, TheSameSeedsGiveTheSameCampaignWhateverTheJobs) {
  const ProgramOutcome one = RunProgram({"fuzz", "--seeds=12", "--start-seed=100", "--jobs=1"});
  const ProgramOutcome three = RunProgram({"fuzz", "--seeds=12", "--start-seed=100", "--jobs=3"});
  EXPECT_EQ(one.status, three.status);
  EXPECT_EQ(WithoutSpeed(one.out), WithoutSpeed(three.out));
  const ProgramOutcome other = RunProgram({"fuzz", "--seeds=12", "--start-seed=200"});
  EXPECT_NE(WithoutSpeed(one.out), WithoutSpeed(other.out));
}

TEST(Fuzz, OnATerminalThereIsABarAndColour) {
  const ProgramOutcome outcome = RunProgram({"fuzz", "--minutes=0.02", "--faults=none"}, {.terminal = true});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\r\033[K["), HasSubstr("seeds"), HasSubstr("steps/s"),
                                 HasSubstr("s simulated/s"), HasSubstr("faults"), HasSubstr("\033[3")));
  const ProgramOutcome plain = RunProgram({"fuzz", "--seeds=3", "--no-color"}, {.terminal = true});
  EXPECT_THAT(plain.out, Not(HasSubstr("\033[3")));
  const ProgramOutcome asked = RunProgram({"fuzz", "--seeds=3"}, {.terminal = true, .environment = {"NO_COLOR=1"}});
  EXPECT_THAT(asked.out, Not(HasSubstr("\033[3")));
}

TEST(Fuzz, CtrlCEndsWithTheSummary) {
  const ProgramOutcome outcome = RunProgram({"fuzz", "--minutes=10", "--faults=none"},
                                            {.terminal = true, .interrupt_when = "steps/s", .seconds_max = 30});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_LT(outcome.seconds, 20);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("goals"), HasSubstr("interrupted; ")));
}

TEST(Fuzz, TheFolderForTracesIsMade) {
  const std::string folder = FreshFolder("fuzz_output") + "/a/b";
  EXPECT_EQ(RunProgram({"fuzz", "--seeds=1", "--output=" + folder}).status, 0);
  EXPECT_TRUE(std::filesystem::is_directory(folder));
}

}  // namespace
}  // namespace lockstep::tests
