#include "sim/run.h"

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/choices.h"
#include "sim/history.h"
#include "sim/scenario.h"
#include "sim/swarm.h"

namespace lockstep::sim {
namespace {

Scenario Short() {
  Scenario scenario;
  scenario.safety_micros = 1'000'000;
  return scenario;
}

RunResult RunSeed(const Scenario& scenario, uint64_t seed, Observer* observer = nullptr) {
  Choices choices = Choices::Seeded(seed);
  return Run(scenario, choices, observer);
}

TEST(RunTest, WithoutFaultsEverythingSucceeds) {
  const RunResult result = RunSeed(Short(), 1);
  ASSERT_FALSE(result.violation.has_value()) << result.violation->evidence;
  EXPECT_EQ(result.history, HistoryVerdict::kLinearizable);
  EXPECT_GT(result.counters.operations_ok, 50u);
  EXPECT_EQ(result.counters.operations_unknown, 0u);
  EXPECT_EQ(result.counters.transitions[static_cast<size_t>(Transition::kStopped)], 0u);
  for (const FaultRow& row : FaultTable()) EXPECT_EQ(result.counters.faults[row.fault], 0u) << row.name;
}

TEST(RunTest, TheSameSeedIsTheSameRun) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Scenario scenario = DrawScenario(seed);
    const RunResult a = RunSeed(scenario, seed), b = RunSeed(scenario, seed);
    EXPECT_FALSE(a.violation.has_value()) << seed << ": " << a.violation->evidence;
    EXPECT_EQ(a.digest, b.digest);
    EXPECT_EQ(a.steps, b.steps);
    EXPECT_EQ(a.draws, b.draws);
  }
}

TEST(RunTest, AnotherSeedIsAnotherRun) { EXPECT_NE(RunSeed(Short(), 1).digest, RunSeed(Short(), 2).digest); }

TEST(RunTest, ARecordingIsTheSameRun) {
  const Scenario scenario = DrawScenario(9);
  Choices first = Choices::Seeded(9);
  first.Record();
  const RunResult recorded = sim::Run(scenario, first);
  Choices second = Choices::Replay(first.recorded());
  const RunResult replayed = sim::Run(scenario, second);
  EXPECT_EQ(recorded.digest, replayed.digest);
  EXPECT_FALSE(second.exhausted());
}

TEST(RunTest, TheQuietestAnswersMakeARun) {
  Choices choices = Choices::FromBytes({});
  Scenario scenario = Short();
  scenario.servers = scenario.founders = 1;
  const RunResult result = sim::Run(scenario, choices);
  EXPECT_FALSE(result.violation.has_value()) << result.violation->evidence;
  EXPECT_TRUE(choices.exhausted());
  EXPECT_GT(result.counters.operations_ok, 0u);
}

// Counts what it is shown.
class Counting : public Observer {
 public:
  void OnStep(const StepEvent& event) override { EXPECT_EQ(event.step, ++steps); }
  void OnCrash(const CrashEvent&) override { ++crashes; }
  void OnStart(const StartEvent&) override { ++starts; }
  void OnFault(const FaultEvent& event) override { faults += event.phase != FaultPhase::kEnd ? 1 : 0; }
  void OnHealed(int64_t) override { ++healed; }
  void OnMessage(const MessageEvent& event) override { delivered += event.fate == MessageFate::kDelivered ? 1 : 0; }
  uint64_t steps = 0, crashes = 0, starts = 0, faults = 0, healed = 0, delivered = 0;
};

TEST(RunTest, AnObserverSeesEverythingAndChangesNothing) {
  const Scenario scenario = DrawScenario(17);
  Counting counting;
  const RunResult seen = RunSeed(scenario, 17, &counting);
  EXPECT_EQ(seen.digest, RunSeed(scenario, 17).digest);
  EXPECT_EQ(counting.steps, seen.steps);
  EXPECT_EQ(counting.healed, 1u);
  EXPECT_EQ(counting.crashes, seen.counters.transitions[static_cast<size_t>(Transition::kStopped)]);
  EXPECT_EQ(counting.starts, seen.counters.transitions[static_cast<size_t>(Transition::kRestarted)]);
  uint64_t faults = 0, received = 0;
  for (const FaultRow& row : FaultTable()) faults += seen.counters.faults[row.fault];
  EXPECT_EQ(counting.faults, faults);
  for (size_t i = 0; i < kActionCount; ++i) {
    if (std::string(ActionNameAt(i)).starts_with("Receive")) received += seen.counters.actions[i];
  }
  EXPECT_EQ(counting.delivered, received);
}

// All that the clients of a run asked and were told.
class Conversations : public Observer {
 public:
  void OnClient(const ClientEvent& event) override { events.push_back(event); }
  std::vector<ClientEvent> events;
};

