#include "spec/trace/check.h"

#include <algorithm>
#include <vector>

namespace lockstep::spec {
namespace {

// Names of writes that the model gives out in a step, until the line's are known.
constexpr WriteId kUnnamed = WriteId{1} << 62;

std::string Text(uint64_t value) { return std::to_string(value); }

std::optional<Difference> CompareVariables(const model::Node& node, const Variables& found) {
  const Variables expected = VariablesOf(node);
  for (const auto& [name, value] : expected) {
    const auto is = found.find(name);
    if (is == found.end()) return Difference{name, value, "absent"};
    if (is->second != value) return Difference{name, value, is->second};
  }
  for (const auto& [name, value] : found) {
    if (expected.find(name) == expected.end()) return Difference{name, "absent", value};
  }
  return std::nullopt;
}

// A page of the leader's log.
bool IsPage(const model::Message& m, const model::Node& node) {
  const model::Log& log = node.log;
  if (m.position.index < log.base_index() || m.last_index() > log.last_index() || !log.Matches(m.position))
    return false;
  for (Index i = m.position.index + 1; i <= m.last_index(); ++i) {
    if (!(log.At(i) == m.entries[i - m.position.index - 1])) return false;
  }
  return m.commit_index == node.commit_index;
}

}  // namespace

std::optional<Mismatch> TraceChecker::Check(const TraceLine& line) {
  std::optional<Difference> difference;
  if (line.action == "Restart") {
    difference = Restart(line);
  } else if (line.action != "Crash") {
    const auto node = nodes_.find(line.node);
    if (node == nodes_.end()) {
      difference = Difference{"up", "not begun", "takes a step"};
    } else {
      difference = Step(line, node->second);
    }
  }
  if (!difference.has_value()) return std::nullopt;
  return Mismatch{line.node, line.action, difference->variable, difference->expected, difference->found};
}

// What is known to be durable has survived. [TLA SurvivingDisks]
std::optional<Difference> TraceChecker::Restart(const TraceLine& line) {
  const auto before = nodes_.find(line.node);
  if (before != nodes_.end()) {
    const model::Node& was = before->second;
    if (line.disk.term < was.durable_term) {
      return Difference{"disk.term", "at least " + Text(was.durable_term), Text(line.disk.term)};
    }
    for (Index i = std::max(was.log.base_index(), line.disk.log.base_index()) + 1; i <= was.durable_index; ++i) {
      if (i <= line.disk.log.last_index() && line.disk.log.At(i) == was.log.At(i)) continue;
      return Difference{"disk.log[" + Text(i) + "]", model::ToString(was.log.At(i)), "another entry, or none"};
    }
  }
  model::Node& node = nodes_[line.node];
  node = model::Start(line.node, line.disk.term, line.disk.vote, line.disk.log, line.disk.snapshot, line.withheld);
  return CompareVariables(node, line.state);
}

std::optional<Difference> TraceChecker::Step(const TraceLine& line, model::Node& node) {
  output_.clear();
  node.next_write = kUnnamed;
  model::Context context{node, head_.options, output_};
  if (!Act(line, context)) return Difference{"guard", "does not hold", "the action was taken"};
  // What a node is comes before what it asks for and says: the first is what a reader looks for.
  if (auto difference = CompareVariables(node, line.state)) return difference;
  if (auto difference = CompareWrites(line, node)) return difference;
  return CompareSent(line, node);
}

bool TraceChecker::Act(const TraceLine& line, model::Context& c) const {
  const std::string& action = line.action;
  if (action == "Stutter") return true;
  if (action.starts_with("Receive")) {
    return action == std::string("Receive") + model::KindName(line.message.kind) && model::Receive(c, line.message);
  }
  if (action == "ElectionTimeout") return model::ElectionTimeout(c);
  if (action == "HeartbeatTimeout") return model::HeartbeatTimeout(c);
  if (action == "QuorumCheckTimeout") return model::QuorumCheckTimeout(c, line.give_up, line.step_down);
  if (action == "WriteDone") return model::WriteDone(c, line.write);
  if (action == "WriteFailed") return model::WriteFailed(c, line.write);
  if (action == "Propose") return model::Propose(c, line.values.data(), line.values.size());
  if (action == "ProposeConfiguration") return model::ProposeConfiguration(c, line.change);
  if (action == "Read") return model::Read(c, line.read, {0, line.read});
  if (action == "ReadByLease") return model::ReadByLease(c, 0);
  if (action == "TransferLeadership") return model::TransferLeadership(c, 0, line.target);
  if (action == "Cancel") return model::Cancel(c, line.read);
  if (action == "Applied") return model::Applied(c, line.index);
  if (action == "SnapshotTaken") return model::SnapshotTaken(c, line.index, line.last);
  if (action == "SnapshotInstalled") return model::SnapshotInstalled(c, line.ok);
  if (action == "EntriesLoaded") return model::EntriesLoaded(c);
  if (action != "SnapshotChunkStored") return false;
  return model::SnapshotChunkStored(c, line.result == "more"     ? model::ChunkResult::kMore
                                       : line.result == "failed" ? model::ChunkResult::kFailed
                                                                 : model::ChunkResult::kComplete);
}

// As many writes as the line says; they get its names.
std::optional<Difference> TraceChecker::CompareWrites(const TraceLine& line, model::Node& node) const {
  if (output_.writes.size() != line.writes.size()) {
    return Difference{"writes", Text(output_.writes.size()) + " asked for", Text(line.writes.size())};
  }
  const auto rename = [&line](WriteId& id) {
    if (id >= kUnnamed) id = line.writes[id - kUnnamed];
  };
  rename(node.vote_write);
  for (model::LogWrite& write : node.log_writes) rename(write.id);
  return std::nullopt;
}

std::optional<Difference> TraceChecker::CompareSent(const TraceLine& line, const model::Node& node) const {
  std::vector<bool> taken(output_.sent.size(), false);
  const auto allowed = [&](const model::Sent& sent) {
    const model::Message& m = sent.message;
    if (m.kind == model::MessageKind::kAppendEntries) {
      return m.source == node.id && output_.may_append == m.term && IsPage(m, node);
    }
    if (m.kind == model::MessageKind::kInstallSnapshot) {
      return m.source == node.id && output_.may_append == m.term && m.position.index <= node.snapshot.position.index;
    }
    for (size_t i = 0; i < output_.sent.size(); ++i) {
      if (taken[i] || !(output_.sent[i].message == m)) continue;
      const WriteId after = output_.sent[i].after;
      if ((after >= kUnnamed ? line.writes[after - kUnnamed] : after) != sent.after) continue;
      taken[i] = true;
      return true;
    }
    // A read that is still open may be asked for again.
    return m.kind == model::MessageKind::kReadRequest && m.dest == node.leader && m.term == node.current_term &&
           std::any_of(node.forwarded.begin(), node.forwarded.end(), [&m](const auto& r) { return r.key == m.read; });
  };
  for (const model::Sent& sent : line.sent) {
    if (allowed(sent)) continue;
    return Difference{std::string("message ") + model::KindName(sent.message.kind), "not sent, or not so",
                      model::ToString(sent.message)};
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    if (taken[i] || output_.sent[i].optional) continue;
    return Difference{std::string("message ") + model::KindName(output_.sent[i].message.kind),
                      model::ToString(output_.sent[i].message), "not sent"};
  }
  return std::nullopt;
}

TraceVerdict CheckTrace(const std::function<bool(std::string& line)>& next) {
  TraceVerdict verdict;
  std::string text;
  TraceHead head;
  const std::string wrong = next(text) ? Parse(text, head) : "there is no line";
  if (!wrong.empty()) return {0, "line 1: " + wrong, true};
  TraceChecker checker(std::move(head));
  TraceLine line;
  while (next(text)) {
    const std::string place = "line " + Text(verdict.lines + 2) + ": ";
    const std::string error = Parse(text, line);
    if (!error.empty()) return {verdict.lines, place + error, true};
    if (const std::optional<Mismatch> mismatch = checker.Check(line)) {
      verdict.refusal = place + ToString(*mismatch);
      return verdict;
    }
    ++verdict.lines;
  }
  return verdict;
}

}  // namespace lockstep::spec
