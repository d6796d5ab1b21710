#include "spec/linearizability/witness.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

using ::testing::ElementsAre;

WitnessResult Try(std::string_view text) {
  const History history = ReadHistory(text);
  std::vector<OperationId> ids(history.size());
  std::iota(ids.begin(), ids.end(), 0u);
  const auto model = MakeModel(history, {}, ids);
  return TryLogOrder(history, {}, ids, **model);
}

TEST(WitnessTest, FollowsTheLog) {
  const WitnessResult result =
      Try("0 invoke write x 1\n1 invoke write x 2\n0 ok @2\n1 ok @1\n"
          "0 invoke read x\n0 ok 1 @2\n");
  EXPECT_EQ(result.log_order, LogOrder::kFollowed);
  EXPECT_THAT(result.order, ElementsAre(1, 0, 2)) << "at index 2 the write comes before its reader";
}

TEST(WitnessTest, AnAnswerMayContradictTheLog) {
  const WitnessResult result =
      Try("0 invoke write x 1\n1 invoke write x 2\n0 ok @1\n1 ok @2\n"
          "0 invoke read x\n0 ok 1 @3\n");
  EXPECT_EQ(result.log_order, LogOrder::kViolated);
  EXPECT_THAT(result.evidence, ElementsAre(2));
}

TEST(WitnessTest, RealTimeMayContradictTheLog) {
  const WitnessResult result = Try("0 invoke write x 1\n0 ok @2\n0 invoke write x 2\n0 ok @1\n");
  EXPECT_EQ(result.log_order, LogOrder::kViolated);
  EXPECT_THAT(result.evidence, ElementsAre(1, 0));
}

TEST(WitnessTest, WritesOfUnknownOutcomeAreTakenWhenNeeded) {
  const WitnessResult result =
      Try("1 invoke write x 7\n1 info\n"
          "0 invoke write x 1\n0 ok @1\n0 invoke read x\n0 ok 7 @2\n");
  EXPECT_EQ(result.log_order, LogOrder::kFollowed);
  EXPECT_THAT(result.order, ElementsAre(1, 0, 2));
}

TEST(WitnessTest, AWriteOfUnknownOutcomeHappensOnlyOnce) {
  EXPECT_EQ(Try("1 invoke write x 7\n1 info\n"
                "0 invoke read x\n0 ok 7 @1\n0 invoke write x 1\n0 ok @2\n0 invoke read x\n0 ok 7 @3\n")
                .log_order,
            LogOrder::kViolated);
}

TEST(WitnessTest, AWriteOfUnknownOutcomeHappensNotBeforeItsInvocation) {
  EXPECT_EQ(Try("0 invoke read x\n0 ok 7 @1\n1 invoke write x 7\n1 info\n").log_order, LogOrder::kViolated);
}

TEST(WitnessTest, OtherOperationsOfUnknownOutcomeLeaveItOpen) {
  EXPECT_EQ(Try("1 invoke cas x 1 2\n1 info\n2 invoke cas x 2 3\n2 info\n"
                "0 invoke write x 1\n0 ok @1\n0 invoke read x\n0 ok 3 @2\n")
                .log_order,
            LogOrder::kUndecided);
}

TEST(WitnessTest, SaysNothingWhenAnIndexIsMissing) {
  EXPECT_EQ(Try("0 invoke write x 1\n0 ok @1\n0 invoke read x\n0 ok 1\n").log_order, LogOrder::kNotGiven);
  EXPECT_EQ(Try("0 invoke write x 1\n0 ok\n").log_order, LogOrder::kNotGiven);
}

}  // namespace
}  // namespace lockstep::linearizability
