#include "spec/linearizability/report/statistics.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::linearizability::report {
namespace {

using K = OperationKind;

bool OnlyReads(K kind) { return kind == K::kRead || kind == K::kRange; }

// Whether the operation's answer bears on the order.
bool Observes(const Operation& op, const Semantics& semantics) {
  if (op.outcome == Outcome::kUnknown) return false;
  if (op.outcome == Outcome::kFail) {
    const bool fact = semantics.failed_cas == Semantics::FailedCompareAndSet::kFact;
    return (op.kind == K::kCompareAndSet && fact) || op.kind == K::kRenew;
  }
  switch (op.kind) {
    case K::kRead:
    case K::kRange:
    case K::kDequeue:
      return op.result != kUnknownValue &&
             !(op.result == kNil && semantics.nil_read == Semantics::NilRead::kNoAnswer && op.kind == K::kRead);
    case K::kCompareAndSet:
    case K::kTransaction:
    case K::kAcquire:
    case K::kRelease:
    case K::kRenew:
      return true;
    default:
      return false;
  }
}

// The writes that had begun, by key and value.
class Sources {
 public:
  explicit Sources(const Semantics& semantics) : semantics_(semantics) {
    for (const auto& [key, value] : semantics.initial_by_key) initial_[key] = value;
  }
  void Write(Key key, Value value, bool unknown) {
    Count& count = counts_[{key, value.bits}];
    ++count.all;
    count.unknown += unknown;
  }
  size_t different() const { return counts_.size(); }
  size_t Of(Key key, Value value) const {
    const auto own = initial_.find(key);
    const Value initial = own == initial_.end() ? semantics_.initial : own->second;
    const auto it = counts_.find({key, value.bits});
    return (it == counts_.end() ? 0 : it->second.all) + (initial == value);
  }
  bool HasUnknown(Key key, Value value) const {
    const auto it = counts_.find({key, value.bits});
    return it != counts_.end() && it->second.unknown > 0;
  }

 private:
  struct Count {
    uint32_t all = 0;
    uint32_t unknown = 0;
  };
  const Semantics& semantics_;
  absl::flat_hash_map<Key, Value> initial_;
  absl::flat_hash_map<std::pair<Key, uint32_t>, Count> counts_;
};

// The events in order: bit 0 says completion, the rest is the operation.
std::vector<uint64_t> Events(const History& history) {
  std::vector<std::pair<Position, uint64_t>> placed;
  placed.reserve(history.size() * 2);
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    placed.emplace_back(op.invoke, uint64_t{id} << 1);
    const Position end = op.complete != kNever ? op.complete : history.told_unknown(id);
    if (end != kNever) placed.emplace_back(end, uint64_t{id} << 1 | 1);
  }
  std::sort(placed.begin(), placed.end());
  std::vector<uint64_t> events;
  events.reserve(placed.size());
  for (const auto& [position, event] : placed) events.push_back(event);
  return events;
}

void MeasureOverlap(const History& history, const std::vector<uint64_t>& events, Statistics* out) {
  // An operation overlaps another of its key if one is open when it begins, or one begins before it ends.
  struct OfKey {
    size_t open = 0;
    OperationId last = 0;  // the newest one to begin
  };
  std::vector<OfKey> keys(history.key_count() + 1);
  std::vector<bool> overlaps(history.size());
  size_t open = 0;
  double sum = 0;
  for (uint64_t event : events) {
    const auto id = static_cast<OperationId>(event >> 1);
    const Operation& op = history.operation(id);
    const bool keyless = op.kind == K::kTransaction || op.kind == K::kRange || op.kind == K::kDeleteRange;
    OfKey& of_key = keys[keyless ? history.key_count() : op.key];
    if ((event & 1) != 0) {
      --open;
      --of_key.open;
      continue;
    }
    sum += static_cast<double>(open);
    ++open;
    if (of_key.open > 0) overlaps[id] = overlaps[of_key.last] = true;
    ++of_key.open;
    of_key.last = id;
    out->open_most = std::max(out->open_most, open);
  }
  out->open_mean = history.size() == 0 ? 0 : sum / static_cast<double>(history.size());
  out->overlapping = static_cast<size_t>(std::count(overlaps.begin(), overlaps.end(), true));
}

void MeasureSources(const format::HistoryFile& file, const std::vector<uint64_t>& events, Statistics* out) {
  const History& history = file.history;
  Sources sources(file.semantics);
  for (uint64_t event : events) {
    const auto id = static_cast<OperationId>(event >> 1);
    const Operation& op = history.operation(id);
    const bool ended = (event & 1) != 0;
    const bool writes = op.kind == K::kWrite || op.kind == K::kCompareAndSet;
    if (!ended && writes && op.outcome != Outcome::kFail) {
      sources.Write(op.key, op.argument, op.outcome == Outcome::kUnknown);
      ++out->writes;
    } else if (ended && op.kind == K::kRead && Observes(op, file.semantics)) {
      const size_t count = sources.Of(op.key, op.result);
      ++out->answers;
      if (count == 1) ++out->answers_one_source;
      if (count > 1) ++out->answers_many_sources;
      if (sources.HasUnknown(op.key, op.result)) ++out->answers_unknown_source;
    }
  }
  out->values_written = sources.different();
}

