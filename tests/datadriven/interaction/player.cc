#include "tests/datadriven/interaction/player.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "core/progress.h"

namespace lockstep::datadriven {
namespace {

bool IsNumber(const std::string& text) { return ParseNumber(text).ok(); }

NodeId Id(const std::string& text) { return {static_cast<uint32_t>(ParseNumber(text).value_or(0))}; }

NodeSet Ids(const Directive& directive, const char* argument) {
  NodeSet set;
  if (const Argument* found = directive.Find(argument)) {
    for (const std::string& value : found->values) set.insert(Id(value));
  }
  return set;
}

bool IsTrue(const Directive& directive, const char* argument) { return directive.Value(argument) == "true"; }

const char* RoleName(Role role) {
  switch (role) {
    case Role::kFollower:
      return "StateFollower";
    case Role::kPreCandidate:
      return "StatePreCandidate";
    case Role::kCandidate:
      return "StateCandidate";
    case Role::kLeader:
      return "StateLeader";
  }
  return "";
}

const char* ModeName(ProgressMode mode) {
  switch (mode) {
    case ProgressMode::kProbe:
      return "StateProbe";
    case ProgressMode::kReplicate:
      return "StateReplicate";
    case ProgressMode::kSnapshot:
      return "StateSnapshot";
  }
  return "";
}

std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string PrintConfiguration(const Configuration& configuration) {
  std::string text = ToString(configuration.voters);
  if (configuration.joint()) text += "&&" + ToString(configuration.outgoing_voters);
  if (!configuration.learners.empty()) text += " learners=" + ToString(configuration.learners);
  if (!configuration.learners_next.empty()) text += " learners_next=" + ToString(configuration.learners_next);
  if (configuration.auto_leave) text += " autoleave";
  return text;
}

std::vector<MemberChange> ReadChanges(const std::vector<std::string>& lines) {
  std::vector<MemberChange> changes;
  for (const std::string& line : lines) {
    for (const std::string& word : Words(line)) {
      const ChangeKind kind = word[0] == 'v'   ? ChangeKind::kAddVoter
                              : word[0] == 'l' ? ChangeKind::kAddLearner
                                               : ChangeKind::kRemove;
      changes.push_back({kind, Id(word.substr(1))});
    }
  }
  return changes;
}

std::string KindInFiles(const Message& message) {
  if (std::holds_alternative<AppendEntries>(message.body)) return "MsgApp";
  if (std::holds_alternative<InstallSnapshot>(message.body)) return "MsgSnap";
  if (std::holds_alternative<Heartbeat>(message.body)) return "MsgHeartbeat";
  return KindName(message.body);
}

}  // namespace

// ---- Directives ----------------------------------------------------------------------------------------

absl::Status Player::Run(const Directive& directive) {
  const std::string& name = directive.name;
  absl::Status status = absl::OkStatus();
  if (name == "log-level" || name == "raft-log" || name == "raft-state" || name == "status") {
    // Prints only.
  } else if (name == "forget-leader") {
    // Not offered: a follower keeps its leader until its election timeout.
  } else if (name == "add-nodes") {
    status = AddNodes(directive);
  } else if (name == "propose") {
    status = Propose(directive);
  } else if (name == "propose-conf-change") {
    status = ProposeConfChange(directive);
  } else if (name == "deliver-msgs") {
    status = DeliverMessages(directive);
  } else if (name == "compact") {
    status = Compact(directive);
  } else if (name == "send-snapshot") {
    status = SendSnapshot(directive);
  } else if (name == "stabilize") {
    status = Stabilize(directive);
  } else if (name == "transfer-leadership") {
    cluster_.Take(Id(directive.Value("from")).number,
                  input::TransferLeadership{next_request_++, Id(directive.Value("to"))});
  } else if (name == "report-unreachable") {
    cluster_.Take(NodeOf(directive), input::PeerUnreachable{{NodeOf(directive, 1)}});
  } else if (name == "set-randomized-election-timeout") {
    cluster_.server(NodeOf(directive)).election_ticks_max = std::stoi(directive.Value("timeout"));
  } else {
    status = ForEachNode(directive);
  }
  return status.ok() ? CheckSafe(directive) : status;
}

absl::Status Player::ForEachNode(const Directive& directive) {
  for (uint32_t node : NodesOf(directive)) {
    if (directive.name == "campaign") {
      cluster_.Take(node, input::ElectionTimeout{});
    } else if (directive.name == "tick-heartbeat") {
      cluster_.Tick(node);
    } else if (directive.name == "tick-election") {
      for (int i = 0; i < kElectionTicks; ++i) cluster_.Tick(node);
    } else if (directive.name == "process-ready") {
      cluster_.ProcessEffects(node);
    } else if (directive.name == "process-append-thread") {
      cluster_.ProcessAppendThread(node);
    } else if (directive.name == "process-apply-thread") {
      cluster_.ProcessApplyThread(node);
    } else {
      return absl::UnimplementedError(directive.Place() + ": no directive " + directive.name);
    }
  }
  return absl::OkStatus();
}

absl::Status Player::CheckSafe(const Directive& directive) const {
  if (cluster_.violation().empty()) return absl::OkStatus();
  return absl::InternalError(directive.Place() + ": " + cluster_.violation());
}

// The files begin logs with an entry of term 1 below a current term of 0. Ours has no such state: a log's terms never
// exceed the node's. So our terms are the files' plus one.
absl::Status Player::AddNodes(const Directive& directive) {
  Options options;
  options.pre_vote = IsTrue(directive, "prevote");
  options.check_quorum = IsTrue(directive, "checkquorum");
  options.snapshot_trailing_entries = std::numeric_limits<uint32_t>::max();
  if (directive.Find("inflight") != nullptr) {
    options.inflight_messages_max = Id(directive.Value("inflight")).number;
  }
  if (directive.Find("max-committed-size-per-ready") != nullptr) options.apply_entries_max = 1;
  DurableState disk;
  if (const Index index = Id(directive.Value("index")).number; index != 0) {
    const Configuration configuration{.voters = Ids(directive, "voters"), .learners = Ids(directive, "learners")};
    disk.term = 1;
    disk.snapshot = {{index, 1}, {index, configuration}, 8};
    disk.log = Log({index, 1}, {index, configuration});
  }
  for (uint32_t i = 0; i < NodeOf(directive); ++i) {
    cluster_.AddServer(options, disk, IsTrue(directive, "async-storage-writes"));
  }
  return absl::OkStatus();
}

absl::Status Player::Propose(const Directive& directive) {
  const uint32_t node = NodeOf(directive);
  const std::string text = directive.arguments.size() > 1 ? directive.arguments[1].name : "";
  last_proposal_ = next_request_++;
  cluster_.Take(node, input::Propose{{{last_proposal_, static_cast<uint32_t>(text.size())}}});
  const Log& log = cluster_.server(node).state.log;
  if (cluster_.FindOutcome(last_proposal_) == nullptr) {
    texts_[{log.last_term(), log.last_index()}] = "EntryNormal " + Quote(text);
  }
  return absl::OkStatus();
}

absl::Status Player::ProposeConfChange(const Directive& directive) {
  const uint32_t node = NodeOf(directive);
  ConfigurationChange change{ReadChanges(directive.input), Transition::kAuto};
  const std::string transition = directive.Value("transition", "auto");
  if (transition == "implicit") change.transition = Transition::kJointImplicit;
  if (transition == "explicit") change.transition = Transition::kJointExplicit;
  last_proposal_ = next_request_++;
  cluster_.Take(node, input::ProposeConfiguration{last_proposal_, change});
  const Log& log = cluster_.server(node).state.log;
  if (cluster_.FindOutcome(last_proposal_) == nullptr) {
    std::string text = "EntryConfChangeV2";
    for (const std::string& line : directive.input) text += " " + line;
    texts_[{log.last_term(), log.last_index()}] = text;
  }
  return absl::OkStatus();
}

absl::Status Player::DeliverMessages(const Directive& directive) {
  const std::string type = directive.Value("type");
  for (const Argument& argument : directive.arguments) {
    if (!IsNumber(argument.name)) continue;
    cluster_.Deliver([&, to = Id(argument.name).number](const Message& message) {
      return message.dest.number == to && (type.empty() || KindInFiles(message) == type);
    });
  }
  for (NodeId id : Ids(directive, "drop")) {
    cluster_.Drop([id](const Message& message) { return message.dest == id; });
  }
  return absl::OkStatus();
}

// The host of the files may cut its log anywhere below what is applied. Our core does that on its own, as its options
// say, so that here the state is made as if the log had been cut before.
absl::Status Player::Compact(const Directive& directive) {
  cluster::Server& node = cluster_.server(NodeOf(directive));
  const Index last = NodeOf(directive, 1);
  if (last > node.state.snapshot.last_included.index) {
    return absl::FailedPreconditionError(directive.Place() + ": no snapshot covers the log up to there");
  }
  node.state.log.CompactTo(last);
  node.disk.log.CompactTo(last);
  return absl::OkStatus();
}

absl::Status Player::SendSnapshot(const Directive& directive) {
  const State& state = cluster_.server(NodeOf(directive)).state;
  const Snapshot& snapshot = state.snapshot;
  InstallSnapshot chunk{snapshot.last_included, snapshot.configuration, 0, static_cast<uint32_t>(snapshot.bytes),
                        snapshot.bytes};
  cluster_.Enqueue({state.id, {NodeOf(directive, 1)}, state.current_term, std::move(chunk)});
  return absl::OkStatus();
}

absl::Status Player::Stabilize(const Directive& directive) {
  if (cluster_.Stabilize(NodesOf(directive))) return absl::OkStatus();
  return absl::InternalError(directive.Place() + ": the nodes do not come to rest");
}

std::vector<uint32_t> Player::NodesOf(const Directive& directive) const {
  std::vector<uint32_t> nodes;
  for (const Argument& argument : directive.arguments) {
    if (IsNumber(argument.name)) nodes.push_back(Id(argument.name).number);
  }
  if (!nodes.empty()) return nodes;
  for (uint32_t i = 1; i <= cluster_.size(); ++i) nodes.push_back(i);
  return nodes;
}

uint32_t Player::NodeOf(const Directive& directive, size_t argument) const {
  return argument < directive.arguments.size() ? Id(directive.arguments[argument].name).number : 0;
}

// ---- Facts ---------------------------------------------------------------------------------------------

std::string Player::PrintEntry(Term term, Index index, const Log& log) const {
  std::string text = "EntryNormal \"\"";
  if (const auto known = texts_.find({term, index}); known != texts_.end()) {
    text = known->second;
  } else if (index >= log.first_index() && log.At(index).kind == EntryKind::kConfiguration) {
    text = "EntryConfChangeV2";
  }
  return std::to_string(Printed(term)) + " " + text;
}

std::string Player::PrintLog(const Log& log) const {
  if (log.last_index() == log.base_index()) {
    return "log is empty: first index=" + std::to_string(log.first_index()) +
           ", last index=" + std::to_string(log.last_index()) + "\n";
  }
  std::string text;
  for (Index i = log.first_index(); i <= log.last_index(); ++i) {
    std::string entry = PrintEntry(log.At(i).term, i, log);
    text += entry.replace(entry.find(' '), 1, "/" + std::to_string(i) + " ") + "\n";
  }
  return text;
}

std::string Player::Observe(uint32_t number, const std::string& field) const {
  if (number == 0 || number > cluster_.size()) return "no such node";
  const cluster::Server& node = cluster_.server(number);
  const cluster::View& view = node.view;
  if (field == "role") return RoleName(view.role);
  if (field == "leader") return std::to_string(view.leader.number);
  if (field == "term") return std::to_string(Printed(view.term));
  if (field == "vote") return std::to_string(view.voted_for.number);
  if (field == "commit") return std::to_string(view.commit_index);
  if (field == "stored log") return PrintLog(node.disk.log);
  if (field == "proposal") {
    const effect::Outcome* outcome = cluster_.FindOutcome(last_proposal_);
    return outcome != nullptr && outcome->kind == effect::OutcomeKind::kRejected ? "refused" : "accepted";
  }
  const std::string first = field.substr(0, field.find(' '));
  const Index index = first == "entry" || first == "applied" ? std::stoull(field.substr(first.size() + 1)) : 0;
  if (first == "entry") {
    const std::optional<Term> term = node.state.log.TermAt(index);
    return term.has_value() ? PrintEntry(*term, index, node.state.log) : "none";
  }
  if (first == "applied") {
    const auto applied = node.applied.find(index);
    return applied == node.applied.end() ? "none" : PrintEntry(applied->second, index, node.state.log);
  }
  return ObserveNow(node, field);
}

std::string Player::ObserveNow(const cluster::Server& node, const std::string& field) const {
  const State& state = node.state;
  if (field == "role now") return RoleName(state.role);
  if (field == "leader now") return std::to_string(state.leader.number);
  if (field == "term now") return std::to_string(Printed(state.current_term));
  if (field == "voter now") return state.configuration().IsVoter(state.id) ? "yes" : "no";
  if (field == "configuration") return PrintConfiguration(state.configuration());
  if (field == "snapshot") {
    return "at " + std::to_string(node.disk.snapshot.last_included.index) + " " +
           PrintConfiguration(node.disk.snapshot.configuration.configuration);
  }
  return ObserveProgress(node, field);
}

std::string Player::ObserveProgress(const cluster::Server& node, const std::string& field) const {
  const State& state = node.state;
  const size_t of = field.find(" of ");
  if (of == std::string::npos) return "no field " + field;
  const NodeId id = Id(field.substr(of + 4));
  const std::string what = field.substr(0, of);
  if (id == state.id) {  // The files keep a leader's own progress with the others.
    if (what == "mode") return "StateReplicate";
    return std::to_string(state.storage.durable_index + (what == "match" ? 0 : 1));
  }
  const Peer* peer = FindPeer(state.leading.peers, id);
  if (peer == nullptr) return "none";
  if (what == "mode") return ModeName(peer->progress.mode);
  return std::to_string(what == "match" ? peer->progress.match_index : peer->progress.next_index);
}

// ---- The whole file ------------------------------------------------------------------------------------

std::vector<Directive> ParseInline(const Directive& place, const std::string& text) {
  std::string lines;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    lines += std::string(rest.substr(0, end)) + "\n----\n\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Parse(place.Place(), lines).value();
}

PlayResult Play(const std::vector<Directive>& directives, const std::vector<Adaptation>& adaptations, int last_line) {
  Player player;
  PlayResult result;
  for (const Directive& directive : directives) {
    std::vector<Directive> to_run;
    bool instead = false;
    for (const Adaptation& adaptation : adaptations) {
      if (adaptation.line != directive.line) continue;
      to_run = ParseInline(directive, adaptation.text);
      instead = adaptation.instead;
    }
    if (!instead) to_run.push_back(directive);
    for (const Directive& each : to_run) {
      if (absl::Status status = player.Run(each); !status.ok()) {
        result.error = std::string(status.message());
        return result;
      }
    }
    for (const auto& [key, theirs] : ReadFacts(directive)) {
      ++result.compared;
      const std::string ours = player.Observe(key.first, key.second);
      if (ours != theirs) result.mismatches.push_back({directive.line, key.first, key.second, theirs, ours});
    }
    if (directive.line == last_line) break;
  }
  return result;
}

}  // namespace lockstep::datadriven
