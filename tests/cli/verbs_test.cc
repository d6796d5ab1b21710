#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/program.h"

namespace lockstep::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Verbs, HelpListsEveryVerb) {
  for (const char* help : {"help", "--help", "-h"}) {
    const ProgramOutcome outcome = RunProgram({help});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("fuzz"), HasSubstr("replay"), HasSubstr("version")));
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Verbs, EachVerbExplainsItself) {
  const ProgramOutcome fuzz = RunProgram({"fuzz", "--help"});
  EXPECT_EQ(fuzz.status, 0);
  EXPECT_THAT(fuzz.out,
              AllOf(HasSubstr("--seeds"), HasSubstr("--minutes"), HasSubstr("--nodes"), HasSubstr("--jobs"),
                    HasSubstr("--faults"), HasSubstr("--start-seed"), HasSubstr("--output"), HasSubstr("Exit status")));
  const ProgramOutcome replay = RunProgram({"replay", "--help"});
  EXPECT_EQ(replay.status, 0);
  EXPECT_THAT(replay.out, AllOf(HasSubstr("--verbose"), HasSubstr("--from"), HasSubstr("--to"), HasSubstr("--ndjson"),
                                HasSubstr("Exit status")));
}

TEST(Verbs, WhatIsNoVerbIsSaid) {
  const ProgramOutcome outcome = RunProgram({"fuss"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no verb 'fuss'"));
  EXPECT_EQ(RunProgram({}).status, 2);
}

}  // namespace
}  // namespace lockstep::tests
