#include "spec/linearizability/conflict.h"

#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/certificate_checker.h"
#include "spec/linearizability/check.h"
#include "spec/linearizability/reduce.h"
#include "spec/linearizability/testing/histories.h"
#include "spec/linearizability/testing/random_history.h"

namespace lockstep::linearizability {
namespace {

TEST(ReduceTest, KeepsOnlyWhatIsNeeded) {
  std::vector<int> items(1000);
  std::iota(items.begin(), items.end(), 0);
  bool minimal = false;
  const auto holds = [](const std::vector<int>& rest) {
    return std::count(rest.begin(), rest.end(), 17) + std::count(rest.begin(), rest.end(), 800) == 2;
  };
  EXPECT_EQ(Reduce<int>(
                items, holds, [] { return true; }, &minimal),
            (std::vector<int>{17, 800}));
  EXPECT_TRUE(minimal);
  int tries = 0;
  Reduce<int>(
      items, holds, [&] { return ++tries < 5; }, &minimal);
  EXPECT_FALSE(minimal);
}

// The conflict that Check reports, verified.
Conflict Find(const History& history, Semantics semantics = {}) {
  const auto result = Check(history, {.semantics = semantics});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result->verdict, Verdict::kNotLinearizable);
  EXPECT_EQ(std::string(VerifyConflict(history, semantics, result->conflict).message()), "");
  EXPECT_TRUE(result->conflict_minimal);
  return result->conflict;
}

TEST(ConflictTest, AValueNobodyWroteIsImpossibleAlone) {
  EXPECT_EQ(Find(ReadHistory("0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok 2\n")), (Conflict{{1}}));
}

TEST(ConflictTest, AStaleReadIsAReadAndTheWriteThatOverwrote) {
  EXPECT_EQ(Find(ReadHistory("0 invoke write x 1\n0 ok\n0 invoke write x 2\n0 ok\n0 invoke read x\n0 ok 1\n")),
            (Conflict{{1}, {2}}));
}

TEST(ConflictTest, IsFoundInALongHistory) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    HistoryShape shape = {.operations = 2000,
                          .processes = 5,
                          .values = seed % 2 == 0 ? 5u : 0u,
                          .cas_percent = 20,
                          .unknown_percent = 1,
                          .lies_percent = 1};
    const RandomHistory random = MakeHistory(shape, FromSeed(seed));
    const auto result = Check(random.history, {});
    ASSERT_TRUE(result.ok());
    if (result->verdict == Verdict::kLinearizable) continue;
    const Conflict conflict = Find(random.history);
    EXPECT_LE(conflict.size(), 12u) << "seed " << seed;
  }
}

TEST(ConflictTest, OfAMutex) {
  Semantics mutex;
  mutex.model = ModelKind::kMutex;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "0 invoke acquire m\n0 ok\n0 invoke release m\n0 ok\n";
  text += "0 invoke acquire m\n0 ok\n1 invoke acquire m\n1 ok\n";
  EXPECT_LE(Find(ReadHistory(text), mutex).size(), 3u);
}

TEST(ConflictTest, OfASet) {
  Semantics set;
  set.model = ModelKind::kSet;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "0 invoke add s " + std::to_string(i) + "\n0 ok\n";
  EXPECT_LE(Find(ReadHistory(text + "0 invoke read s\n0 ok [3,4]\n"), set).size(), 4u);
}

}  // namespace
}  // namespace lockstep::linearizability
