#include "spec/linearizability/history.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

TEST(HistoryBuilderTest, PositionsAreTheOrderOfEvents) {
  const History history = ReadHistory(
      "0 invoke write x 1\n"
      "1 invoke read x\n"
      "0 ok\n"
      "1 ok 1 @5\n"
      "0 invoke cas x 1 2\n");
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history.event_count(), 5u);
  EXPECT_EQ(history.operation(0).invoke, 0u);
  EXPECT_EQ(history.operation(0).complete, 2u);
  EXPECT_EQ(history.operation(1).complete, 3u);
  EXPECT_EQ(history.log_index(0), -1);
  EXPECT_EQ(history.log_index(1), 5);
  EXPECT_EQ(history.invoke_line(1), 2u);
  EXPECT_EQ(history.complete_line(1), 4u);
  EXPECT_EQ(history.operation(2).outcome, Outcome::kUnknown) << "open to the end";
  EXPECT_EQ(history.operation(2).complete, kNever);
  EXPECT_EQ(history.Describe(2), "process 0: compare-and-set x 1 -> 2, unknown");
}

TEST(HistoryBuilderTest, RefusesTwoOpenOperationsOfAProcess) {
  HistoryBuilder builder;
  ASSERT_TRUE(builder.Invoke(3, {}).ok());
  const absl::Status status = builder.Invoke(3, {});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("process 3"), std::string::npos);
}

TEST(HistoryBuilderTest, RefusesACompletionWithoutInvocation) {
  HistoryBuilder builder;
  EXPECT_EQ(builder.Complete(0, {}).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(builder.Invoke(0, {}).ok());
  ASSERT_TRUE(builder.Complete(0, {}).ok());
  EXPECT_EQ(builder.Complete(0, {}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(HistoryBuilderTest, AProcessEndsWithAnUnknownOutcomeUnlessItMayContinue) {
  const Completion unknown = {.outcome = Outcome::kUnknown};
  HistoryBuilder strict;
  ASSERT_TRUE(strict.Invoke(0, {}).ok());
  ASSERT_TRUE(strict.Complete(0, unknown).ok());
  EXPECT_FALSE(strict.Invoke(0, {}).ok());
  HistoryBuilder lenient(HistoryBuilder::AfterUnknown::kProcessContinues);
  ASSERT_TRUE(lenient.Invoke(0, {}).ok());
  ASSERT_TRUE(lenient.Complete(0, unknown).ok());
  EXPECT_TRUE(lenient.Invoke(0, {}).ok());
  const History history = std::move(lenient).Finish();
  EXPECT_EQ(history.told_unknown(0), 1u);
  EXPECT_EQ(history.told_unknown(1), kNever);
}

TEST(HistoryTest, RestrictKeepsWhatIsKnownOfTheRest) {
  const History history = ReadHistory(
      "0 invoke write x 1\n"
      "0 ok @1\n"
      "1 invoke read y\n"
      "1 ok nil @2\n"
      "0 invoke write x 2\n"
      "0 info\n");
  const std::vector<OperationId> ids = {1, 2};
  const History part = history.Restrict(ids, [](OperationId original, Operation& op) {
    if (original == 1) op.outcome = Outcome::kFail;
  });
  ASSERT_EQ(part.size(), 2u);
  EXPECT_EQ(part.operation(0).invoke, 2u);
  EXPECT_EQ(part.operation(0).outcome, Outcome::kFail);
  EXPECT_EQ(part.log_index(0), 2);
  EXPECT_EQ(part.key_name(part.operation(0).key), "y");
  EXPECT_EQ(part.invoke_line(1), 5u);
  EXPECT_EQ(part.told_unknown(1), 5u);
}

TEST(HistoryTest, AMillionOperationsTakeThirtyTwoMegabytes) { EXPECT_EQ(sizeof(Operation), 32u); }

}  // namespace
}  // namespace lockstep::linearizability
