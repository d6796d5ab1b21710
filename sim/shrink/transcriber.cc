#include "sim/shrink/transcriber.h"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace lockstep::sim {
namespace {

Directive Line(Verb verb, uint64_t number = 0, std::string word = "") {
  Directive directive;
  directive.verb = verb;
  directive.number = number;
  directive.word = std::move(word);
  return directive;
}

// Options that differ from what a file has without saying so.
void AddOptions(const Scenario& scenario, std::vector<Directive>& setup) {
  std::map<std::string, uint64_t> usual;
  const Scenario plain;
  VisitFields(plain, [&](const char* name, const auto& field) { usual[name] = static_cast<uint64_t>(field); });
  VisitFields(scenario, [&](const char* name, const auto& field) {
    const std::string full = name;
    const std::string prefix = "options.";
    if (!full.starts_with(prefix) || usual[full] == static_cast<uint64_t>(field)) return;
    setup.push_back(Line(Verb::kOption, static_cast<uint64_t>(field), full.substr(prefix.size())));
  });
}

}  // namespace

Transcriber::Transcriber(const Scenario& scenario) : scenario_(scenario) {
  script_.setup.push_back(Line(Verb::kNodes, scenario.servers));
  if (scenario.founders != scenario.servers) script_.setup.push_back(Line(Verb::kFounders, scenario.founders));
  if (scenario.founding_learners != 0) script_.setup.push_back(Line(Verb::kLearners, scenario.founding_learners));
  AddOptions(scenario, script_.setup);
  if (scenario.snapshot_bytes_max >= 100) {
    script_.setup.push_back(Line(Verb::kSnapshotBytes, scenario.snapshot_bytes_max));
  }
  script_.setup.push_back(Line(Verb::kLenient));
  script_.directives.push_back(Line(Verb::kDisk, 0, "manual"));
}

Script Transcriber::TakeScript() {
  // Names that nobody uses say nothing.
  std::vector<std::string> used;
  for (const Directive& directive : script_.directives) {
    if (directive.verb == Verb::kCancel) used.push_back(directive.word);
  }
  for (Directive& directive : script_.directives) {
    if (std::find(used.begin(), used.end(), directive.Text("as")) == used.end()) directive.settings.erase("as");
  }
  return std::move(script_);
}

Directive& Transcriber::Add(Verb verb, NodeId node) {
  Directive& directive = script_.directives.emplace_back(Line(verb));
  directive.nodes = {node.number};
  return directive;
}

void Transcriber::FollowTime(int64_t time_micros) {
  if (scenario_.options.lease_micros == 0) return;
  time_ += 1000;  // Each line takes that by itself.
  if (time_micros > time_) {
    script_.directives.push_back(Line(Verb::kTime, static_cast<uint64_t>(time_micros - time_)));
    time_ = time_micros + 1000;
  }
}

std::string Transcriber::Label(RequestId id) {
  std::string& label = labels_[id];
  if (label.empty()) label = "r" + std::to_string(id);
  return label;
}

void Transcriber::OnStart(const StartEvent& event) {
  Server& server = servers_[event.node.number];
  if (server.started) {
    for (uint32_t i = server.id.incarnation; i < event.node.incarnation; ++i) Add(Verb::kWipe, event.node);
    Add(Verb::kRestart, event.node);
  }
  server.id = event.node;
  server.started = true;
  server.writes.clear();
  for (const Effect& effect : event.effects) {
    if (const auto* write = std::get_if<effect::SaveVote>(&effect)) server.writes.push_back(write->write_id);
    if (const auto* write = std::get_if<effect::AppendLog>(&effect)) server.writes.push_back(write->write_id);
    if (const auto* write = std::get_if<effect::TruncateLog>(&effect)) server.writes.push_back(write->write_id);
  }
}