std::string Percent(size_t part, size_t whole) {
  return whole == 0 ? "0 %"
                    : absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string Line(std::string_view name, const std::string& text) {
  return absl::StrFormat("  %-14s %s\n", std::string(name), text);
}

std::string CanShow(const Statistics& s) {
  std::string words;
  const auto say = [&](const std::string& sentence) { absl::StrAppend(&words, "    - ", sentence, "\n"); };
  if (s.operations == 0) say("Nothing: it holds no operation.");
  if (s.operations > 0 && s.observing == 0) {
    say("Nothing: no operation answered anything that depends on the order, so every order is legal.");
  }
  if (s.operations > 1 && s.overlapping == 0) {
    say("Only sequential behaviour: no two operations of a key overlap.");
  }
  if (s.answers > 0 && s.answers_one_source == s.answers) {
    say("Every stale read: each answer names exactly one write.");
  } else if (s.answers_many_sources > 0) {
    say(absl::StrCat("A stale read only by luck in ", Percent(s.answers_many_sources, s.answers),
                     " of the reads: several writes wrote what they answered. Unique values would show all."));
  }
  if (s.unknown_changing > 0) {
    say(absl::StrCat("Less for each unknown outcome: ", s.unknown_changing, " may have happened at any later time",
                     s.answers_unknown_source > 0
                         ? absl::StrCat(", and ", s.answers_unknown_source, " reads answered a value of theirs.")
                         : ", but no read answered a value of theirs."));
  }
  return words;
}

}  // namespace

Statistics Measure(const format::HistoryFile& file) {
  const History& history = file.history;
  Statistics s;
  s.operations = history.size();
  s.keys = history.key_count();
  absl::flat_hash_set<uint32_t> processes;
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    ++s.by_kind[static_cast<size_t>(op.kind)];
    s.ok += op.outcome == Outcome::kOk;
    s.failed += op.outcome == Outcome::kFail;
    s.unknown += op.outcome == Outcome::kUnknown;
    s.unknown_changing += op.outcome == Outcome::kUnknown && !OnlyReads(op.kind);
    s.observing += Observes(op, file.semantics);
    s.with_log_index += history.log_index(id) >= 0;
    processes.insert(op.process);
  }
  s.processes = processes.size();
  const std::vector<uint64_t> events = Events(history);
  MeasureOverlap(history, events, &s);
  s.has_sources = file.semantics.model == ModelKind::kRegister || file.semantics.model == ModelKind::kKeyValue;
  if (s.has_sources) MeasureSources(file, events, &s);
  return s;
}

std::string InWords(const Statistics& s, const format::HistoryFile& file) {
  std::string kinds;
  for (size_t kind = 0; kind < Statistics::kKinds; ++kind) {
    if (s.by_kind[kind] == 0) continue;
    const std::string name(linearizability::Name(static_cast<K>(kind)));
    absl::StrAppend(&kinds, kinds.empty() ? "" : ", ", s.by_kind[kind], " ", name);
  }
  std::string text = absl::StrCat("report on ", file.name, "\n");
  text += Line("operations", absl::StrCat(s.operations, kinds.empty() ? "" : ": ", kinds));
  text += Line("outcomes", absl::StrCat(s.ok, " ok, ", s.failed, " failed, ", s.unknown, " unknown (",
                                        Percent(s.unknown, s.operations), ")"));
  if (file.events_ignored > 0) {
    text += Line("left out", absl::StrCat(file.events_ignored, " events of the nemesis and other non-clients"));
  }
  text += Line("processes", absl::StrFormat("%d; at most %d operations open at once, %.1f others on average",
                                            s.processes, s.open_most, s.open_mean));
  text += Line("keys", absl::StrCat(s.keys));
  text += Line("overlap", absl::StrCat(Percent(s.overlapping, s.operations),
                                       " of the operations overlap another one of their key"));
  if (s.has_sources && s.writes > 0) {
    text += Line("values", absl::StrFormat("%d writes of %d different values of a key", s.writes, s.values_written));
  }
  if (s.has_sources && s.answers > 0) {
    text += Line("ambiguity", absl::StrCat(Percent(s.answers_many_sources, s.answers), " of the ", s.answers,
                                           " answers were written more than once; ",
                                           Percent(s.answers_one_source, s.answers), " exactly once"));
  }
  text += Line("answers", absl::StrCat(s.observing, " of ", s.operations, " operations constrain the order"));
  if (s.with_log_index > 0) {
    text += Line("log indices", absl::StrCat(s.with_log_index, " of ", s.operations, " operations carry one"));
  }
  return text + "  It can show:\n" + CanShow(s);
}

}  // namespace lockstep::linearizability::report
