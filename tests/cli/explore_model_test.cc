#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/program.h"

namespace lockstep::tests {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ExploreModel, ASmallConfigurationIsSearchedToTheEnd) {
  const ProgramOutcome outcome = RunProgram({"explore", "--model", "--config=LeaderDisk", "--no-symmetry", "--levels"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("561 distinct states"), HasSubstr("depth 16"), HasSubstr("transitions/s"),
                                 HasSubstr("distinct states at each depth: 1 1 1 2 3 "), HasSubstr("COMPLETE: ")));
}

TEST(ExploreModel, ACounterexampleIsPrintedStepByStep) {
  const ProgramOutcome outcome =
      RunProgram({"explore", "--model", "--config=LeaderDisk", "--property=CommittedIsDurableInv"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("BROKEN CommittedIsDurableInv after 12 steps, the fewest there are:"),
                                 HasSubstr("   1  1 ElectionTimeout"), HasSubstr("  12  1 Receive "),
                                 HasSubstr("then:\n    1: leader term 1")));
}

TEST(ExploreModel, WhatIsStoppedEarlyIsIncomplete) {
  const ProgramOutcome outcome = RunProgram({"explore", "--model", "--config=Election", "--states=50"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr("INCOMPLETE"));
}

TEST(ExploreModel, NamesAreListedAndWrongOnesRefused) {
  const ProgramOutcome list = RunProgram({"explore", "--model", "--list"});
  EXPECT_EQ(list.status, 0);
  EXPECT_THAT(list.out, AllOf(HasSubstr("Figure8"), HasSubstr("QuorumLogInv\n"), HasSubstr("VotesGrantedInv *")));
  EXPECT_THAT(RunProgram({"explore", "--model", "--config=Nothing"}).err, HasSubstr("no configuration 'Nothing'"));
  EXPECT_THAT(RunProgram({"explore", "--model", "--config=Election", "--property=Nothing"}).err,
              HasSubstr("no property 'Nothing'"));
  EXPECT_EQ(RunProgram({"explore", "--model"}).status, 2);
}

}  // namespace
}  // namespace lockstep::tests