void Transcriber::OnCrash(const CrashEvent& event) {
  Server& server = servers_[event.node.number];
  Directive& crash = Add(Verb::kCrash, event.node);
  if (const auto cut = cut_after_.find(event.node.number); cut != cut_after_.end()) {
    crash.settings["after-effect"] = std::to_string(cut->second);
    cut_after_.erase(cut);
  }
  server.crash = script_.directives.size();
  server.writes_at_crash = server.writes.size();
  server.writes.clear();
  torn_ = false;
}

void Transcriber::OnFault(const FaultEvent& event) {
  Server& server = servers_[event.node.number];
  switch (event.fault) {
    case Fault::kCrashAtCut:
      cut_after_[event.node.number] = static_cast<size_t>(event.value);
      return;
    case Fault::kLoseUnsynced:
      if (server.crash == script_.directives.size() && server.crash != 0) {
        const auto lost = std::min(server.writes_at_crash, static_cast<size_t>(event.value));
        script_.directives.back().settings["keep"] = std::to_string(server.writes_at_crash - lost);
      }
      return;
    case Fault::kTornWrite:
      if (server.crash == script_.directives.size() && server.crash != 0) {
        script_.directives.back().settings["torn"] = "1";
      } else {
        torn_ = true;
      }
      return;
    case Fault::kSnapshot:
      Add(Verb::kSnapshot, event.node).settings["index"] = std::to_string(event.value);
      return;
    default:
      return;  // Its consequences are written down.
  }
}

void Transcriber::AddReceive(const Message& message) {
  Directive& deliver = script_.directives.emplace_back(Line(Verb::kDeliver, 1, KindName(message.body)));
  deliver.nodes = {message.source.number, message.dest.number};
  deliver.like = std::make_shared<const Message>(message);
  // If it arrives once more, a copy must have stayed on its way.
  const auto [last, first_time] = delivered_.emplace(arriving_, script_.directives.size() - 1);
  if (first_time) return;
  script_.directives[last->second].settings["keep"] = "";
  last->second = script_.directives.size() - 1;
}

void Transcriber::OnMessage(const MessageEvent& event) {
  if (event.fate == MessageFate::kDelivered) arriving_ = event.id;
}

void Transcriber::AddWrite(Server& server, WriteId id, bool fails) {
  const auto at = std::find(server.writes.begin(), server.writes.end(), id);
  if (at == server.writes.end()) return;
  Directive& write = Add(Verb::kWrite, server.id);
  write.number = static_cast<uint64_t>(at - server.writes.begin()) + 1;
  if (fails) write.settings["fails"] = "";
  if (fails && torn_) write.settings["torn"] = "1";
  torn_ = false;
  server.writes.erase(at);
}

void Transcriber::AddChange(NodeId node, const input::ProposeConfiguration& request) {
  Directive& change = Add(Verb::kChange, node);
  for (const MemberChange& member : request.change.members) {
    change.words.push_back(member.kind == ChangeKind::kAddVoter     ? "add"
                           : member.kind == ChangeKind::kAddLearner ? "learner"
                                                                    : "remove");
    std::string id = std::to_string(member.node.number);
    if (member.node != servers_[member.node.number].id) id += "." + std::to_string(member.node.incarnation);
    change.words.push_back(id);
  }
  if (request.change.members.empty()) change.words.push_back("leave");
  if (request.change.transition == lockstep::Transition::kJointImplicit) change.words.push_back("joint");
  if (request.change.transition == lockstep::Transition::kJointExplicit) change.words.push_back("explicit");
  change.settings["as"] = Label(request.request_id);
}

