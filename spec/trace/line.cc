#include "spec/trace/line.h"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

#include "nlohmann/json.hpp"

namespace lockstep::spec {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 3> kEntryKinds = {"NoOp", "Command", "Configuration"};
constexpr std::array<const char*, 4> kRoles = {"Follower", "PreCandidate", "Candidate", "Leader"};
constexpr std::array<const char*, 3> kChangeKinds = {"AddVoter", "AddLearner", "Remove"};
constexpr std::array<const char*, 3> kTransitions = {"Auto", "JointImplicit", "JointExplicit"};

const char* RoleName(Role role) {
  switch (role) {
    case Role::kFollower:
      return kRoles[0];
    case Role::kPreCandidate:
      return kRoles[1];
    case Role::kCandidate:
      return kRoles[2];
    case Role::kLeader:
      return kRoles[3];
  }
  return "";
}

const char* EntryKindName(EntryKind kind) {
  if (kind == EntryKind::kNoOp) return kEntryKinds[0];
  return kind == EntryKind::kCommand ? kEntryKinds[1] : kEntryKinds[2];
}

EntryKind EntryKindOf(const std::string& name) {
  if (name == kEntryKinds[0]) return EntryKind::kNoOp;
  return name == kEntryKinds[1] ? EntryKind::kCommand : EntryKind::kConfiguration;
}

template <typename Enum, size_t kCount>
Enum FromName(const std::array<const char*, kCount>& names, const std::string& name) {
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

// ---- Writing ----

Json Ids(const model::NodeIds& ids) {
  Json list = Json::array();
  for (NodeId id : ids) list.push_back(ToString(id));
  return list;
}

Json ToJson(const model::Configuration& c) {
  return {{"voters", Ids(c.voters)},
          {"outgoing", Ids(c.outgoing)},
          {"learners", Ids(c.learners)},
          {"learnersNext", Ids(c.learners_next)},
          {"autoLeave", c.auto_leave}};
}

Json ToJson(const model::Entry& entry) {
  Json json = {{"term", entry.term}, {"kind", EntryKindName(entry.kind)}};
  if (entry.kind == EntryKind::kCommand) json["value"] = entry.value;
  if (entry.kind == EntryKind::kConfiguration) json["configuration"] = ToJson(*entry.configuration);
  return json;
}

Json ToJson(const std::vector<model::Entry>& entries) {
  Json list = Json::array();
  for (const model::Entry& entry : entries) list.push_back(ToJson(entry));
  return list;
}

Json ToJson(const model::Snapshot& snapshot) {
  return {{"index", snapshot.position.index},
          {"term", snapshot.position.term},
          {"configuration", ToJson(*snapshot.configuration)}};
}

void PutBody(const model::Message& m, Json& json) {
  switch (m.kind) {
    case model::MessageKind::kRequestVote:
      json["electionTerm"] = m.election_term;
      json["lastIndex"] = m.position.index;
      json["lastTerm"] = m.position.term;
      json["preVote"] = m.pre_vote;
      json["transfer"] = m.transfer;
      return;
    case model::MessageKind::kRequestVoteReply:
      json["electionTerm"] = m.election_term;
      json["preVote"] = m.pre_vote;
      json["granted"] = m.granted;
      return;
    case model::MessageKind::kAppendEntries:
      json["prevIndex"] = m.position.index;
      json["prevTerm"] = m.position.term;
      json["commitIndex"] = m.commit_index;
      json["entries"] = ToJson(m.entries);
      return;
    case model::MessageKind::kAppendEntriesReply:
      json["accepted"] = m.accepted;
      json["matchIndex"] = m.match_index;
      return;
    case model::MessageKind::kHeartbeat:
      json["commitIndex"] = m.commit_index;
      json["round"] = m.round;
      return;
    case model::MessageKind::kHeartbeatReply:
      json["round"] = m.round;
      return;
    case model::MessageKind::kInstallSnapshot:
      json["snapshot"] = ToJson(model::Snapshot{m.position, m.configuration});
      return;
    case model::MessageKind::kInstallSnapshotReply:
      json["lastIndex"] = m.position.index;
      json["installed"] = m.accepted;
      return;
    case model::MessageKind::kTimeoutNow:
      return;
    case model::MessageKind::kReadRequest:
      json["read"] = m.read.position;
      return;
    case model::MessageKind::kReadReply:
      json["read"] = m.read.position;
      json["accepted"] = m.accepted;
      json["readIndex"] = m.read_index;
      return;
  }
}

Json ToJson(const model::Message& m) {
  Json json = {
      {"type", model::KindName(m.kind)}, {"source", ToString(m.source)}, {"dest", ToString(m.dest)}, {"term", m.term}};
  PutBody(m, json);
  return json;
}

Json ToJson(const model::Change& change) {
  Json members = Json::array();
  for (const model::MemberChange& member : change.members) {
    members.push_back({{"kind", kChangeKinds[static_cast<size_t>(member.kind)]}, {"node", ToString(member.node)}});
  }
  return {{"members", members}, {"transition", kTransitions[static_cast<size_t>(change.transition)]}};
}

Json ToJson(const TraceDisk& disk) {
  return {{"term", disk.term},
          {"vote", ToString(disk.vote)},
          {"snapshot", ToJson(disk.snapshot)},
          {"base", ToJson(disk.log.base())},
          {"log", ToJson(disk.log.entries())}};
}

void PutParameters(const TraceLine& line, Json& json) {
  const std::string& action = line.action;
  if (action.starts_with("Receive")) json["message"] = ToJson(line.message);
  if (action == "WriteDone" || action == "WriteFailed") json["write"] = line.write;
  if (action == "WriteFailed") json["kept"] = line.kept;
  if (action == "QuorumCheckTimeout") json.update({{"giveUp", line.give_up}, {"stepDown", line.step_down}});
  if (action == "SnapshotInstalled") json["ok"] = line.ok;
  if (action == "Propose") json["values"] = line.values;
  if (action == "ProposeConfiguration") json["change"] = ToJson(line.change);
  if (action == "Read" || action == "Cancel") json["read"] = line.read;
  if (action == "TransferLeadership") json["target"] = ToString(line.target);
  if (action == "Applied" || action == "SnapshotTaken") json["index"] = line.index;
  if (action == "SnapshotTaken") json["last"] = line.last;
  if (action == "SnapshotChunkStored") json["result"] = line.result;
  if (action == "Restart") json.update({{"disk", ToJson(line.disk)}, {"withheld", line.withheld}});
}

// ---- Reading. What is missing or of another type throws, and Parse tells. ----

NodeId ParseId(const std::string& text) {
  NodeId id;
  if (text == "none") return id;
  const size_t dot = text.find('.');
  id.number = static_cast<uint32_t>(std::stoul(text.substr(0, dot)));
  if (dot != std::string::npos) id.incarnation = static_cast<uint32_t>(std::stoul(text.substr(dot + 1)));
  return id;
}

model::NodeIds ParseIds(const Json& json) {
  model::NodeIds ids;
  for (const Json& id : json) ids.push_back(ParseId(id));
  return ids;
}

model::ConfigurationPtr ParseConfiguration(const Json& json) {
  model::Configuration c;
  c.voters = ParseIds(json.at("voters"));
  c.outgoing = ParseIds(json.at("outgoing"));
  c.learners = ParseIds(json.at("learners"));
  c.learners_next = ParseIds(json.at("learnersNext"));
  c.auto_leave = json.at("autoLeave");
  return std::make_shared<const model::Configuration>(std::move(c));
}

model::Entry ParseEntry(const Json& json) {
  model::Entry entry;
  entry.term = json.at("term");
  entry.kind = EntryKindOf(json.at("kind"));
  if (entry.kind == EntryKind::kCommand) entry.value = json.at("value");
  if (entry.kind == EntryKind::kConfiguration) entry.configuration = ParseConfiguration(json.at("configuration"));
  return entry;
}

model::Snapshot ParseSnapshot(const Json& json) {
  return {{json.at("index"), json.at("term")}, ParseConfiguration(json.at("configuration"))};
}

model::MessageKind ParseKind(const std::string& name) {
  for (int kind = 0; kind <= static_cast<int>(model::MessageKind::kReadReply); ++kind) {
    if (name == model::KindName(static_cast<model::MessageKind>(kind))) return static_cast<model::MessageKind>(kind);
  }
  throw std::invalid_argument("no message type " + name);
}

void ParseBody(const Json& json, model::Message& m) {
  switch (m.kind) {
    case model::MessageKind::kRequestVote:
      m.election_term = json.at("electionTerm");
      m.position = {json.at("lastIndex"), json.at("lastTerm")};
      m.pre_vote = json.at("preVote");
      m.transfer = json.at("transfer");
      return;
    case model::MessageKind::kRequestVoteReply:
      m.election_term = json.at("electionTerm");
      m.pre_vote = json.at("preVote");
      m.granted = json.at("granted");
      return;
    case model::MessageKind::kAppendEntries:
      m.position = {json.at("prevIndex"), json.at("prevTerm")};
      m.commit_index = json.at("commitIndex");
      for (const Json& entry : json.at("entries")) m.entries.push_back(ParseEntry(entry));
      return;
    case model::MessageKind::kAppendEntriesReply:
      m.accepted = json.at("accepted");
      m.match_index = json.at("matchIndex");
      return;
    case model::MessageKind::kHeartbeat:
      m.commit_index = json.at("commitIndex");
      m.round = json.at("round");
      return;
    case model::MessageKind::kHeartbeatReply:
      m.round = json.at("round");
      return;
    case model::MessageKind::kInstallSnapshot: {
      model::Snapshot snapshot = ParseSnapshot(json.at("snapshot"));
      m.position = snapshot.position;
      m.configuration = std::move(snapshot.configuration);
      return;
    }
    case model::MessageKind::kInstallSnapshotReply:
      m.position.index = json.at("lastIndex");
      m.accepted = json.at("installed");
      return;
    case model::MessageKind::kTimeoutNow:
      return;
    case model::MessageKind::kReadRequest:
      m.read.position = json.at("read");
      return;
    case model::MessageKind::kReadReply:
      m.read.position = json.at("read");
      m.accepted = json.at("accepted");
      m.read_index = json.at("readIndex");
      return;
  }
}

model::Message ParseMessage(const Json& json) {
  model::Message m;
  m.kind = ParseKind(json.at("type"));
  m.source = ParseId(json.at("source"));
  m.dest = ParseId(json.at("dest"));
  m.term = json.at("term");
  ParseBody(json, m);
  return m;
}

model::Change ParseChange(const Json& json) {
  model::Change change;
  for (const Json& member : json.at("members")) {
    change.members.push_back(
        {FromName<model::ChangeKind>(kChangeKinds, member.at("kind")), ParseId(member.at("node"))});
  }
  change.transition = FromName<model::Transition>(kTransitions, json.at("transition"));
  return change;
}

TraceDisk ParseDisk(const Json& json) {
  TraceDisk disk;
  disk.term = json.at("term");
  disk.vote = ParseId(json.at("vote"));
  disk.snapshot = ParseSnapshot(json.at("snapshot"));
  disk.log = model::Log(ParseSnapshot(json.at("base")));
  for (const Json& entry : json.at("log")) disk.log.Append(ParseEntry(entry));
  return disk;
}

void ParseParameters(const Json& json, TraceLine& line) {
  const std::string& action = line.action;
  if (action.starts_with("Receive")) line.message = ParseMessage(json.at("message"));
  if (action == "WriteDone" || action == "WriteFailed") line.write = json.at("write");
  if (action == "WriteFailed") line.kept = json.at("kept");
  if (action == "QuorumCheckTimeout") line.give_up = json.at("giveUp");
  if (action == "QuorumCheckTimeout") line.step_down = json.at("stepDown");
  if (action == "SnapshotInstalled") line.ok = json.at("ok");
  if (action == "Propose") line.values = json.at("values").get<std::vector<uint32_t>>();
  if (action == "ProposeConfiguration") line.change = ParseChange(json.at("change"));
  if (action == "Read" || action == "Cancel") line.read = json.at("read");
  if (action == "TransferLeadership") line.target = ParseId(json.at("target"));
  if (action == "Applied" || action == "SnapshotTaken") line.index = json.at("index");
  if (action == "SnapshotTaken") line.last = json.at("last");
  if (action == "SnapshotChunkStored") line.result = json.at("result");
  if (action == "Restart") line.disk = ParseDisk(json.at("disk"));
  if (action == "Restart") line.withheld = json.at("withheld");
}

Json ParseJson(std::string_view text) { return Json::parse(text.begin(), text.end()); }

}  // namespace

std::string ToJson(const TraceHead& head) {
  return Json{{"servers", Ids(head.servers)},
              {"preVote", head.options.pre_vote},
              {"checkQuorum", head.options.check_quorum},
              {"leases", head.options.leases}}
      .dump();
}

std::string ToJson(const TraceLine& line) {
  Json json = {{"action", line.action}, {"node", ToString(line.node)}};
  PutParameters(line, json);
  json["writes"] = line.writes;
  json["sent"] = Json::array();
  for (const model::Sent& sent : line.sent)
    json["sent"].push_back({{"message", ToJson(sent.message)}, {"after", sent.after}});
  json["state"] = Json::object();
  for (const auto& [name, value] : line.state) json["state"][name] = Json::parse(value);
  return json.dump();
}

std::string Parse(std::string_view text, TraceHead& head) {
  try {
    const Json json = ParseJson(text);
    head.servers = ParseIds(json.at("servers"));
    head.options = {json.at("preVote"), json.at("checkQuorum"), json.at("leases")};
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string Parse(std::string_view text, TraceLine& line) {
  try {
    const Json json = ParseJson(text);
    line = {};
    line.action = json.at("action");
    line.node = ParseId(json.at("node"));
    ParseParameters(json, line);
    line.writes = json.at("writes").get<std::vector<WriteId>>();
    for (const Json& sent : json.at("sent")) {
      line.sent.push_back({ParseMessage(sent.at("message")), sent.at("after"), false});
    }
    for (const auto& [name, value] : json.at("state").items()) line.state[name] = value.dump();
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

Variables VariablesOf(const model::Node& n) {
  const auto position = [](model::Position p) { return Json{{"index", p.index}, {"term", p.term}}.dump(); };
  Variables v;
  v["halted"] = Json(n.halted).dump();
  if (n.halted) return v;  // What a halted node still holds matters to nobody.
  v["currentTerm"] = Json(n.current_term).dump();
  v["votedFor"] = Json(ToString(n.voted_for)).dump();
  v["base"] = position(n.log.base().position);
  v["lastIndex"] = Json(n.log.last_index()).dump();
  v["lastTerm"] = Json(n.log.last_term()).dump();
  v["configurationIndex"] = Json(n.log.configuration_index()).dump();
  v["snapshot"] = position(n.snapshot.position);
  v["durableTerm"] = Json(n.durable_term).dump();
  v["durableVote"] = Json(ToString(n.durable_vote)).dump();
  v["durableIndex"] = Json(n.durable_index).dump();
  v["issuedIndex"] = Json(n.issued_index).dump();
  v["failing"] = Json(n.failing).dump();
  v["role"] = Json(RoleName(n.role)).dump();
  v["leader"] = Json(ToString(n.leader)).dump();
  v["commitIndex"] = Json(n.commit_index).dump();
  v["appliedIndex"] = Json(n.applied_index).dump();
  v["voteWithheld"] = Json(n.vote_withheld).dump();
  v["granted"] = Ids(n.granted).dump();
  v["refused"] = Ids(n.refused).dump();
  v["verifiedIndex"] = Json(n.verified_index).dump();
  v["ackedIndex"] = Json(n.acked_index).dump();
  v["termStart"] = Json(n.term_start).dump();
  v["round"] = Json(n.round).dump();
  v["confirmedRound"] = Json(n.confirmed_round).dump();
  Json match_index = Json::object(), acked_round = Json::object();
  for (const model::Peer& peer : n.peers) {
    match_index[ToString(peer.id)] = peer.match_index;
    acked_round[ToString(peer.id)] = peer.acked_round;
  }
  v["matchIndex"] = match_index.dump();
  v["ackedRound"] = acked_round.dump();
  v["transferTarget"] = Json(ToString(n.transfer.has_value() ? n.transfer->target : kNoNode)).dump();
  v["transferSent"] = Json(n.transfer.has_value() && n.transfer->sent).dump();
  v["incomingIndex"] = Json(n.incoming.has_value() ? n.incoming->snapshot.position.index : 0).dump();
  v["installing"] = Json(n.Installing()).dump();
  Json reads = Json::array(), forwarded = Json::array();
  for (const model::PendingRead& read : n.reads) {
    reads.push_back({{"read", read.origin == n.id ? read.request : read.key.position},
                     {"origin", ToString(read.origin)},
                     {"round", read.round},
                     {"index", read.index}});
  }
  for (const model::ForwardedRead& read : n.forwarded) forwarded.push_back(read.key.position);
  v["reads"] = reads.dump();
  v["forwarded"] = forwarded.dump();
  return v;
}

}  // namespace lockstep::spec
