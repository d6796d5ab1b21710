// The two engines for any model, and how they are bounded.

#include <functional>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/search.h"
#include "spec/linearizability/state_frontier.h"
#include "spec/linearizability/testing/histories.h"
#include "spec/linearizability/testing/random_history.h"

namespace lockstep::linearizability {
namespace {

struct Outcomes {
  Answer frontier;
  Answer search;
};

Outcomes Decide(const History& history, ModelKind kind, Budget budget = {}) {
  Semantics semantics;
  semantics.model = kind;
  std::vector<OperationId> ids(history.size());
  std::iota(ids.begin(), ids.end(), 0u);
  const auto model = *MakeModel(history, semantics, ids);
  const auto calls = CallsOf(history, semantics, ids, *model);
  const auto alike = AlikeOptional(history, calls);
  Outcomes outcomes;
  {
    Meter meter(budget);
    StateTable table(model.get(), &meter);
    StateFrontier frontier(calls, alike, &table, &meter);
    while (!frontier.Advance(100) && !meter.exhausted()) {
    }
    outcomes.frontier = frontier.answer();
  }
  Meter meter(budget);
  StateTable table(model.get(), &meter);
  Search search(calls, alike, &table, &meter);
  while (!search.Advance(100) && !meter.exhausted()) {
  }
  outcomes.search = search.answer();
  return outcomes;
}

TEST(StateEnginesTest, BothFindTheOrder) {
  const Outcomes outcomes = Decide(ReadHistory("0 invoke enqueue q 1\n1 invoke enqueue q 2\n0 ok\n1 ok\n"
                                               "0 invoke dequeue q\n0 ok 2\n0 invoke dequeue q\n0 ok 1\n"),
                                   ModelKind::kQueue);
  EXPECT_EQ(outcomes.frontier.decision, Decision::kLinearizable);
  EXPECT_EQ(outcomes.frontier.order, (Order{1, 0, 2, 3}));
  EXPECT_EQ(outcomes.search.order, (Order{1, 0, 2, 3}));
}

TEST(StateEnginesTest, TheFrontierNamesTheImpossibleEvent) {
  const Outcomes outcomes = Decide(ReadHistory("0 invoke enqueue q 1\n0 ok\n0 invoke enqueue q 2\n0 ok\n"
                                               "0 invoke dequeue q\n0 ok 2\n0 invoke dequeue q\n0 ok 1\n"),
                                   ModelKind::kQueue);
  EXPECT_EQ(outcomes.frontier.decision, Decision::kNotLinearizable);
  EXPECT_EQ(outcomes.frontier.event, 5u);
  EXPECT_EQ(outcomes.search.decision, Decision::kNotLinearizable);
}

TEST(StateEnginesTest, ElementsNobodySawNeedNotHaveBeenAdded) {
  const History history =
      ReadHistory("0 invoke append l 1\n0 info\n1 invoke append l 2\n1 info\n2 invoke read l\n2 ok [2]\n");
  Semantics semantics;
  semantics.model = ModelKind::kListAppend;
  const std::vector<OperationId> ids = {0, 1, 2};
  const auto model = *MakeModel(history, semantics, ids);
  const auto calls = CallsOf(history, semantics, ids, *model);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].id, 1u);
}

TEST(StateEnginesTest, EqualOperationsOfUnknownOutcomeAreUsedInOrder) {
  const History history = ReadHistory(
      "0 invoke add c 1\n0 info\n1 invoke add c 2\n1 info\n2 invoke add c 1\n2 info\n3 invoke read c\n3 ok 2\n");
  Semantics semantics;
  semantics.model = ModelKind::kCounter;
  const std::vector<OperationId> ids = {0, 1, 2, 3};
  const auto model = *MakeModel(history, semantics, ids);
  const auto calls = CallsOf(history, semantics, ids, *model);
  EXPECT_EQ(AlikeOptional(history, calls), (std::vector<uint32_t>{UINT32_MAX, UINT32_MAX, 0, UINT32_MAX}));
}

TEST(StateEnginesTest, TheBudgetEndsBoth) {
  HistoryShape shape = {.model = ModelKind::kQueue, .operations = 400, .processes = 6, .values = 0};
  const RandomHistory random = MakeHistory(shape, FromSeed(3));
  const Outcomes steps = Decide(random.history, ModelKind::kQueue, {.steps = 500});
  EXPECT_EQ(steps.frontier.decision, Decision::kExhausted);
  EXPECT_LT(steps.frontier.event, random.history.event_count());
  EXPECT_EQ(steps.search.decision, Decision::kExhausted);
  const Outcomes bytes = Decide(random.history, ModelKind::kQueue, {.bytes = 20'000});
  EXPECT_EQ(bytes.frontier.decision, Decision::kExhausted);
  EXPECT_EQ(bytes.search.decision, Decision::kExhausted);
}

TEST(StateTableTest, EqualStatesHaveEqualNumbers) {
  const History history = ReadHistory("0 invoke add c 1\n0 ok\n0 invoke add c 2\n0 ok\n0 invoke add c 3\n0 ok\n");
  Semantics semantics;
  semantics.model = ModelKind::kCounter;
  const auto model = *MakeModel(history, semantics, {});
  Meter meter(Budget{});
  StateTable table(model.get(), &meter);
  const auto one_two = table.Next(table.Next(StateTable::kInitial, 0), 1);
  const auto three = table.Next(StateTable::kInitial, 2);
  EXPECT_EQ(one_two, three);
  EXPECT_NE(three, StateTable::kInitial);
}

}  // namespace
}  // namespace lockstep::linearizability
