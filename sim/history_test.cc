#include "sim/history.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/choices.h"

namespace lockstep::sim {
namespace {

// One line of a history: an operation begins (kPending), or ends.
struct HistoryEvent {
  uint32_t client = 0;
  OperationKind kind = OperationKind::kRead;
  uint64_t argument = 0;
  uint64_t expected = 0;
  Answer answer = Answer::kPending;
  uint64_t result = 0;
};

HistoryEvent Invoke(uint32_t client, OperationKind kind, uint64_t argument = 0, uint64_t expected = 0) {
  return {client, kind, argument, expected, Answer::kPending, 0};
}
HistoryEvent Answered(HistoryEvent invoked, Answer answer, uint64_t result = 0) {
  invoked.answer = answer;
  invoked.result = result;
  return invoked;
}

void Tell(History& history, const HistoryEvent& event) {
  if (event.answer != Answer::kPending) return history.End(event.client, event.answer, event.result);
  Command operation;
  operation.client = event.client;
  operation.kind = event.kind;
  operation.argument = event.argument;
  operation.expected = event.expected;
  history.Begin(event.client, operation);
}

bool Holds(const std::vector<HistoryEvent>& events) {
  History history(5);
  for (const HistoryEvent& event : events) Tell(history, event);
  history.Finish();
  EXPECT_NE(history.verdict(), History::Verdict::kUnknown);
  return history.verdict() == History::Verdict::kLinearizable;
}

const HistoryEvent kWrite1 = Invoke(1, OperationKind::kWrite, 1);
const HistoryEvent kWrite2 = Invoke(2, OperationKind::kWrite, 2);
const HistoryEvent kRead3 = Invoke(3, OperationKind::kRead);

TEST(HistoryTest, AReadSeesTheWriteBeforeIt) {
  EXPECT_TRUE(Holds({kWrite1, Answered(kWrite1, Answer::kOk), kRead3, Answered(kRead3, Answer::kOk, 1)}));
  EXPECT_FALSE(Holds({kWrite1, Answered(kWrite1, Answer::kOk), kRead3, Answered(kRead3, Answer::kOk, 0)}));
}

TEST(HistoryTest, AReadBesideAWriteSeesEither) {
  EXPECT_TRUE(Holds({kWrite1, kRead3, Answered(kRead3, Answer::kOk, 1), Answered(kWrite1, Answer::kOk)}));
  EXPECT_TRUE(Holds({kWrite1, kRead3, Answered(kRead3, Answer::kOk, 0), Answered(kWrite1, Answer::kOk)}));
}

TEST(HistoryTest, AnUnknownWriteMayTakeEffectLateOrNever) {
  const HistoryEvent unknown = Answered(kWrite1, Answer::kUnknown);
  EXPECT_TRUE(
      Holds({kWrite1, unknown, kRead3, Answered(kRead3, Answer::kOk, 0), kRead3, Answered(kRead3, Answer::kOk, 1)}));
  EXPECT_FALSE(
      Holds({kWrite1, unknown, kRead3, Answered(kRead3, Answer::kOk, 1), kRead3, Answered(kRead3, Answer::kOk, 0)}));
}

TEST(HistoryTest, AFailedWriteNeverTakesEffect) {
  EXPECT_FALSE(Holds({kWrite1, Answered(kWrite1, Answer::kFailed), kRead3, Answered(kRead3, Answer::kOk, 1)}));
}

TEST(HistoryTest, ReadsMayNotGoBack) {
  const std::vector<HistoryEvent> begin = {kWrite1, Answered(kWrite1, Answer::kOk), kWrite2};
  std::vector<HistoryEvent> back = begin;
  for (uint64_t value : {2, 1}) {
    back.push_back(kRead3);
    back.push_back(Answered(kRead3, Answer::kOk, value));
  }
  EXPECT_FALSE(Holds(back));
}

TEST(HistoryTest, ACompareAndSetThatDidNotTakePlaceSawAnotherValue) {
  const HistoryEvent cas = Invoke(4, OperationKind::kCompareAndSet, 9, 1);
  EXPECT_FALSE(Holds({kWrite1, Answered(kWrite1, Answer::kOk), cas, Answered(cas, Answer::kOk, 0)}));
  // Unless a write that nobody saw came between.
  EXPECT_TRUE(Holds({kWrite1, Answered(kWrite1, Answer::kOk), kWrite2, Answered(kWrite2, Answer::kUnknown), cas,
                     Answered(cas, Answer::kOk, 0)}));
  EXPECT_TRUE(Holds({kWrite1, Answered(kWrite1, Answer::kOk), cas, Answered(cas, Answer::kOk, 1), kRead3,
                     Answered(kRead3, Answer::kOk, 9)}));
}

TEST(HistoryTest, ABadAnswerIsToldAtOnce) {
  History history(5);
  for (const HistoryEvent& event : {kWrite1, Answered(kWrite1, Answer::kOk, 1), kWrite2,
                                    Answered(kWrite2, Answer::kOk, 1), kRead3, Answered(kRead3, Answer::kOk, 1)}) {
    ASSERT_EQ(history.verdict(), History::Verdict::kLinearizable);
    Tell(history, event);
  }
  EXPECT_EQ(history.verdict(), History::Verdict::kNotLinearizable);
  EXPECT_EQ(history.Evidence(),
            "event 5 of the clients' history: client 3: read of key 0 returned 1; no order explains this after "
            "client 2: write of key 0 wrote 2, after client 1: write of key 0 wrote 1");
}

TEST(HistoryTest, KeepsOnlyWhatIsOpen) {
  History history(5);
  size_t early = 0;
  for (uint64_t value = 1; value <= 10'000; ++value) {
    for (uint32_t client : {1u, 2u}) {
      Tell(history, Invoke(client, OperationKind::kWrite, 2 * value + client));
      Tell(history, Invoke(3, OperationKind::kRead));
      Tell(history, Answered(Invoke(client, OperationKind::kWrite), Answer::kOk, 1));
      Tell(history, Answered(Invoke(3, OperationKind::kRead), Answer::kOk, 2 * value + client));
    }
    if (value == 100) early = history.bytes();
  }
  EXPECT_EQ(history.verdict(), History::Verdict::kLinearizable);
  EXPECT_LE(history.bytes(), early);
}

// Every order of the operations that respects real time, tried in turn.
bool HoldsByTrying(const std::vector<HistoryEvent>& events) {
  struct Operation {
    HistoryEvent event;
    size_t begin, end;
  };
  std::vector<Operation> operations;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].answer == Answer::kPending) {
      operations.push_back({events[i], i, events.size()});
      operations.back().event.answer = Answer::kUnknown;
      continue;
    }
    for (size_t j = operations.size(); j-- > 0;) {
      if (operations[j].event.client != events[i].client) continue;
      operations[j].event = events[i];
      if (events[i].answer == Answer::kOk) operations[j].end = i;
      break;
    }
  }
  std::erase_if(operations, [](const Operation& o) {
    return o.event.answer == Answer::kFailed ||
           (o.event.answer == Answer::kUnknown && o.event.kind == OperationKind::kRead);
  });
  std::vector<size_t> order(operations.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto explains = [&] {
    uint64_t value = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      const Operation& o = operations[order[i]];
      for (size_t j = i + 1; j < order.size(); ++j) {
        if (operations[order[j]].end < o.begin) return false;
      }
      const bool ok = o.event.answer == Answer::kOk;
      if (o.event.kind == OperationKind::kRead && o.event.result != value) return false;
      if (o.event.kind == OperationKind::kWrite) value = o.event.argument;
      if (o.event.kind == OperationKind::kCompareAndSet) {
        const bool takes_place = value == o.event.expected;
        if (ok && takes_place != (o.event.result == 1)) return false;
        if (takes_place) value = o.event.argument;
      }
    }
    return true;
  };
  // Unknown ones may also be left out: try every subset of them by putting them last, after all reads.
  do {
    for (size_t length = 0; length <= order.size(); ++length) {
      const auto rest_unknown = std::all_of(order.begin() + static_cast<ptrdiff_t>(length), order.end(),
                                            [&](size_t i) { return operations[i].event.answer == Answer::kUnknown; });
      if (!rest_unknown) continue;
      std::vector<size_t> whole = order;
      order.resize(length);
      const bool holds = explains();
      order = std::move(whole);
      if (holds) return true;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

std::vector<HistoryEvent> DrawHistory(Choices& choices) {
  std::vector<HistoryEvent> events;
  std::optional<HistoryEvent> open[3];
  uint64_t next = 1;
  for (size_t operations = 0; operations < 6;) {
    const auto client = static_cast<uint32_t>(choices.Below(3));
    if (open[client].has_value()) {
      static constexpr Answer kAnswers[] = {Answer::kOk, Answer::kOk, Answer::kOk, Answer::kUnknown, Answer::kFailed};
      const bool read = open[client]->kind == OperationKind::kRead;
      const bool cas = open[client]->kind == OperationKind::kCompareAndSet;
      const uint64_t result = read ? choices.Below(next) : cas ? choices.Below(2) : 1;
      events.push_back(Answered(*open[client], kAnswers[choices.Below(5)], result));
      open[client].reset();
      continue;
    }
    const auto kind = static_cast<OperationKind>(choices.Below(3));
    open[client] = Invoke(client, kind, kind == OperationKind::kRead ? 0 : next, choices.Below(next));
    if (kind != OperationKind::kRead) ++next;
    events.push_back(*open[client]);
    ++operations;
  }
  return events;
}

TEST(HistoryTest, AgreesWithTryingEveryOrder) {
  Choices choices = Choices::Seeded(1);
  int linearizable = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::vector<HistoryEvent> events = DrawHistory(choices);
    const bool holds = Holds(events);
    ASSERT_EQ(holds, HoldsByTrying(events)) << "history " << i;
    linearizable += holds ? 1 : 0;
  }
  EXPECT_GT(linearizable, 300);
  EXPECT_LT(linearizable, 2'700);
}

}  // namespace
}  // namespace lockstep::sim
