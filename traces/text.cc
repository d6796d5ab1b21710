#include "traces/text.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/configuration.h"
#include "core/effect.h"
#include "core/input.h"
#include "core/message.h"
#include "traces/convert.h"

namespace lockstep::traces {
namespace {

// `value` in core's words; what a damaged or newer trace holds instead is said in brackets.
template <typename Proto>
std::string InWords(const Proto& value) {
  const auto converted = FromProto(value);
  return converted.ok() ? ToString(*converted) : absl::StrCat("[", std::string(converted.status().message()), "]");
}

std::string InWords(const proto::Input& value) {
  const absl::StatusOr<Input> converted = FromProto(value);
  return converted.ok() ? ToString(converted->event)
                        : absl::StrCat("[", std::string(converted.status().message()), "]");
}

std::string InWords(const proto::NodeId& id) { return ToString(FromProto(id)); }

// "7:3": index and term.
std::string InWords(const proto::LogPosition& position) { return absl::StrCat(position.index(), ":", position.term()); }

std::string InWords(const proto::ConfigurationEntry& entry) {
  return absl::StrCat(ToString(FromProto(entry.configuration())), " at ", entry.index());
}

std::string Columns(int64_t time_micros, const std::string& step, const std::string& node, const std::string& text) {
  char columns[80];
  std::snprintf(columns, sizeof columns, "%10lld.%03d %8s  %-5s ", static_cast<long long>(time_micros / 1000),
                static_cast<int>(time_micros % 1000), step.c_str(), node.c_str());
  return columns + text;
}

// Effects that the lines of messages and the changes of the state do not show already.
bool IsTold(const proto::Effect& effect) {
  return effect.has_truncate_log() || effect.has_take_snapshot() || effect.has_compact_log() ||
         effect.has_install_snapshot() || effect.has_outcome() || effect.has_halt();
}

std::string EffectsInWords(const google::protobuf::RepeatedPtrField<proto::Effect>& effects) {
  std::string words;
  for (const proto::Effect& effect : effects) {
    if (IsTold(effect)) absl::StrAppend(&words, "; ", InWords(effect));
  }
  return words;
}

std::string StepText(const proto::Step& step) {
  std::string text = InWords(step.input());
  if (step.message_id() != 0) absl::StrAppend(&text, " [message ", step.message_id(), "]");
  return text;
}

std::string StepEnd(const proto::Step& step) {
  std::string text = EffectsInWords(step.effects());
  if (step.effects_done() < static_cast<uint32_t>(step.effects_size())) {
    absl::StrAppend(&text, "; CRASHES after ", step.effects_done(), " of ", step.effects_size(), " effects");
  }
  return text;
}

std::string StartText(const proto::Start& start) {
  return absl::StrCat("STARTS with term ", start.durable_term(), ", voted for ", InWords(start.durable_vote()),
                      ", log up to ", InWords(start.durable_log()), " on disk");
}

std::string NetworkText(const proto::Network& network) {
  static constexpr const char* kVerbs[] = {"sends", "delivered:", "LOST:", "DUPLICATED:"};
  const char* verb = proto::Fate_IsValid(network.fate()) ? kVerbs[network.fate()] : "[an unknown fate]";
  return absl::StrCat(verb, " ", InWords(network.message()), " [message ", network.id(), "]");
}

// "CUT 1-3 2->4": both ways, one way.
std::string CutText(const proto::Cut& cut) {
  const auto has = [&cut](uint32_t from, uint32_t to) {
    return std::any_of(cut.links().begin(), cut.links().end(),
                       [=](const proto::Link& link) { return link.from() == from && link.to() == to; });
  };
  if (cut.links().empty()) return "CUT no more: all links are whole";
  std::string text = "CUT";
  for (const proto::Link& link : cut.links()) {
    const bool both = has(link.to(), link.from());
    if (both && link.to() < link.from()) continue;
    absl::StrAppend(&text, " ", link.from(), both ? "-" : "->", link.to());
  }
  return text;
}

std::string FaultText(const proto::Fault& fault) {
  std::string text = absl::StrCat("FAULT ", fault.name());
  if (fault.phase() == proto::PHASE_BEGIN) text += " begins";
  if (fault.phase() == proto::PHASE_END) text += " ends";
  if (fault.peer().number() != 0) absl::StrAppend(&text, ", peer ", InWords(fault.peer()));
  if (fault.value() != 0) absl::StrAppend(&text, ", ", fault.value());
  return text;
}

std::string OperationText(const proto::Operation& operation) {
  std::string what = absl::StrCat("key ", operation.key());
  switch (operation.kind()) {
    case proto::OPERATION_KIND_READ:
      what = absl::StrCat("read ", what);
      break;
    case proto::OPERATION_KIND_WRITE:
      what = absl::StrCat("write ", what, " = ", operation.argument());
      break;
    default:
      what = absl::StrCat("compare-and-set ", what, " ", operation.expected(), " -> ", operation.argument());
  }
  const bool worded = !operation.words().empty();
  if (worded) what = operation.words();
  std::string text = absl::StrCat("client ", operation.client(), " ");
  switch (operation.answer()) {
    case proto::ANSWER_PENDING:
      return absl::StrCat(text, "calls ", what);
    case proto::ANSWER_OK:
      absl::StrAppend(&text, "done: ", what);
      if (worded) break;
      if (operation.kind() == proto::OPERATION_KIND_READ) absl::StrAppend(&text, " gave ", operation.result());
      if (operation.kind() == proto::OPERATION_KIND_COMPARE_AND_SET) {
        text += operation.result() != 0 ? " took place" : " found another value";
      }
      break;
    case proto::ANSWER_FAILED:
      absl::StrAppend(&text, "refused: ", what);
      break;
    default:
      absl::StrAppend(&text, "gives up, outcome unknown: ", what);
  }
  if (operation.node().number() != 0) absl::StrAppend(&text, " (node ", InWords(operation.node()), ")");
  return text;
}

std::string EndText(const proto::End& end) {
  if (!end.has_violation()) return absl::StrCat("end after ", end.steps(), " steps: no violation");
  const proto::Violation& violation = end.violation();
  return absl::StrCat("VIOLATION of ", violation.property(), " at step ", violation.step(), ": ", violation.evidence());
}

std::string NodeName(const proto::NodeId& id) { return id.number() == 0 ? "" : InWords(id); }

// What happened, without its effects and changes.
std::string Happening(const proto::Record& record) {
  switch (record.content_case()) {
    case proto::Record::kHeader:
      return absl::StrCat("seed ", record.header().seed(), ", recorded by lockstep ",
                          record.header().program_version());
    case proto::Record::kChoices:
      return absl::StrCat(record.choices().values_size(), " choices");
    case proto::Record::kStart:
      return StartText(record.start());
    case proto::Record::kStep:
      return StepText(record.step());
    case proto::Record::kCrash:
      return "STOPS";
    case proto::Record::kNetwork:
      return NetworkText(record.network());
    case proto::Record::kFault:
      return FaultText(record.fault());
    case proto::Record::kCut:
      return CutText(record.cut());
    case proto::Record::kOperation:
      return OperationText(record.operation());
    case proto::Record::kHealed:
      return "HEALED: from now on a majority works without faults";
    case proto::Record::kEnd:
      return EndText(record.end());
    case proto::Record::CONTENT_NOT_SET:
      break;
  }
  return "[an unknown record]";
}

// What it caused, each thing behind "; ".
std::string Consequences(const proto::Record& record) {
  if (record.has_start()) return EffectsInWords(record.start().effects());
  return record.has_step() ? StepEnd(record.step()) : "";
}

// At which node; none for what is not of one.
proto::NodeId NodeOf(const proto::Record& record) {
  if (record.has_start()) return record.start().node();
  if (record.has_step()) return record.step().node();
  if (record.has_crash()) return record.crash().node();
  if (record.has_network()) return record.network().message().source();
  return record.has_fault() ? record.fault().node() : proto::NodeId();
}

// `changes` is put behind what the event was.
std::string LineWith(const proto::Record& record, const std::string& changes) {
  const std::string text = absl::StrCat(Happening(record), changes, Consequences(record));
  if (record.has_header() || record.has_choices() || record.content_case() == proto::Record::CONTENT_NOT_SET)
    return text;
  return Columns(TimeMicros(record), record.has_step() ? std::to_string(record.step().step()) : "",
                 NodeName(NodeOf(record)), text);
}

void Change(std::string& words, const char* name, const std::string& before, const std::string& after) {
  if (before == after) return;
  absl::StrAppend(&words, words.empty() ? ": " : ", ", name, *name != '\0' ? " " : "", before, " -> ", after);
}

}  // namespace

std::string LineHeading() { return "            ms     step  node  what happened"; }

std::string Narrator::Follow(const proto::Record& record) {
  if (record.has_step()) return Changes(FromProto(record.step().node()), record.step().state());
  if (record.has_start()) states_[FromProto(record.start().node())] = record.start().state();
  return "";
}

std::string Narrator::Line(const proto::Record& record) { return LineWith(record, Follow(record)); }

std::string Narrator::Story(const proto::Record& record) {
  std::string story = Happening(record);
  const std::string changes = Follow(record);
  if (!changes.empty()) absl::StrAppend(&story, "\n", changes.substr(2));
  const std::string consequences = Consequences(record);
  if (!consequences.empty()) absl::StrAppend(&story, "\n", consequences.substr(2));
  return story;
}

std::vector<std::string> Narrator::States() const {
  std::vector<std::string> lines;
  for (const auto& [node, state] : states_) {
    lines.push_back(absl::StrCat("node ", ToString(node), ": ", StateLine(state)));
  }
  return lines;
}

std::string Narrator::Changes(NodeId node, const proto::NodeState& after) {
  const proto::NodeState before = std::exchange(states_[node], after);
  std::string words;
  Change(words, "", InWords(before.role()), InWords(after.role()));
  Change(words, "term", std::to_string(before.term()), std::to_string(after.term()));
  Change(words, "vote", InWords(before.voted_for()), InWords(after.voted_for()));
  Change(words, "leader", InWords(before.leader()), InWords(after.leader()));
  Change(words, "log", InWords(before.last_log()), InWords(after.last_log()));
  Change(words, "durable", std::to_string(before.durable_index()), std::to_string(after.durable_index()));
  Change(words, "commit", std::to_string(before.commit_index()), std::to_string(after.commit_index()));
  Change(words, "applied", std::to_string(before.applied_index()), std::to_string(after.applied_index()));
  Change(words, "snapshot", InWords(before.snapshot()), InWords(after.snapshot()));
  Change(words, "compacted", InWords(before.base()), InWords(after.base()));
  Change(words, "configuration", InWords(before.configuration()), InWords(after.configuration()));
  if (after.halted() && !before.halted()) words += words.empty() ? ": HALTED" : ", HALTED";
  return words;
}

std::string Line(const proto::Record& record) { return LineWith(record, ""); }

std::string StateLine(const proto::NodeState& state) {
  std::string line = absl::StrCat(
      InWords(state.role()), " term ", state.term(), " voted for ", InWords(state.voted_for()), " leader ",
      InWords(state.leader()), " log ", InWords(state.base()), "..", InWords(state.last_log()), " durable ",
      state.durable_index(), " commit ", state.commit_index(), " applied ", state.applied_index());
  if (state.snapshot().index() != 0) absl::StrAppend(&line, " snapshot ", InWords(state.snapshot()));
  absl::StrAppend(&line, " configuration ", InWords(state.configuration()));
  if (state.halted()) line += " HALTED";
  return line;
}

int64_t TimeMicros(const proto::Record& record) {
  switch (record.content_case()) {
    case proto::Record::kStart:
      return record.start().time_micros();
    case proto::Record::kStep:
      return record.step().time_micros();
    case proto::Record::kCrash:
      return record.crash().time_micros();
    case proto::Record::kNetwork:
      return record.network().time_micros();
    case proto::Record::kFault:
      return record.fault().time_micros();
    case proto::Record::kCut:
      return record.cut().time_micros();
    case proto::Record::kOperation:
      return record.operation().time_micros();
    case proto::Record::kHealed:
      return record.healed().time_micros();
    case proto::Record::kEnd:
      return record.end().simulated_micros();
    default:
      return 0;
  }
}

}  // namespace lockstep::traces