void Transcriber::AddRequest(const StepEvent& event) {
  const Event& what = event.input.event;
  if (const auto* propose = std::get_if<input::Propose>(&what)) {
    Directive& directive = Add(Verb::kPropose, event.node);
    uint32_t bytes = 1;
    for (const input::Proposal& proposal : propose->proposals) {
      directive.assignments.emplace_back("x", ++values_);
      bytes = std::max(bytes, proposal.bytes);
    }
    // Limits of messages and of what is not committed count them.
    if (bytes != 1) directive.settings["bytes"] = std::to_string(bytes);
    if (propose->proposals.size() == 1) directive.settings["as"] = Label(propose->proposals[0].request_id);
  } else if (const auto* change = std::get_if<input::ProposeConfiguration>(&what)) {
    AddChange(event.node, *change);
  } else if (const auto* read = std::get_if<input::Read>(&what)) {
    Directive& directive = Add(Verb::kRead, event.node);
    directive.word = "x";
    directive.settings["as"] = Label(read->request_id);
    if (read->mode == input::ReadMode::kLease) directive.settings["lease"] = "";
  } else if (const auto* transfer = std::get_if<input::TransferLeadership>(&what)) {
    Directive& directive = Add(Verb::kTransfer, event.node);
    directive.nodes.push_back(transfer->target.number);
    directive.settings["as"] = Label(transfer->request_id);
  } else if (const auto* cancel = std::get_if<input::Cancel>(&what)) {
    if (labels_.contains(cancel->request_id)) Add(Verb::kCancel, event.node).word = Label(cancel->request_id);
  }
}

void Transcriber::OnStep(const StepEvent& event) {
  FollowTime(event.time_micros);
  Server& server = servers_[event.node.number];
  const auto failed = [&](Directive& directive, bool ok) {
    if (!ok) directive.settings["fails"] = "";
  };
  std::visit(
      [&](const auto& what) {
        using Type = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<Type, input::ElectionTimeout>) Add(Verb::kTimeout, event.node);
        if constexpr (std::is_same_v<Type, input::HeartbeatTimeout>) Add(Verb::kHeartbeat, event.node);
        if constexpr (std::is_same_v<Type, input::QuorumCheckTimeout>) Add(Verb::kCheckQuorum, event.node);
        if constexpr (std::is_same_v<Type, input::Receive>) AddReceive(what.message);
        if constexpr (std::is_same_v<Type, input::WriteDone>) AddWrite(server, what.write_id, false);
        if constexpr (std::is_same_v<Type, input::WriteFailed>) AddWrite(server, what.write_id, true);
        if constexpr (std::is_same_v<Type, input::Applied>) Add(Verb::kApply, event.node);
        if constexpr (std::is_same_v<Type, input::SnapshotTaken>) failed(Add(Verb::kSave, event.node), what.ok);
        if constexpr (std::is_same_v<Type, input::SnapshotChunkStored>) failed(Add(Verb::kStore, event.node), what.ok);
        if constexpr (std::is_same_v<Type, input::SnapshotInstalled>) failed(Add(Verb::kInstall, event.node), what.ok);
        if constexpr (std::is_same_v<Type, input::EntriesLoaded>) failed(Add(Verb::kLoad, event.node), what.ok);
        if constexpr (std::is_same_v<Type, input::PeerUnreachable>) {
          Add(Verb::kUnreachable, event.node).nodes.push_back(what.peer.number);
        }
      },
      event.input.event);
  AddRequest(event);
  bool looks_up = false;
  for (size_t i = 0; i < event.effects_done; ++i) {
    const Effect& effect = event.effects[i];
    if (const auto* write = std::get_if<effect::SaveVote>(&effect)) server.writes.push_back(write->write_id);
    if (const auto* write = std::get_if<effect::AppendLog>(&effect)) server.writes.push_back(write->write_id);
    if (const auto* write = std::get_if<effect::TruncateLog>(&effect)) server.writes.push_back(write->write_id);
    const auto* outcome = std::get_if<effect::Outcome>(&effect);
    looks_up = looks_up || (outcome != nullptr && outcome->lease_until_micros != 0);
  }
  if (looks_up && event.effects_done == event.effects.size()) Add(Verb::kLookUp, event.node);
}

}  // namespace lockstep::sim
