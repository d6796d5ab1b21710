// Naive, zones, frontier, online, state frontier and search agree on every small history, and every certificate is
// accepted by the independent checker.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "spec/linearizability/access.h"
#include "spec/linearizability/certificate_checker.h"
#include "spec/linearizability/check.h"
#include "spec/linearizability/frontier.h"
#include "spec/linearizability/online.h"
#include "spec/linearizability/partition.h"
#include "spec/linearizability/search.h"
#include "spec/linearizability/state_frontier.h"
#include "spec/linearizability/testing/naive_checker.h"
#include "spec/linearizability/testing/random_history.h"
#include "spec/linearizability/zones.h"

namespace lockstep::linearizability {
namespace {

std::string Show(const History& history) {
  std::string text;
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    text += "[" + std::to_string(op.invoke) + ", " + (op.complete == kNever ? "-" : std::to_string(op.complete)) +
            "] key " + std::to_string(op.key) + " " + history.Describe(id) + "\n";
  }
  return text;
}

// How often each engine had something to say: agreement means nothing if nobody speaks.
struct Tally {
  int legal = 0;
  int illegal = 0;
  int zones = 0;
  int witness = 0;
};

// The verdict by one engine on each component, or "inapplicable" somewhere.
template <typename Engine>
Decision ByComponents(const Partition& partition, Engine engine) {
  Decision verdict = Decision::kLinearizable;
  for (size_t i = 0; i < partition.size(); ++i) {
    const Decision decision = engine(partition.ids(i));
    if (decision == Decision::kNotLinearizable) return decision;
    if (decision != Decision::kLinearizable) verdict = decision;
  }
  return verdict;
}

// The first impossible event by the online checker, fed event by event; kNever if it finds none.
Position OnlineBadEvent(const History& history, const Semantics& semantics) {
  OnlineChecker online({.semantics = semantics});
  std::vector<OnlineChecker::Ticket> ticket_of(history.size());
  std::vector<std::pair<Position, OperationId>> events;
  for (OperationId id = 0; id < history.size(); ++id) {
    events.push_back({history.operation(id).invoke, id});
    if (history.operation(id).complete != kNever) events.push_back({history.operation(id).complete, id});
    // One of two operations of unknown outcome is given up, the other stays open to the end.
    if (history.operation(id).complete == kNever && id % 2 == 0) events.push_back({history.operation(id).invoke, id});
  }
  std::stable_sort(events.begin(), events.end());
  std::vector<bool> begun(history.size());
  for (const auto& [position, id] : events) {
    const Operation& op = history.operation(id);
    if (!begun[id]) {
      ticket_of[id] = online.Invoke({op.kind, op.key, op.argument, op.expected});
      begun[id] = true;
    } else {
      online.Complete(ticket_of[id], op.outcome, op.result);
    }
  }
  online.Finish();
  // It counts the events it was told of; find the history's event of that number.
  return online.event() == kNever ? kNever : events[online.event()].first;
}

// Compares every engine with the naive verdict. Empty if all agree.
std::string Disagreement(const History& history, const Semantics& semantics, Tally* tally) {
  const bool naive = NaivelyLinearizable(history, semantics);
  ++(naive ? tally->legal : tally->illegal);
  const Decision expected = naive ? Decision::kLinearizable : Decision::kNotLinearizable;
  const Partition partition(history, semantics);
  bool registers = true;
  for (size_t i = 0; i < partition.size(); ++i) registers = registers && partition.is_register(i);
  if (registers) {
    const auto initial = [&](std::span<const OperationId> ids) {
      return InitialOf(semantics, history.operation(ids[0]).key);
    };
    const Decision zones = ByComponents(partition, [&](std::span<const OperationId> ids) {
      return CheckZones(AccessesOf(history, semantics, ids), initial(ids), false).decision;
    });
    if (zones != Decision::kInapplicable) {
      ++tally->zones;
      if (zones != expected) return "zones";
    }
    Meter meter(Budget{});
    Position bad_event = kNever;
    for (size_t i = 0; i < partition.size(); ++i) {
      const auto ids = partition.ids(i);
      const Answer answer = CheckFrontier(AccessesOf(history, semantics, ids), initial(ids), false, &meter);
      if (answer.decision == Decision::kNotLinearizable) bad_event = std::min(bad_event, answer.event);
    }
    if ((bad_event == kNever) != naive) return "frontier";
    if (OnlineBadEvent(history, semantics) != bad_event) return "online";
  }
  for (const bool by_search : {false, true}) {
    const Decision decision = ByComponents(partition, [&](std::span<const OperationId> ids) {
      Meter meter(Budget{});
      const auto model = *MakeModel(history, semantics, ids);
      const auto calls = CallsOf(history, semantics, ids, *model);
      const auto alike = AlikeOptional(history, calls);
      StateTable table(model.get(), &meter);
      StateFrontier frontier(calls, alike, &table, &meter);
      Search search(calls, alike, &table, &meter);
      if (by_search) {
        search.Advance(UINT32_MAX);
        return search.answer().decision;
      }
      frontier.Advance(UINT32_MAX);
      return frontier.answer().decision;
    });
    if (decision != expected) return by_search ? "search" : "state frontier";
  }
  const auto result = Check(history, {.semantics = semantics});
  if (!result.ok()) return "check: " + std::string(result.status().message());
  if ((result->verdict == Verdict::kLinearizable) != naive) return "check";
  tally->witness += result->stage == Stage::kWitness && history.has_log_indices();
  const absl::Status certificate =
      naive ? VerifyOrders(history, semantics, result->orders) : VerifyConflict(history, semantics, result->conflict);
  if (!certificate.ok()) {
    return "certificate: " + std::string(certificate.message()) + "\n" + ExplainConflict(history, semantics, *result);
  }
  return "";
}

Semantics DrawSemantics(ModelKind model, uint32_t shape) {
  Semantics semantics;
  semantics.model = model;
  if (shape % 3 == 0) semantics.failed_cas = Semantics::FailedCompareAndSet::kFact;
  if (shape % 5 == 0) semantics.nil_read = Semantics::NilRead::kNoAnswer;
  return semantics;
}

HistoryShape DrawShape(ModelKind model, const Choose& choose) {
  HistoryShape shape;
  shape.model = model;
  shape.operations = 1 + choose(8);
  shape.processes = 1 + choose(5);
  shape.keys = choose(3) == 0 ? 2 : 1;
  shape.values = choose(2) == 0 ? 0 : 1 + choose(4);
  shape.reads_percent = 20 + choose(60);
  shape.cas_percent = choose(2) * choose(80);
  shape.transactions_percent = choose(2) * 50;
  shape.unknown_percent = choose(2) * choose(50);
  shape.lies_percent = choose(2) * choose(40);
  shape.log_indices = choose(4) == 0;
  return shape;
}

void Fuzz(ModelKind model, uint64_t first_seed, int count) {
  Tally tally;
  for (uint64_t seed = first_seed; seed < first_seed + static_cast<uint64_t>(count); ++seed) {
    const Choose choose = FromSeed(seed);
    const HistoryShape shape = DrawShape(model, choose);
    const Semantics semantics = DrawSemantics(model, choose(15));
    const RandomHistory random = MakeHistory(shape, choose);
    const std::string disagreement = Disagreement(random.history, semantics, &tally);
    ASSERT_EQ(disagreement, "") << "seed " << seed << "\n" << Show(random.history);
  }
  EXPECT_GT(tally.legal, count / 10);
  EXPECT_GT(tally.illegal, count / 100);
  std::printf("%s: %d legal, %d illegal; zones spoke %d times, the witness decided %d\n",
              std::string(Name(model)).c_str(), tally.legal, tally.illegal, tally.zones, tally.witness);
}

TEST(DifferentialTest, Register) { Fuzz(ModelKind::kRegister, 1'000'000, 160'000); }
TEST(DifferentialTest, Mutex) { Fuzz(ModelKind::kMutex, 2'000'000, 10'000); }
TEST(DifferentialTest, KeyValue) { Fuzz(ModelKind::kKeyValue, 3'000'000, 12'000); }
TEST(DifferentialTest, ListAppend) { Fuzz(ModelKind::kListAppend, 4'000'000, 10'000); }
TEST(DifferentialTest, Lease) { Fuzz(ModelKind::kLease, 5'000'000, 5'000); }
TEST(DifferentialTest, Set) { Fuzz(ModelKind::kSet, 6'000'000, 5'000); }
TEST(DifferentialTest, Queue) { Fuzz(ModelKind::kQueue, 7'000'000, 5'000); }
TEST(DifferentialTest, Counter) { Fuzz(ModelKind::kCounter, 8'000'000, 5'000); }

// The same with RapidCheck's bytes as the source of choices, so that a disagreement is shrunk.
RC_GTEST_PROP(DifferentialTest, ShrinkableRegister, (const std::vector<uint8_t>& bytes)) {
  const Choose choose = FromBytes(bytes);
  const HistoryShape shape = DrawShape(ModelKind::kRegister, choose);
  const Semantics semantics = DrawSemantics(ModelKind::kRegister, choose(15));
  Tally tally;
  const RandomHistory random = MakeHistory(shape, choose);
  const std::string disagreement = Disagreement(random.history, semantics, &tally);
  if (!disagreement.empty()) RC_FAIL(disagreement + "\n" + Show(random.history));
}

}  // namespace
}  // namespace lockstep::linearizability
