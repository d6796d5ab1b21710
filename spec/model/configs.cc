#include "spec/model/configs.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

namespace lockstep::model {
namespace {

MemberChange AddVoter(uint32_t node) { return {ChangeKind::kAddVoter, {node, 0}}; }
MemberChange AddLearner(uint32_t node) { return {ChangeKind::kAddLearner, {node, 0}}; }
MemberChange Remove(uint32_t node) { return {ChangeKind::kRemove, {node, 0}}; }

// What MC.tla calls the sets of changes, with the node numbers that the .cfg files give to s1, s2, ...
const std::map<std::string_view, std::vector<Change>>& ChangeSets() {
  static const std::map<std::string_view, std::vector<Change>> sets = {
      {"NoChanges", {}},
      {"ReplaceVoter", {{{Remove(2), AddVoter(3)}, Transition::kJointImplicit}}},
      {"LearnerThenVoter", {{{AddLearner(3)}, Transition::kAuto}, {{AddVoter(3)}, Transition::kAuto}}},
      {"DemoteAndLeave", {{{AddLearner(2)}, Transition::kJointExplicit}, {{}, Transition::kAuto}}},
  };
  return sets;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// "{s1, s2}": the number of elements. "TRUE": 1. "3": 3.
bool ParseValue(std::string_view text, uint64_t& value) {
  if (text == "TRUE" || text == "FALSE") {
    value = text == "TRUE" ? 1 : 0;
  } else if (text.starts_with("{") && text.ends_with("}")) {
    value = 1;
    for (const char c : text) value += c == ',' ? 1 : 0;
    if (Trim(text.substr(1, text.size() - 2)).empty()) value = 0;
  } else {
    value = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + static_cast<uint64_t>(c - '0');
    }
    return !text.empty();
  }
  return true;
}

using Set = std::function<void(Bounds&, uint64_t)>;

template <typename T>
Set Into(T Bounds::*field) {
  return [field](Bounds& bounds, uint64_t value) { bounds.*field = static_cast<T>(value); };
}
Set Into(bool Options::*field) {
  return [field](Bounds& bounds, uint64_t value) { bounds.options.*field = value != 0; };
}

// Every constant of raft.tla and MC.tla but Nil and Changes.
const std::map<std::string_view, Set>& Constants() {
  static const std::map<std::string_view, Set> constants = {
      {"Server", Into(&Bounds::servers)},
      {"Founder", Into(&Bounds::founders)},
      {"Value", Into(&Bounds::values)},
      {"PreVote", Into(&Options::pre_vote)},
      {"CheckQuorum", Into(&Options::check_quorum)},
      {"Leases", Into(&Options::leases)},
      {"PageMax", Into(&Bounds::page_max)},
      {"AllPages", Into(&Bounds::all_pages)},
      {"MaxTerm", Into(&Bounds::max_term)},
      {"MaxLog", Into(&Bounds::max_log)},
      {"MaxCrashes", Into(&Bounds::max_crashes)},
      {"MaxFailures", Into(&Bounds::max_failures)},
      {"MaxWrites", Into(&Bounds::max_writes)},
      {"MaxMessages", Into(&Bounds::max_messages)},
      {"MaxRound", Into(&Bounds::max_round)},
      {"MaxReads", Into(&Bounds::max_reads)},
      {"MaxDepth", Into(&Bounds::max_depth)},
      {"Starter", Into(&Bounds::starters)},
      {"Settle", Into(&Bounds::settle)},
      {"Commands", Into(&Bounds::commands)},
      {"Applying", Into(&Bounds::applying)},
      {"Snapshots", Into(&Bounds::snapshots)},
      {"QuorumChecks", Into(&Bounds::quorum_checks)},
      {"Transfers", Into(&Bounds::transfers)},
      {"Cancels", Into(&Bounds::cancels)},
  };
  return constants;
}

std::string ParseConstant(std::string_view name, std::string_view text, Bounds& bounds) {
  if (name == text) return "";  // A name that stands for itself: Nil, s1, ...
  const auto constant = Constants().find(name);
  uint64_t value = 0;
  if (constant == Constants().end()) return "no constant " + std::string(name);
  if (!ParseValue(text, value)) return std::string(name) + " = " + std::string(text) + ": not a number, set or truth";
  constant->second(bounds, value);
  return "";
}

}  // namespace

std::string ParseConfig(std::string_view text, Bounds& bounds) {
  bool in_constants = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with("\\*")) continue;
    const size_t equals = line.find(" = ");
    const size_t arrow = line.find(" <- ");
    if (equals == std::string_view::npos && arrow == std::string_view::npos) {
      in_constants = line == "CONSTANTS";
      continue;
    }
    if (!in_constants) return "a constant outside of CONSTANTS: " + std::string(line);
    if (arrow != std::string_view::npos) {
      const auto changes = ChangeSets().find(Trim(line.substr(arrow + 4)));
      if (Trim(line.substr(0, arrow)) != "Changes" || changes == ChangeSets().end())
        return "not a known set of changes: " + std::string(line);
      bounds.changes = changes->second;
      continue;
    }
    const std::string error = ParseConstant(Trim(line.substr(0, equals)), Trim(line.substr(equals + 3)), bounds);
    if (!error.empty()) return error;
  }
  return "";
}

const std::vector<Bounds>& Configs() {
  static const std::vector<Bounds> configs = [] {
    std::vector<Bounds> parsed;
    for (const ConfigText& config : ConfigTexts()) {
      Bounds bounds;
      bounds.name = config.name;
      const std::string error = ParseConfig(config.text, bounds);
      if (!error.empty()) {  // The files are built in, so the build is wrong.
        std::fprintf(stderr, "spec/MC%s.cfg: %s\n", config.name, error.c_str());
        std::abort();
      }
      parsed.push_back(std::move(bounds));
    }
    return parsed;
  }();
  return configs;
}

const Bounds* FindConfig(std::string_view name) {
  for (const Bounds& bounds : Configs()) {
    if (bounds.name == name) return &bounds;
  }
  return nullptr;
}

}  // namespace lockstep::model
