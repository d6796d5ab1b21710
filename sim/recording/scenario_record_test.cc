#include "sim/recording/scenario_record.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

traces::proto::Scenario RecordOf(const Scenario& scenario) {
  traces::proto::Scenario record;
  ToProto(scenario, &record);
  return record;
}

traces::proto::ScenarioField* Find(traces::proto::Scenario& record, const std::string& name) {
  for (auto& field : *record.mutable_fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

std::string ErrorOf(const traces::proto::Scenario& record) { return std::string(FromProto(record).status().message()); }

TEST(ScenarioRecord, EveryNumberComesBack) {
  Scenario scenario;
  scenario.seed = std::numeric_limits<uint64_t>::max();
  scenario.servers = 5;
  scenario.founders = 4;
  scenario.founding_learners = 1;
  scenario.options.pre_vote = false;
  scenario.options.lease_micros = 100'000;
  scenario.read_ppm = 17;
  uint32_t ppm = 1;
  for (const FaultRow& row : FaultTable()) scenario.fault_ppm[row.fault] = ppm++;
  const absl::StatusOr<Scenario> back = FromProto(RecordOf(scenario));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, scenario);
}

TEST(ScenarioRecord, ANameTooManyMissingOrTwiceIsAnotherVersion) {
  traces::proto::Scenario missing = RecordOf(Scenario());
  missing.mutable_fields()->RemoveLast();
  EXPECT_EQ(FromProto(missing).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(ErrorOf(missing), AllOf(HasSubstr("has no '"), HasSubstr("another version")));

  traces::proto::Scenario unknown = RecordOf(Scenario());
  unknown.add_fields()->set_name("moons");
  EXPECT_THAT(ErrorOf(unknown), AllOf(HasSubstr("'moons', unknown here"), HasSubstr("another version")));

  traces::proto::Scenario twice = RecordOf(Scenario());
  *twice.add_fields() = twice.fields(0);
  EXPECT_THAT(ErrorOf(twice), HasSubstr("'seed' twice"));
}

TEST(ScenarioRecord, NumbersThatNoRunCanHaveAreNamed) {
  const auto with = [](const char* name, int64_t value) {
    traces::proto::Scenario record = RecordOf(Scenario());
    Find(record, name)->set_value(value);
    return ErrorOf(record);
  };
  EXPECT_THAT(with("servers", 0), HasSubstr("'servers' is 0; expected 1 to"));
  EXPECT_THAT(with("servers", 4'000'000'000), HasSubstr("'servers' is 4000000000"));
  EXPECT_THAT(with("servers", -1), HasSubstr("'servers' cannot be -1"));
  EXPECT_THAT(with("options.pre_vote", 2), HasSubstr("'options.pre_vote' cannot be 2"));
  EXPECT_THAT(with("safety_micros", std::numeric_limits<int64_t>::max()), HasSubstr("'safety_micros' is"));
  EXPECT_THAT(with("founders", 4), HasSubstr("'founders' is 4; expected 1 to 3"));
  EXPECT_NE(with("options.append_entries_max", 0), "");
}

}  // namespace
}  // namespace lockstep::sim
