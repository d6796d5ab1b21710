#include "traces/view/trace_page.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "traces/text.h"
#include "traces/view/columns.h"
#include "traces/view/page.h"
#include "traces/view/page_template.h"

namespace lockstep::traces::view {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const std::map<uint32_t, StateColumns>& states) {
  Json json = Json::object();
  for (const auto& [node, s] : states) {
    json[std::to_string(node)] = {
        {"event", s.event}, {"role", s.role}, {"term", s.term}, {"commit", s.commit}, {"last", s.last}};
  }
  return json;
}

Json ToJson(const std::map<uint32_t, WriteColumns>& writes) {
  Json json = Json::object();
  for (const auto& [node, w] : writes) {
    json[std::to_string(node)] = {{"begin", w.begin}, {"end", w.end}, {"state", w.state}};
  }
  return json;
}

Json KindNames() {
  Json names = Json::array();
  for (int kind = 0; kind < kEventKindCount; ++kind) names.push_back(NameOf(static_cast<EventKind>(kind)));
  return names;
}

}  // namespace

struct TracePage::Columns : view::Columns {
  std::vector<std::string> facts;
  std::string story;
};

TracePage::TracePage() : columns_(std::make_unique<Columns>()) {}
TracePage::~TracePage() = default;

void TracePage::Take(const proto::Record& record) { columns_->Take(record); }
void TracePage::AddFact(const std::string& fact) { columns_->facts.push_back(fact); }
void TracePage::SetStory(const std::string& story) { columns_->story = story; }

std::string TracePage::Finish(const std::string& name) {
  Columns& c = *columns_;
  const bool broken = c.violation.has_value();
  const std::vector<int> rests = c.RestsOn();
  for (const uint32_t node : c.nodes) (void)c.states[node];  // One that never started has a lane like all others.
  Json meta;
  meta["title"] = name;
  meta["verdict"] = broken ? c.violation->property() : c.ended ? "no violation" : "cut short";
  meta["mood"] = broken ? "bad" : c.ended ? "good" : "open";
  c.facts.insert(c.facts.begin(), absl::StrCat(c.steps, " steps"));
  c.facts.insert(c.facts.begin() + 1, absl::StrCat(c.messages.from.size(), " messages"));
  meta["facts"] = c.facts;
  meta["why"] = broken ? c.violation->evidence() : "";
  meta["story"] = c.story;
  meta["property"] = broken ? c.violation->property() : "";
  meta["violation"] = broken ? Json(c.ViolationEvent()) : Json();
  meta["rests"] = rests;
  meta["nodes"] = std::vector<uint32_t>(c.nodes.begin(), c.nodes.end());
  meta["kinds"] = KindNames();
  meta["messages"] = c.message_names;
  Json data;
  data["meta"] = std::move(meta);
  EventColumns& e = c.events;
  data["events"] = {{"time", e.time}, {"kind", e.kind}, {"node", e.node}, {"step", e.step},
                    {"term", e.term}, {"low", e.low},   {"high", e.high}, {"text", e.text}};
  MessageColumns& m = c.messages;
  data["messages"] = {{"begin", m.begin}, {"end", m.end},   {"from", m.from},
                      {"to", m.to},       {"kind", m.kind}, {"fate", m.fate}};
  data["states"] = ToJson(c.states);
  data["writes"] = ToJson(c.writes);
  data["spans"] = {{"name", c.spans.name}, {"begin", c.spans.begin}, {"end", c.spans.end}};
  data["cuts"] = {{"event", c.cuts.event}, {"links", c.cuts.links}};
  OperationColumns& o = c.operations;
  data["operations"] = {{"begin", o.begin}, {"end", o.end}, {"kind", o.kind}, {"answer", o.answer}, {"text", o.text}};
  return Assemble({kTraceHtml, kTraceScript}, absl::StrCat(broken ? c.violation->property() : "run", ": ", name), data);
}

}  // namespace lockstep::traces::view
