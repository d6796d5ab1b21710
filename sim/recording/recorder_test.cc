#include "sim/recording/recorder.h"

#include <vector>

#include "gtest/gtest.h"
#include "traces/convert.h"

namespace lockstep::sim {
namespace {

namespace proto = traces::proto;

constexpr NodeId kOne{1, 0};
constexpr NodeId kTwo{2, 0};

std::vector<proto::Record> RecordsOf(const std::function<void(Recorder&)>& run, const Choices* choices = nullptr) {
  std::vector<proto::Record> records;
  Recorder recorder([&records](const proto::Record& record) { records.push_back(record); }, choices);
  run(recorder);
  return records;
}

TEST(Recorder, AnArrivalAndItsStepAreOneRecord) {
  const Message message{kTwo, kOne, 3, Heartbeat{4, 5}};
  const Input input{input::Receive{message}, {}};
  EffectSink effects;
  effects.Add(effect::SetTimer{});
  State state;
  state.id = kOne;
  state.current_term = 3;
  const auto records = RecordsOf([&](Recorder& recorder) {
    recorder.OnMessage({100, MessageFate::kSent, 9, message});
    recorder.OnMessage({200, MessageFate::kDelivered, 9, message});
    recorder.OnStep({7, 200, kOne, input, effects, 1, state});
    recorder.OnStep({8, 201, kOne, input, effects, 1, state});
  });
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].network().id(), 9u);
  EXPECT_EQ(records[0].network().fate(), proto::FATE_SENT);
  EXPECT_EQ(records[1].step().message_id(), 9u);
  EXPECT_EQ(records[1].step().step(), 7u);
  EXPECT_EQ(records[1].step().state().term(), 3u);
  EXPECT_EQ(records[1].step().effects_size(), 1);
  const auto recorded_input = traces::FromProto(records[1].step().input());
  ASSERT_TRUE(recorded_input.ok());
  EXPECT_EQ(*recorded_input, input);
  EXPECT_EQ(records[2].step().message_id(), 0u) << "one arrival belongs to one step";
}

TEST(Recorder, ChoicesStandBeforeWhatTheyDecidedAndAreComplete) {
  Choices choices = Choices::Seeded(1);
  choices.Record();
  const Input input{input::ElectionTimeout{}, {}};
  const EffectSink effects;
  const State state;
  const auto records = RecordsOf(
      [&](Recorder& recorder) {
        for (int i = 0; i < 10'000; ++i) {
          (void)choices.Below(1000);
          recorder.OnStep({1, 0, kOne, input, effects, 0, state});
        }
        recorder.End({});
      },
      &choices);
  std::vector<uint64_t> written;
  uint64_t steps = 0;
  for (const proto::Record& record : records) {
    written.insert(written.end(), record.choices().values().begin(), record.choices().values().end());
    if (record.has_step()) ++steps;
    EXPECT_LE(record.choices().values_size(), 4096);
  }
  EXPECT_EQ(written, choices.recorded());
  EXPECT_EQ(steps, 10'000u);
  EXPECT_TRUE(records.front().has_step());
  EXPECT_TRUE(records.back().has_end());
}

TEST(Recorder, FaultsOperationsAndTheEnd) {
  RunResult result;
  result.steps = 12;
  result.digest = {1, 2};
  result.violation = Violation{"ElectionSafety", 11, 50, kTwo, "two leaders"};
  const auto records = RecordsOf([&](Recorder& recorder) {
    recorder.OnFault({5, Fault::kPause, FaultPhase::kBegin, kNoNode, kTwo, 77});
    recorder.OnClient({6, 3, 4, OperationKind::kCompareAndSet, 1, 10, 9, Answer::kUnknown, 0, kOne});
    recorder.OnCrash({7, kOne});
    recorder.OnHealed(8);
    recorder.OnCut({9, LinkSet::Between(Only(1), Only(2) | Only(3))});
    recorder.End(result);
  });
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(records[0].fault().name(), ToString(Fault::kPause));
  EXPECT_EQ(records[0].fault().phase(), proto::PHASE_BEGIN);
  EXPECT_FALSE(records[0].fault().has_node());
  EXPECT_EQ(records[0].fault().peer().number(), 2u);
  EXPECT_EQ(records[1].operation().kind(), proto::OPERATION_KIND_COMPARE_AND_SET);
  EXPECT_EQ(records[1].operation().answer(), proto::ANSWER_UNKNOWN);
  EXPECT_EQ(records[2].crash().node().number(), 1u);
  EXPECT_EQ(records[3].healed().time_micros(), 8);
  EXPECT_EQ(records[4].cut().time_micros(), 9);
  ASSERT_EQ(records[4].cut().links_size(), 2);
  EXPECT_EQ(records[4].cut().links(1).from(), 1u);
  EXPECT_EQ(records[4].cut().links(1).to(), 3u);
  EXPECT_EQ(records[5].end().digest_low(), 2u);
  EXPECT_EQ(records[5].end().violation().property(), "ElectionSafety");
}

}  // namespace
}  // namespace lockstep::sim
