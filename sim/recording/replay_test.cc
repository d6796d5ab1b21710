#include "sim/recording/replay.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/recording/record.h"
#include "traces/reader.h"
#include "traces/writer.h"

namespace lockstep::sim {
namespace {

using ::testing::HasSubstr;

Scenario Small() {
  Scenario scenario;
  scenario.safety_micros = 800'000;
  scenario.fault_ppm[Fault::kLoss] = 50'000;
  scenario.fault_ppm[Fault::kDuplicate] = 50'000;
  scenario.fault_ppm[Fault::kCrash] = 300'000;
  scenario.fault_interval_micros = 50'000;
  return scenario;
}

// One that fails whatever the core does: no write commits within a microsecond.
Scenario Failing() {
  Scenario scenario = Small();
  scenario.liveness_bound_micros = 1;
  return scenario;
}

std::string PathOf(const std::string& name) { return ::testing::TempDir() + "/" + name; }

RunResult Recorded(const Scenario& scenario, const std::string& path, uint64_t seed = 5) {
  const absl::StatusOr<RunResult> result = RecordRun(scenario, Choices::Seeded(seed), {"0.0.1", 42}, path);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : RunResult();
}

ReplayReport Replayed(const std::string& path) {
  const absl::StatusOr<Replayable> replayable = LoadTrace(path);
  EXPECT_TRUE(replayable.ok()) << replayable.status();
  if (!replayable.ok()) return {};
  const absl::StatusOr<ReplayReport> report = Replay(*replayable, {});
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : ReplayReport();
}

// Copies the trace at `from` to `to`, each record changed by `change`; one that answers false is left out.
void Rewrite(const std::string& from, const std::string& to, const std::function<bool(traces::proto::Record&)>& change) {
  auto reader = traces::Reader::Open(from);
  ASSERT_TRUE(reader.ok());
  auto writer = traces::FileWriter::Create(to);
  ASSERT_TRUE(writer.ok());
  traces::proto::Record record;
  while (*reader->Next(&record)) {
    if (!change(record)) continue;
    ASSERT_TRUE((*writer)->Write(record).ok());
  }
  ASSERT_TRUE((*writer)->Close().ok());
}

TEST(Replay, RecordingChangesNothing) {
  Choices choices = Choices::Seeded(5);
  const RunResult plain = sim::Run(Small(), choices);
  const RunResult recorded = Recorded(Small(), PathOf("plain.trace"));
  EXPECT_EQ(plain.digest, recorded.digest);
  EXPECT_EQ(plain.steps, recorded.steps);
  EXPECT_EQ(plain.draws, recorded.draws);
}

TEST(Replay, ARunIsTheSameAgain) {
  const RunResult recorded = Recorded(Small(), PathOf("same.trace"));
  ASSERT_FALSE(recorded.violation.has_value()) << recorded.violation->evidence;
  const ReplayReport report = Replayed(PathOf("same.trace"));
  EXPECT_FALSE(report.divergence.has_value()) << report.divergence->description;
  EXPECT_EQ(report.result.digest, recorded.digest);
}

class ReplayOfStack : public ::testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(BothStacks, ReplayOfStack, ::testing::Bool(),
                         [](const auto& stack) { return stack.param ? "Full" : "Core"; });

TEST_P(ReplayOfStack, AViolationIsReproduced) {
  Scenario scenario = Failing();
  scenario.full_stack = GetParam();
  const RunResult recorded = Recorded(scenario, PathOf("failing.trace"));
  ASSERT_TRUE(recorded.violation.has_value());
  EXPECT_THAT(recorded.violation->property, HasSubstr("Liveness"));
  const ReplayReport report = Replayed(PathOf("failing.trace"));
  EXPECT_FALSE(report.divergence.has_value()) << report.divergence->description;
  ASSERT_TRUE(report.result.violation.has_value());
  EXPECT_EQ(report.result.violation->step, recorded.violation->step);
  EXPECT_EQ(report.result.violation->evidence, recorded.violation->evidence);
}

TEST(Replay, TheTraceHoldsEveryStepOnceInOrder) {
  const RunResult recorded = Recorded(Small(), PathOf("steps.trace"));
  auto reader = traces::Reader::Open(PathOf("steps.trace"));
  ASSERT_TRUE(reader.ok());
  traces::proto::Record record;
  uint64_t steps = 0;
  uint64_t sent = 0;
  while (*reader->Next(&record)) {
    if (record.has_network() && record.network().fate() == traces::proto::FATE_SENT) ++sent;
    if (!record.has_step()) continue;
    EXPECT_EQ(record.step().step(), ++steps);
    EXPECT_EQ(record.step().message_id() != 0, record.step().input().has_receive());
  }
  EXPECT_EQ(steps, recorded.steps);
  EXPECT_GT(sent, 0u);
}

TEST(Replay, TellsWhereARunDiverges) {
  Recorded(Small(), PathOf("honest.trace"));
  uint64_t changed_step = 0;
  Rewrite(PathOf("honest.trace"), PathOf("changed.trace"), [&](traces::proto::Record& record) {
    if (record.has_step() && record.step().step() == 40) {
      record.mutable_step()->mutable_state()->set_commit_index(77);
      changed_step = 40;
    }
    return true;
  });
  ASSERT_EQ(changed_step, 40u);
  const ReplayReport report = Replayed(PathOf("changed.trace"));
  ASSERT_TRUE(report.divergence.has_value());
  EXPECT_EQ(report.divergence->step, 39u);
  EXPECT_THAT(report.divergence->description, HasSubstr("step.state.commitIndex: 77 and "));
}

TEST(Replay, AnotherDigestAloneIsADivergence) {
  Recorded(Small(), PathOf("honest.trace"));
  Rewrite(PathOf("honest.trace"), PathOf("digest.trace"), [](traces::proto::Record& record) {
    if (record.has_end()) record.mutable_end()->set_digest_low(1);
    return true;
  });
  EXPECT_TRUE(Replayed(PathOf("digest.trace")).divergence.has_value());
}

TEST(Replay, OtherChoicesAreAnotherRun) {
  Recorded(Small(), PathOf("honest.trace"));
  Rewrite(PathOf("honest.trace"), PathOf("choices.trace"), [](traces::proto::Record& record) {
    for (int i = 20; i < record.choices().values_size(); ++i) record.mutable_choices()->set_values(i, 0);
    return true;
  });
  EXPECT_TRUE(Replayed(PathOf("choices.trace")).divergence.has_value());
}

TEST(Replay, MissingChoicesAreNoticedBeforeRunning) {
  Recorded(Small(), PathOf("honest.trace"));
  Rewrite(PathOf("honest.trace"), PathOf("missing.trace"),
          [](traces::proto::Record& record) { return !record.has_choices(); });
  const absl::Status status = LoadTrace(PathOf("missing.trace")).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds 0 choices; expected the "));
}

TEST(Replay, AScenarioOfAnotherVersionIsRefusedWithItsPlace) {
  Recorded(Small(), PathOf("honest.trace"));
  Rewrite(PathOf("honest.trace"), PathOf("version.trace"), [](traces::proto::Record& record) {
    if (record.has_header()) record.mutable_header()->mutable_scenario()->add_fields()->set_name("moons");
    return true;
  });
  const absl::Status status = LoadTrace(PathOf("version.trace")).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("version.trace: record 1: the scenario has a 'moons'"));
}

TEST(Replay, ViewsSeeEveryHappeningAndState) {
  const RunResult recorded = Recorded(Small(), PathOf("view.trace"));
  const absl::StatusOr<Replayable> replayable = LoadTrace(PathOf("view.trace"));
  ASSERT_TRUE(replayable.ok());
  uint64_t steps = 0;
  uint64_t starts = 0;
  uint64_t states = 0;
  bool ended = false;
  ReplayView view;
  view.record = [&](const traces::proto::Record& record) {
    steps += record.has_step() ? 1 : 0;
    starts += record.has_start() ? 1 : 0;
    ended = record.has_end();
  };
  view.state = [&states](const State&) { ++states; };
  ASSERT_TRUE(Replay(*replayable, view).ok());
  EXPECT_EQ(steps, recorded.steps);
  EXPECT_EQ(states, steps + starts);
  EXPECT_TRUE(ended);
}

TEST(Record, AFolderThatDoesNotExistIsAnError) {
  const auto result = RecordRun(Small(), Choices::Seeded(1), {"0.0.1", 42}, PathOf("no/such/folder/x.trace"));
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("no/such/folder"));
}

}  // namespace
}  // namespace lockstep::sim
