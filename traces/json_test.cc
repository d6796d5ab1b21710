#include "traces/json.h"

#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rapidcheck/gtest.h"
#include "traces/convert.h"
#include "traces/core_generators.h"
#include "traces/trace.pb.h"

namespace lockstep::traces {
namespace {

TEST(Json, NamesNumbersAndWords) {
  proto::Record record;
  proto::Network* network = record.mutable_network();
  network->set_time_micros(1500);
  network->set_fate(proto::FATE_LOST);
  network->set_id(uint64_t{1} << 60);
  network->mutable_message()->mutable_source()->set_number(2);
  network->mutable_message()->mutable_append_entries()->add_entries()->set_kind(proto::ENTRY_KIND_COMMAND);
  EXPECT_EQ(ToJson(record), R"({"network":{"timeMicros":1500,"fate":"lost","id":1152921504606846976,)"
                            R"("message":{"source":{"number":2},"appendEntries":{"entries":[{"kind":"command"}]}}}})");
}

TEST(Json, BitPatternsAreHexadecimal) {
  proto::Record record;
  record.mutable_header()->set_seed(255);
  EXPECT_EQ(ToJson(record), R"({"header":{"seed":"0x00000000000000ff"}})");
}

TEST(Json, StatesAreComplete) {
  proto::NodeState state;
  state.set_role(proto::ROLE_PRE_CANDIDATE);
  const auto json = nlohmann::json::parse(ToJson(state));
  EXPECT_EQ(json["role"], "preCandidate");
  EXPECT_EQ(json["term"], 0);
  EXPECT_EQ(json["halted"], false);
  EXPECT_EQ(json.size(), static_cast<size_t>(proto::NodeState::descriptor()->field_count()));
}

TEST(Json, ChoicesAreNumbers) {
  proto::Record record;
  record.mutable_choices()->add_values(3);
  record.mutable_choices()->add_values(~uint64_t{0});
  EXPECT_EQ(ToJson(record), R"({"choices":{"values":[3,18446744073709551615]}})");
}

TEST(Json, AnEnumeratorOfANewerVersionIsItsNumber) {
  proto::SetTimer timer;
  timer.set_timer(static_cast<proto::Timer>(9));
  EXPECT_EQ(ToJson(timer), R"({"timer":9})");
}

TEST(Json, TextThatIsNotUtf8IsStillJson) {
  proto::Record record;
  record.mutable_end()->mutable_violation()->set_property("\xff\n\"");
  EXPECT_TRUE(nlohmann::json::accept(ToJson(record)));
}

RC_GTEST_PROP(Json, EveryInputIsOneLineOfJson, ()) {
  proto::Input input;
  ToProto(*AnyInput(), &input);
  const std::string json = ToJson(input);
  RC_ASSERT(nlohmann::json::accept(json));
  RC_ASSERT(json.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace lockstep::traces
