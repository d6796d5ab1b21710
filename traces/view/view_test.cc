// The pages' data and text, without a browser.
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "traces/trace.pb.h"
#include "traces/view/campaign_page.h"
#include "traces/view/columns.h"
#include "traces/view/trace_page.h"

namespace lockstep::traces::view {
namespace {

using Json = nlohmann::json;

proto::Record Start(uint32_t node) {
  proto::Record record;
  record.mutable_start()->mutable_node()->set_number(node);
  record.mutable_start()->mutable_state();
  return record;
}

proto::Record Network(proto::Fate fate, uint64_t id, uint32_t from, uint32_t to, int64_t time) {
  proto::Record record;
  proto::Network* network = record.mutable_network();
  network->set_time_micros(time);
  network->set_fate(fate);
  network->set_id(id);
  network->mutable_message()->mutable_source()->set_number(from);
  network->mutable_message()->mutable_dest()->set_number(to);
  network->mutable_message()->set_term(3);
  network->mutable_message()->mutable_append_entries()->mutable_previous()->set_index(6);
  network->mutable_message()->mutable_append_entries()->add_entries()->set_term(3);
  return record;
}

proto::Record Receive(uint64_t step, uint64_t id, uint32_t node, uint32_t from, int64_t time) {
  proto::Record record;
  proto::Step* s = record.mutable_step();
  s->set_time_micros(time);
  s->set_step(step);
  s->set_message_id(id);
  s->mutable_node()->set_number(node);
  *s->mutable_input()->mutable_receive()->mutable_message() =
      Network(proto::FATE_SENT, id, from, node, time).network().message();
  s->mutable_state()->set_term(3);
  return record;
}

proto::Record Timeout(uint64_t step, uint32_t node, proto::Role role, int64_t time) {
  proto::Record record;
  proto::Step* s = record.mutable_step();
  s->set_time_micros(time);
  s->set_step(step);
  s->mutable_node()->set_number(node);
  s->mutable_input()->mutable_election_timeout();
  s->mutable_state()->set_term(3);
  s->mutable_state()->set_role(role);
  proto::Effect* vote = s->add_effects();
  vote->mutable_save_vote()->set_write_id(1);
  s->set_effects_done(1);
  return record;
}

proto::Record End(const std::string& property, uint64_t step) {
  proto::Record record;
  record.mutable_end()->set_steps(step);
  if (property.empty()) return record;
  proto::Violation* violation = record.mutable_end()->mutable_violation();
  violation->set_property(property);
  violation->set_step(step);
  violation->mutable_node()->set_number(2);
  violation->set_evidence("<b>two & more</b>");
  return record;
}

TEST(ColumnsTest, AMessageHasItsTwoEnds) {
  Columns columns;
  columns.Take(Start(1));
  columns.Take(Start(2));
  columns.Take(Network(proto::FATE_SENT, 7, 1, 2, 10));
  columns.Take(Network(proto::FATE_SENT, 8, 1, 2, 11));
  columns.Take(Receive(1, 7, 2, 1, 20));
  columns.Take(Network(proto::FATE_LOST, 8, 1, 2, 30));
  ASSERT_EQ(columns.messages.from.size(), 2u);
  EXPECT_EQ(columns.messages.begin[0], 2);
  EXPECT_EQ(columns.messages.end[0], 4);
  EXPECT_EQ(columns.messages.fate[0], 1);
  EXPECT_EQ(columns.messages.end[1], 5);
  EXPECT_EQ(columns.messages.fate[1], 2);
  EXPECT_EQ(columns.message_names[static_cast<size_t>(columns.messages.kind[0])], "AppendEntries");
  // It concerns index 7, in term 3.
  EXPECT_EQ(columns.events.low[2], 7u);
  EXPECT_EQ(columns.events.high[2], 7u);
  EXPECT_EQ(columns.events.term[2], 3u);
}

TEST(ColumnsTest, ADuplicateArrivesTwice) {
  Columns columns;
  columns.Take(Network(proto::FATE_SENT, 7, 1, 2, 10));
  columns.Take(Network(proto::FATE_DUPLICATED, 7, 1, 2, 10));
  columns.Take(Receive(1, 7, 2, 1, 20));
  columns.Take(Receive(2, 7, 2, 1, 30));
  ASSERT_EQ(columns.messages.from.size(), 2u);
  EXPECT_EQ(columns.messages.fate[0] + columns.messages.fate[1], 2);
}

TEST(ColumnsTest, StatesAreKeptWhereTheyChange) {
  Columns columns;
  columns.Take(Start(2));
  columns.Take(Timeout(1, 2, proto::ROLE_CANDIDATE, 5));
  columns.Take(Timeout(2, 2, proto::ROLE_CANDIDATE, 6));
  proto::Record crash;
  crash.mutable_crash()->mutable_node()->set_number(2);
  columns.Take(crash);
  const StateColumns& states = columns.states[2];
  ASSERT_EQ(states.event.size(), 3u);
  EXPECT_EQ(states.role[1], static_cast<int>(proto::ROLE_CANDIDATE));
  EXPECT_EQ(states.role[2], 4);
  EXPECT_EQ(states.term[2], 3u);
}

TEST(ColumnsTest, AWriteEndsWhenItIsDone) {
  Columns columns;
  columns.Take(Start(2));
  columns.Take(Timeout(1, 2, proto::ROLE_CANDIDATE, 5));
  proto::Record done;
  done.mutable_step()->mutable_node()->set_number(2);
  done.mutable_step()->mutable_input()->mutable_write_done()->set_write_id(1);
  columns.Take(done);
  const WriteColumns& writes = columns.writes[2];
  ASSERT_EQ(writes.begin.size(), 1u);
  EXPECT_EQ(writes.begin[0], 1);
  EXPECT_EQ(writes.end[0], 2);
  EXPECT_EQ(writes.state[0], 1);
}

TEST(ColumnsTest, FaultsThatLastAreSpans) {
  Columns columns;
  proto::Record fault;
  fault.mutable_fault()->set_name("partition");
  fault.mutable_fault()->set_phase(proto::PHASE_BEGIN);
  columns.Take(fault);
  columns.Take(Timeout(1, 2, proto::ROLE_CANDIDATE, 5));
  fault.mutable_fault()->set_phase(proto::PHASE_END);
  columns.Take(fault);
  ASSERT_EQ(columns.spans.name.size(), 1u);
  EXPECT_EQ(columns.spans.begin[0], 0);
  EXPECT_EQ(columns.spans.end[0], 2);
}

TEST(ColumnsTest, CutsAreTheLinksFromThenOn) {
  Columns columns;
  proto::Record record;
  proto::Link* link = record.mutable_cut()->add_links();
  link->set_from(2);
  link->set_to(3);
  columns.Take(Start(2));
  columns.Take(record);
  record.mutable_cut()->clear_links();
  columns.Take(record);
  ASSERT_EQ(columns.cuts.event, std::vector<int>({1, 2}));
  EXPECT_EQ(columns.cuts.links[0], (std::vector<std::pair<uint32_t, uint32_t>>{{2, 3}}));
  EXPECT_TRUE(columns.cuts.links[1].empty());
  EXPECT_EQ(NameOf(static_cast<EventKind>(columns.events.kind[1])), std::string("cut"));
}

TEST(ColumnsTest, AnOperationOfServicesIsToldInItsWords) {
  Columns columns;
  proto::Record record;
  record.mutable_operation()->set_words("put key: \"p1\"");
  columns.Take(record);
  EXPECT_EQ(columns.operations.text, std::vector<std::string>({"put key: \"p1\""}));
}

TEST(ColumnsTest, AViolationRestsOnWhatLedToIt) {
  Columns columns;
  columns.Take(Start(1));
  columns.Take(Start(2));
  columns.Take(Timeout(1, 1, proto::ROLE_CANDIDATE, 5));  // Event 2: from here on it is a candidate.
  columns.Take(Timeout(2, 3, proto::ROLE_CANDIDATE, 6));  // Event 3: nobody hears of it.
  columns.Take(Network(proto::FATE_SENT, 7, 1, 2, 10));
  columns.Take(Receive(3, 7, 2, 1, 20));  // Event 5.
  columns.Take(End("ElectionSafetyInv", 3));
  EXPECT_EQ(columns.ViolationEvent(), 5);
  EXPECT_EQ(columns.RestsOn(), (std::vector<int>{2, 5}));
}

// The JSON of the element "data" of a page.
Json DataOf(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const size_t begin = page.find(open);
  if (begin == std::string::npos) return {};
  const size_t from = begin + open.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(TracePageTest, ThePageHoldsTheRunAndNothingElse) {
  TracePage page;
  page.Take(Start(1));
  page.Take(Start(2));
  page.Take(Network(proto::FATE_SENT, 7, 1, 2, 10));
  page.Take(Receive(1, 7, 2, 1, 20));
  page.Take(End("ElectionSafetyInv", 1));
  const std::string html = page.Finish("a</script>.trace");
  EXPECT_EQ(html.find("@@"), std::string::npos);
  for (const char* outside : {"http:", "https:", "src=", "@import", "<link"}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  const Json data = DataOf(html);
  EXPECT_EQ(data["meta"]["title"], "a</script>.trace");
  EXPECT_EQ(data["meta"]["verdict"], "ElectionSafetyInv");
  EXPECT_EQ(data["meta"]["why"], "<b>two & more</b>");
  EXPECT_EQ(data["meta"]["violation"], 3);
  EXPECT_EQ(data["meta"]["nodes"], Json::parse("[1,2]"));
  const size_t events = data["events"]["kind"].size();
  EXPECT_EQ(events, 5u);
  for (const auto& [name, column] : data["events"].items()) EXPECT_EQ(column.size(), events) << name;
  for (const auto& [name, column] : data["messages"].items()) EXPECT_EQ(column.size(), 1u) << name;
  // Every kind of event that the data names has a name.
  for (const Json& kind : data["events"]["kind"]) EXPECT_LT(kind.get<size_t>(), data["meta"]["kinds"].size());
}

TEST(TracePageTest, ANodeThatNeverStartedHasALane) {
  TracePage page;
  page.Take(Start(1));
  page.Take(Network(proto::FATE_SENT, 1, 1, 2, 10));
  const std::string text = page.Finish("run");
  EXPECT_NE(text.find(R"("nodes":[1,2])"), std::string::npos);
  EXPECT_NE(text.find(R"("2":{"event":[])"), std::string::npos);
}

TEST(TracePageTest, ARunWithoutAViolationSaysSo) {
  TracePage page;
  page.Take(Start(1));
  page.Take(End("", 0));
  const Json data = DataOf(page.Finish("a"));
  EXPECT_EQ(data["meta"]["verdict"], "no violation");
  EXPECT_TRUE(data["meta"]["violation"].is_null());
}

TEST(TracePageTest, ARunWithoutAnEndWasCutShort) {
  TracePage page;
  page.Take(Start(1));
  EXPECT_EQ(DataOf(page.Finish("a"))["meta"]["verdict"], "cut short");
}

TEST(CampaignPageTest, RowsAndPaceAreThere) {
  Campaign campaign;
  campaign.title = "Simulated runs";
  campaign.verdict = "no violation";
  campaign.mood = "good";
  campaign.pace = {{0.5, 1000}, {1.0, 2000}};
  campaign.sections = {{"faults", {{"crash", 12, 3}, {"<loss>", 0, 0}}}};
  const std::string html = MakeCampaignPage(campaign);
  EXPECT_EQ(html.find("@@"), std::string::npos);
  EXPECT_EQ(html.find("<loss>"), std::string::npos);
  const Json data = DataOf(html);
  EXPECT_EQ(data["sections"][0]["rows"][0], Json::parse(R"(["crash",12,3])"));
  EXPECT_EQ(data["pace"].size(), 2u);
}

}  // namespace
}  // namespace lockstep::traces::view
