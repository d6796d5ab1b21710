#include "spec/linearizability/frontier.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"
#include "spec/linearizability/testing/random_history.h"

namespace lockstep::linearizability {
namespace {

using ::testing::ElementsAre;

std::vector<Access> All(const History& history, const Semantics& semantics = {}) {
  std::vector<OperationId> ids(history.size());
  std::iota(ids.begin(), ids.end(), 0u);
  return AccessesOf(history, semantics, ids);
}

Answer Decide(std::string_view text, Semantics semantics = {}, Budget budget = {}) {
  Meter meter(budget);
  return CheckFrontier(All(ReadHistory(text), semantics), semantics.initial, true, &meter);
}

TEST(FrontierTest, StopsAtTheFirstImpossibleEvent) {
  const Answer answer = Decide(
      "0 invoke write x 1\n0 ok\n"
      "0 invoke read x\n1 invoke read x\n0 ok 2\n1 ok 3\n");
  EXPECT_EQ(answer.decision, Decision::kNotLinearizable);
  EXPECT_EQ(answer.event, 4u);
}

TEST(FrontierTest, AnOvertakenWriteGoesBeforeTheOneThatOvertookIt) {
  // The write of 1 completes last, but 2 is read before and after: 1 was overwritten at once.
  const Answer answer = Decide(
      "0 invoke write x 1\n1 invoke write x 2\n1 ok\n"
      "2 invoke read x\n2 ok 2\n0 ok\n2 invoke read x\n2 ok 2\n");
  EXPECT_EQ(answer.decision, Decision::kLinearizable);
  EXPECT_THAT(answer.order, ElementsAre(0, 1, 2, 3));
}

TEST(FrontierTest, RepeatedValuesAndCompareAndSet) {
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok\n0 invoke write x 1\n1 invoke cas x 1 2\n0 ok\n1 ok\n"
                   "0 invoke read x\n0 ok 1\n")
                .decision,
            Decision::kLinearizable);
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok\n0 invoke write x 1\n0 ok\n1 invoke cas x 1 2\n1 ok\n"
                   "0 invoke read x\n0 ok 1\n")
                .decision,
            Decision::kNotLinearizable);
}

TEST(FrontierTest, ARefusalNeedsAnotherValueAtItsPoint) {
  const Semantics facts = {.failed_cas = Semantics::FailedCompareAndSet::kFact};
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok\n0 invoke cas x 1 2\n0 fail\n", facts).decision,
            Decision::kNotLinearizable);
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok\n1 invoke write x 3\n0 invoke cas x 1 2\n0 fail\n1 ok\n", facts).decision,
            Decision::kLinearizable);
}

TEST(FrontierTest, AnUnknownWriteIsUsedAtMostOnce) {
  EXPECT_EQ(
      Decide("1 invoke write x 1\n1 info\n0 invoke read x\n0 ok 1\n0 invoke write x 2\n0 ok\n0 invoke read x\n0 ok 1\n")
          .decision,
      Decision::kNotLinearizable);
  EXPECT_EQ(Decide("1 invoke write x 1\n1 info\n2 invoke write x 1\n2 info\n0 invoke read x\n0 ok 1\n"
                   "0 invoke write x 2\n0 ok\n0 invoke read x\n0 ok 1\n")
                .decision,
            Decision::kLinearizable);
}

TEST(FrontierTest, TheBudgetIsCountedInSteps) {
  const RandomHistory random =
      MakeHistory({.operations = 1000, .processes = 8, .values = 3, .cas_percent = 30}, FromSeed(5));
  const auto run = [&](uint64_t steps) {
    Meter meter({.steps = steps});
    return CheckFrontier(All(random.history), kNil, false, &meter);
  };
  const Answer first = run(2000);
  EXPECT_EQ(first.decision, Decision::kExhausted);
  EXPECT_GT(first.event, 0u);
  EXPECT_LT(first.event, random.history.event_count());
  EXPECT_EQ(run(2000).event, first.event) << "the same on every run";
  EXPECT_EQ(run(1'000'000).decision, Decision::kLinearizable);
}

TEST(FrontierTest, MoreThanSixtyFourOpenOperationsAreNotForIt) {
  std::string text;
  for (int process = 0; process < 65; ++process) text += std::to_string(process) + " invoke write x 1\n";
  for (int process = 0; process < 65; ++process) text += std::to_string(process) + " ok\n";
  EXPECT_EQ(Decide(text).decision, Decision::kInapplicable);
}

TEST(FrontierTest, StaysSmall) {
  HistoryShape shape = {.operations = 5000, .processes = 5, .values = 5, .cas_percent = 30, .unknown_percent = 1};
  const RandomHistory random = MakeHistory(shape, FromSeed(9));
  Meter meter(Budget{});
  auto accesses = All(random.history);
  EXPECT_EQ(CheckFrontier(accesses, kNil, false, &meter).decision, Decision::kLinearizable);
  EXPECT_LT(meter.steps(), 2'000'000u);
}

}  // namespace
}  // namespace lockstep::linearizability