// The verdict on `events`, with event `lie` a read of what nobody has written but the beginning.
History::Verdict VerdictWithLie(const std::vector<ClientEvent>& events, size_t lie) {
  History history(64);
  for (size_t i = 0; i < events.size() && history.verdict() == History::Verdict::kLinearizable; ++i) {
    const ClientEvent& event = events[i];
    Command operation;
    operation.client = event.client;
    operation.kind = event.kind;
    operation.key = event.key;
    operation.argument = event.argument;
    operation.expected = event.expected;
    if (event.answer == Answer::kPending) {
      history.Begin(event.client, operation);
    } else {
      history.End(event.client, event.answer, i == lie ? 0 : event.result);
    }
  }
  history.Finish();
  return history.verdict();
}

// Planted in runs with faults: one read that answers the initial value, though a write of its key was done before it.
TEST(RunTest, OneStaleAnswerAmongAllThatClientsWereToldIsFound) {
  int lies = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Conversations told;
    RunSeed(DrawScenario(seed), seed, &told);
    const std::vector<ClientEvent>& events = told.events;
    EXPECT_EQ(VerdictWithLie(events, events.size()), History::Verdict::kLinearizable);
    std::map<uint32_t, uint64_t> written, required;  // By key: done writes. By client: those before its operation.
    for (size_t i = 0; i < events.size(); ++i) {
      const ClientEvent& event = events[i];
      if (event.answer == Answer::kPending) required[event.client] = written[event.key];
      if (event.answer != Answer::kOk) continue;
      if (event.kind == OperationKind::kWrite) ++written[event.key];
      if (event.kind != OperationKind::kRead || required[event.client] == 0) continue;
      ++lies;
      ASSERT_EQ(VerdictWithLie(events, i), History::Verdict::kNotLinearizable) << "seed " << seed << ", event " << i;
    }
  }
  EXPECT_GT(lies, 100);
}

TEST(RunTest, WhereNoMessageArrivesNobodyLeadsUntilTheClusterIsHealed) {
  Scenario scenario = Short();
  scenario.fault_ppm[Fault::kLoss] = 1'000'000;
  const RunResult result = RunSeed(scenario, 3);
  ASSERT_FALSE(result.violation.has_value()) << result.violation->evidence;
  EXPECT_GT(result.counters.faults[Fault::kLoss], 0u);
  EXPECT_GE(result.counters.transitions[static_cast<size_t>(Transition::kCandidateToLeader)], 1u);
  EXPECT_GT(result.counters.operations_ok, 0u);
}

TEST(RunTest, AClusterThatIsNotGivenTheTimeToRecoverFails) {
  Scenario scenario = Short();
  scenario.liveness_bound_micros = 1;
  const RunResult result = RunSeed(scenario, 4);
  ASSERT_TRUE(result.violation.has_value());
  EXPECT_EQ(result.violation->property, "Liveness");
}

TEST(RunTest, CountersAddUp) {
  Counters a, b;
  a.actions[2] = 3;
  a.goals = {1};
  b.actions[2] = 4;
  b.faults[Fault::kWipe] = 5;
  b.goals = {1, 7};
  a.Add(b);
  EXPECT_EQ(a.actions[2], 7u);
  EXPECT_EQ(a.faults[Fault::kWipe], 5u);
  EXPECT_EQ(a.goals, (std::vector<uint64_t>{2, 7}));
}

TEST(RunTest, EachKindOfEventAndMessageIsAnActionOfItsOwn) {
  EXPECT_STREQ(ActionNameAt(ActionOf(input::ElectionTimeout{})), "ElectionTimeout");
  EXPECT_STREQ(ActionNameAt(ActionOf(input::WriteDone{})), "WriteDone");
  EXPECT_STREQ(ActionNameAt(ActionOf(input::PeerUnreachable{})), "PeerUnreachable");
  Message message;
  message.body = RequestVote{};
  EXPECT_STREQ(ActionNameAt(ActionOf(input::Receive{message})), "ReceiveRequestVote");
  message.body = ReadReply{};
  EXPECT_STREQ(ActionNameAt(ActionOf(input::Receive{message})), "ReceiveReadReply");
}

// Checks that are off do not change what happens.
TEST(RunTest, FewerChecksAreTheSameRun) {
  const Scenario scenario = DrawScenario(7);
  Choices all = Choices::Seeded(7), none = Choices::Seeded(7);
  const RunResult checked = sim::Run(scenario, all);
  const RunResult unchecked = sim::Run(scenario, none, nullptr, {false, false, false, false});
  EXPECT_EQ(checked.digest, unchecked.digest);
  EXPECT_NE(checked.history, HistoryVerdict::kNotChecked);
  EXPECT_EQ(unchecked.history, HistoryVerdict::kNotChecked);
}

}  // namespace
}  // namespace lockstep::sim
