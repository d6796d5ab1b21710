#include "spec/linearizability/check.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/certificate_checker.h"
#include "spec/linearizability/testing/histories.h"
#include "spec/linearizability/testing/random_history.h"

namespace lockstep::linearizability {
namespace {

CheckResult Decide(const History& history, CheckOptions options = {}) {
  auto result = Check(history, options);
  EXPECT_TRUE(result.ok()) << std::string(result.status().message());
  if (result->verdict == Verdict::kLinearizable && options.want_orders) {
    EXPECT_EQ(std::string(VerifyOrders(history, options.semantics, result->orders).message()), "");
  }
  if (result->verdict == Verdict::kNotLinearizable && options.want_minimal_conflict) {
    EXPECT_EQ(std::string(VerifyConflict(history, options.semantics, result->conflict).message()), "");
  }
  return *result;
}

CheckResult Decide(std::string_view text, Semantics semantics = {}) {
  return Decide(ReadHistory(text), CheckOptions{.semantics = semantics});
}

TEST(CheckTest, AnEmptyHistoryIsLinearizable) { EXPECT_EQ(Decide("").verdict, Verdict::kLinearizable); }

TEST(CheckTest, EachStageDecidesWhatItIsFor) {
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok @1\n").stage, Stage::kWitness);
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok\n").stage, Stage::kZones);
  EXPECT_EQ(Decide("0 invoke write x 1\n0 ok\n0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok 1\n").stage,
            Stage::kFrontier);
  EXPECT_EQ(Decide("0 invoke enqueue x 1\n0 ok\n", {.model = ModelKind::kQueue}).stage, Stage::kStateFrontier);
}

TEST(CheckTest, LinearizableButNotInLogOrder) {
  const CheckResult result =
      Decide("0 invoke write x 1\n1 invoke write x 2\n0 ok @1\n1 ok @2\n0 invoke read x\n0 ok 1 @3\n");
  EXPECT_EQ(result.verdict, Verdict::kLinearizable);
  EXPECT_EQ(result.log_order, LogOrder::kViolated);
  EXPECT_EQ(Describe(result), "linearizable, but not in log order");
  EXPECT_EQ(Describe(Decide("0 invoke write x 1\n0 ok @1\n")), "linearizable");
}

TEST(CheckTest, TheBudgetMakesItUnknownAtAnEvent) {
  HistoryShape shape = {.operations = 3000, .processes = 10, .values = 4, .cas_percent = 30, .unknown_percent = 3};
  const RandomHistory random = MakeHistory(shape, FromSeed(4));
  CheckOptions options;
  options.budget.steps = 5000;
  const CheckResult result = Decide(random.history, options);
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_EQ(Describe(result), "unknown (budget, at event " + std::to_string(result.event) + ")");
  EXPECT_TRUE(result.orders.empty());
  EXPECT_EQ(Decide(random.history, options).event, result.event);
}

TEST(CheckTest, ManyOpenOperationsGoToTheGenericEngines) {
  std::string text;
  for (int i = 0; i < 70; ++i) text += std::to_string(i) + " invoke write x " + std::to_string(i % 2) + "\n";
  text += "99 invoke read x\n99 ok 1\n";
  for (int i = 0; i < 70; ++i) text += std::to_string(i) + " ok\n";
  const CheckResult result = Decide(text);
  EXPECT_EQ(result.verdict, Verdict::kLinearizable);
  EXPECT_GE(result.stage, Stage::kStateFrontier);
}

TEST(CheckTest, MalformedHistoriesAreErrors) {
  const auto result = Check(ReadHistory("0 invoke acquire m\n0 ok\n"), {});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(CheckTest, SemanticsDecide) {
  const char* nil = "0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok nil\n";
  EXPECT_EQ(Decide(nil).verdict, Verdict::kNotLinearizable);
  EXPECT_EQ(Decide(nil, {.nil_read = Semantics::NilRead::kNoAnswer}).verdict, Verdict::kLinearizable);
  const char* refused = "0 invoke write x 1\n0 ok\n0 invoke cas x 1 2\n0 fail\n";
  EXPECT_EQ(Decide(refused).verdict, Verdict::kLinearizable);
  EXPECT_EQ(Decide(refused, {.failed_cas = Semantics::FailedCompareAndSet::kFact}).verdict, Verdict::kNotLinearizable);
  const char* first = "0 invoke read x\n0 ok 0\n";
  EXPECT_EQ(Decide(first).verdict, Verdict::kNotLinearizable);
  EXPECT_EQ(Decide(first, {.initial = ValuePool().Integer(0)}).verdict, Verdict::kLinearizable);
  EXPECT_EQ(Decide(first, {.initial_by_key = {{0, ValuePool().Integer(0)}}}).verdict, Verdict::kLinearizable);
}

// Histories of systems with a known bug: each must be refused, and the words must name it.
struct Planted {
  const char* bug;
  ModelKind model;
  const char* history;
  const char* words;
};

class PlantedBugTest : public ::testing::TestWithParam<Planted> {};

TEST_P(PlantedBugTest, IsRefused) {
  const History history = ReadHistory(GetParam().history);
  const Semantics semantics = {.model = GetParam().model};
  const CheckResult result = Decide(history, CheckOptions{.semantics = semantics});
  EXPECT_EQ(result.verdict, Verdict::kNotLinearizable) << GetParam().bug;
  const std::string words = ExplainConflict(history, semantics, result);
  EXPECT_NE(words.find(GetParam().words), std::string::npos) << words;
}

INSTANTIATE_TEST_SUITE_P(
    Bugs, PlantedBugTest,
    ::testing::Values(
        Planted{"stale read from a follower", ModelKind::kRegister,
                "0 invoke write x 1\n0 ok\n0 invoke write x 2\n0 ok\n1 invoke read x\n1 ok 1\n",
                "process 1 (line 6) found 1, last written by process 0 (line 2), but it had been overwritten before"},
        Planted{"lost acknowledged write", ModelKind::kRegister,
                "0 invoke write x 1\n0 ok\n1 invoke read x\n1 ok nil\n",
                "found nil, the initial value, but it had been overwritten before"},
        Planted{"dirty read of a write that failed", ModelKind::kRegister,
                "0 invoke write x 1\n1 invoke read x\n1 ok 1\n0 fail\n", "found 1, which nobody ever wrote"},
        Planted{"read from the future", ModelKind::kRegister, "1 invoke read x\n1 ok 1\n0 invoke write x 1\n0 ok\n",
                "which was first written only later"},
        Planted{
            "two values after one read went back", ModelKind::kRegister,
            "0 invoke write x 1\n0 ok\n0 invoke write x 2\n1 invoke read x\n1 ok 2\n1 invoke read x\n1 ok 1\n0 ok\n",
            "impossible together"},
        Planted{"two compare-and-sets succeed on one value", ModelKind::kRegister,
                "0 invoke write x 1\n0 ok\n1 invoke cas x 1 2\n2 invoke cas x 1 3\n1 ok\n2 ok\n",
                "impossible together"},
        Planted{"a retried write takes effect twice", ModelKind::kRegister,
                "0 invoke write x 1\n0 ok\n1 invoke write x 2\n1 ok\n2 invoke read x\n2 ok 1\n", "overwritten before"},
        Planted{"two holders of a mutex", ModelKind::kMutex, "0 invoke acquire m\n0 ok\n1 invoke acquire m\n1 ok\n",
                "process 1: acquire m"},
        Planted{"a lease renewed after it was given away", ModelKind::kLease,
                "0 invoke acquire m\n0 ok 1\n1 invoke acquire m\n1 ok 2\n0 invoke renew m 1\n0 ok\n", "renew m 1"},
        Planted{"a lost append", ModelKind::kListAppend,
                "0 invoke append l 1\n0 ok\n0 invoke append l 2\n0 ok\n1 invoke read l\n1 ok [2]\n", "read l = [2]"},
        Planted{"a torn range", ModelKind::kKeyValue,
                "0 invoke write a 1\n0 ok\n0 invoke write b 1\n0 ok\n1 invoke range - [a,c]\n1 ok [b,1]\n", "range"},
        Planted{"a queue that gives twice", ModelKind::kQueue,
                "0 invoke enqueue q 1\n0 ok\n1 invoke dequeue q\n1 ok 1\n2 invoke dequeue q\n2 ok 1\n",
                "dequeue q = 1"},
        Planted{"money from nowhere", ModelKind::kBank,
                "0 invoke read b\n0 ok [1,5,2,5]\n0 invoke transfer b [1,2,3]\n0 ok\n0 invoke read b\n0 ok [1,5,2,8]\n",
                "[1 5 2 8]"}));

TEST(ExplainTest, SaysNothingOfALinearizableHistory) {
  const History history = ReadHistory("0 invoke write x 1\n0 ok\n");
  EXPECT_EQ(ExplainConflict(history, {}, Decide(history)), "");
}

// One lie among thousands of operations is found, whatever the shape.
TEST(CheckTest, ALieIsFoundInALongHistory) {
  int refused = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    HistoryShape shape = {.operations = 1000,
                          .processes = 5,
                          .keys = 1 + static_cast<uint32_t>(seed % 3),
                          .values = seed % 2 == 0 ? 0u : 8u,
                          .lies_percent = 1};
    const RandomHistory random = MakeHistory(shape, FromSeed(seed));
    refused += Decide(random.history).verdict == Verdict::kNotLinearizable;
    shape.lies_percent = 0;
    EXPECT_EQ(Decide(MakeHistory(shape, FromSeed(seed)).history).verdict, Verdict::kLinearizable) << "seed " << seed;
  }
  EXPECT_GE(refused, 35);
}

}  // namespace
}  // namespace lockstep::linearizability
