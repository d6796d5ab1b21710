#include "tests/ccf/scenario.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include "absl/status/status.h"

namespace lockstep::ccf {
namespace {

constexpr int kElectionMilliseconds = 100;
constexpr int kRoundsMax = 200;

std::string Trim(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    words.push_back(Trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return words;
}

// CCF numbers its nodes from 0.
uint32_t ServerOf(const std::string& node) { return static_cast<uint32_t>(std::stoul(node)) + 1; }

const char* RoleName(Role role) {
  return role == Role::kLeader ? "Leader" : role == Role::kFollower ? "Follower" : "Candidate";
}

}  // namespace

absl::StatusOr<std::vector<Line>> ReadScenario(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) return absl::NotFoundError(path + ": cannot be opened");
  std::vector<Line> lines;
  std::string text;
  for (int number = 1; std::getline(stream, text); ++number) {
    text = Trim(text.substr(0, text.find('#')));
    if (!text.empty()) lines.push_back({number, Split(text, ',')});
  }
  return lines;
}

PlayResult Play(const std::vector<Line>& lines, const Settings& settings, const std::vector<Adaptation>& adaptations) {
  Player player(settings);
  PlayResult result;
  for (const Line& line : lines) {
    for (const Adaptation& adaptation : adaptations) {
      if (adaptation.line != line.number) continue;
      for (const std::string& text : Split(adaptation.text, ';')) player.Run({line.number, Split(text, ',')}, result);
    }
    player.Run(line, result);
    ++result.lines;
    if (player.violation().empty()) continue;
    result.violation = "line " + std::to_string(line.number) + ": " + player.violation();
    break;
  }
  return result;
}

// ---- Directives ----------------------------------------------------------------------------------------

Player::Player(const Settings& settings) : settings_(settings) {
  if (settings.whole_logs) settings_.options.snapshot_trailing_entries = std::numeric_limits<uint32_t>::max();
}

void Player::Run(const Line& line, PlayResult& result) {
  const Words& words = line.words;
  if (words[0] == "state_all" || words[0].starts_with("summarise_")) return;  // Print only.
  if (words[0] == "start_node") {
    StartNode();
  } else if (words[0] == "periodic_one") {
    Advance(ServerOf(words[1]), std::stoi(words[2]));
  } else if (words[0] == "periodic_all") {
    for (uint32_t server = 1; server <= cluster_.size(); ++server) Advance(server, std::stoi(words[1]));
  } else if (!RunNetwork(words) && !RunDispatch(words) && !RunLeader(line, result) && !RunExpectation(line, result)) {
    result.mismatches.push_back({line.number, words[0], "no such directive"});
  }
}

bool Player::RunNetwork(const Words& words) {
  const std::string& name = words[0];
  if (name == "connect" || name == "reconnect" || name == "disconnect") {
    Connect(ServerOf(words[1]), ServerOf(words[2]), name != "disconnect");
  } else if (name == "disconnect_node" || name == "reconnect_node") {
    for (uint32_t other = 1; other <= cluster_.size(); ++other) {
      Connect(ServerOf(words[1]), other, name == "reconnect_node");
    }
  } else if (name == "drop_pending") {
    cluster_.Drop([from = ServerOf(words[1])](const Message& m) { return m.source.number == from; });
  } else if (name == "drop_pending_to") {
    cluster_.Drop([from = ServerOf(words[1]), to = ServerOf(words[2])](const Message& m) {
      return m.source.number == from && m.dest.number == to;
    });
  } else {
    return false;
  }
  return true;
}

bool Player::RunDispatch(const Words& words) {
  const std::string& name = words[0];
  if (name == "dispatch_all") {
    DispatchAll();
  } else if (name == "dispatch_all_once") {
    Dispatch([](const Message&) { return true; });
  } else if (name == "dispatch_one") {
    Dispatch([from = ServerOf(words[1])](const Message& m) { return m.source.number == from; });
  } else if (name == "dispatch_single") {
    Dispatch([from = ServerOf(words[1]),
              to = ServerOf(words[2])](const Message& m) { return m.source.number == from && m.dest.number == to; },
             /*limit=*/1);
  } else {
    return false;
  }
  return true;
}

bool Player::RunLeader(const Line& line, PlayResult& result) {
  const Words& words = line.words;
  const std::string& name = words[0];
  if (name == "emit_signature") {
    Append(line, /*signature=*/true, result);
  } else if (name == "replicate" || name == "cleanup_nodes") {
    Append(line, /*signature=*/false, result);
  } else if (name == "trust_node" || name == "trust_nodes") {
    Reconfigure(line, {words.begin() + 2, words.end()}, {}, result);
  } else if (name == "swap_nodes") {
    Words in, out;
    Words* list = &out;
    for (size_t i = 2; i < words.size(); ++i) {
      if (words[i] == "in") {
        list = &in;
      } else if (words[i] != "out") {
        list->push_back(words[i]);
      }
    }
    Reconfigure(line, in, out, result);
  } else {
    return false;
  }
  return true;
}

void Player::StartNode() {
  AddServer(Founding({.voters = {{1}}}));
  cluster_.Take(1, input::ElectionTimeout{});
  Settle(1);
}

void Player::AddServer(const DurableState& disk) {
  cluster_.AddServer(settings_.options, disk, /*asynchronous=*/false);
  const uint32_t added = static_cast<uint32_t>(cluster_.size());
  for (uint32_t other = 1; other < added; ++other) Connect(added, other, true);
}

void Player::Advance(uint32_t number, int milliseconds) {
  cluster::Server& server = cluster_.server(number);
  if (server.state.role == Role::kLeader) {
    server.quorum_check_ticks += milliseconds;
    if (server.quorum_check_ticks >= kElectionMilliseconds) CheckQuorum(number);
    cluster_.Take(number, input::HeartbeatTimeout{});
  } else {
    server.election_ticks += milliseconds;
    if (server.election_ticks >= kElectionMilliseconds) cluster_.Take(number, input::ElectionTimeout{});
  }
  Settle(number);
}

void Player::CheckQuorum(uint32_t number) {
  bool& check_quorum = cluster_.server(number).state.options.check_quorum;
  const bool always = check_quorum;
  check_quorum = always || settings_.leaders_check_quorum;
  cluster_.Take(number, input::QuorumCheckTimeout{});
  check_quorum = always;
}

void Player::Append(const Line& line, bool signature, PlayResult& result) {
  const uint32_t leader = LeaderOf(line.words[1]);
  const RequestId id = next_request_++;
  if (leader != 0) cluster_.Take(leader, input::Propose{{{id, 1}}});
  const effect::Outcome* outcome = cluster_.FindOutcome(id);
  if (leader == 0 || outcome != nullptr) {
    result.mismatches.push_back({line.number, "appended", leader == 0 ? "no leader" : ToString(outcome->reason)});
    return;
  }
  const Log& log = cluster_.server(leader).state.log;
  marks_[{log.last_index(), log.last_term()}] = signature;
  Settle(leader);
}

void Player::Reconfigure(const Line& line, const std::vector<std::string>& in, const std::vector<std::string>& out,
                         PlayResult& result) {
  ConfigurationChange change;
  for (const std::string& node : in) {
    change.members.push_back({ChangeKind::kAddVoter, {ServerOf(node)}});
    while (cluster_.size() < ServerOf(node)) AddServer({});
  }
  for (const std::string& node : out) change.members.push_back({ChangeKind::kRemove, {ServerOf(node)}});
  const uint32_t leader = LeaderOf(line.words[1]);
  const RequestId id = next_request_++;
  if (leader != 0) cluster_.Take(leader, input::ProposeConfiguration{id, change});
  const effect::Outcome* outcome = cluster_.FindOutcome(id);
  if (leader == 0 || outcome != nullptr) {
    result.mismatches.push_back({line.number, "appended", leader == 0 ? "no leader" : ToString(outcome->reason)});
    return;
  }
  const Log& log = cluster_.server(leader).state.log;
  marks_[{log.last_index(), log.last_term()}] = false;
  Settle(leader);
}

// ---- Network -------------------------------------------------------------------------------------------

void Player::Connect(uint32_t a, uint32_t b, bool connected) {
  for (const auto& pair : {std::pair(a, b), std::pair(b, a)}) {
    if (connected) {
      connected_.insert(pair);
    } else {
      connected_.erase(pair);
    }
  }
}

size_t Player::Dispatch(const Chosen& chosen, size_t limit) {
  const size_t now = std::min(limit, cluster_.CountQueued(chosen));
  for (size_t i = 0; i < now; ++i) {
    uint32_t dest = 0;
    cluster_.Deliver(
        [&](const Message& message) {
          if (!chosen(message)) return false;
          dest = message.dest.number;
          return true;
        },
        /*limit=*/1,
        [this](const Message& message) {
          return connected_.contains({message.source.number, message.dest.number});
        });
    if (dest != 0 && dest <= cluster_.size()) Settle(dest);
  }
  return now;
}

void Player::DispatchAll() {
  for (int round = 0; round < kRoundsMax; ++round) {
    if (Dispatch([](const Message&) { return true; }) == 0) return;
  }
}

void Player::Settle(uint32_t server) {
  while (!cluster_.server(server).pending.empty()) cluster_.ProcessEffects(server);
}

// ---- Expectations --------------------------------------------------------------------------------------

bool Player::RunExpectation(const Line& line, PlayResult& result) {
  const Words& words = line.words;
  std::string theirs, ours;
  if (words[0] == "assert_commit_idx") {
    theirs = "commit index " + words[2];
    ours = "commit index " + std::to_string(CommitIndexOf(ServerOf(words[1])));
  } else if (words[0] == "assert_detail" && words[2] == "leadership_state" && words[3] != "None") {
    theirs = words[3];
    ours = RoleName(cluster_.server(ServerOf(words[1])).state.role);
  } else if (words[0] == "assert_detail" || words[0] == "assert_!detail") {
    ++result.untranslated;
    return true;
  } else if (words[0] == "assert_state_sync") {
    theirs = "all the same";
    ours = CommonState();
  } else if (words[0] == "assert_commit_safety") {
    theirs = "on a majority";
    ours = CommitSafety(ServerOf(words[1]));
  } else {
    return false;
  }
  ++result.compared;
  if (ours != theirs) result.mismatches.push_back({line.number, theirs, ours});
  return true;
}

uint32_t Player::LeaderOf(const std::string& ccf_term) const {
  uint32_t latest = 0;
  for (uint32_t number = 1; number <= cluster_.size(); ++number) {
    const State& state = cluster_.server(number).state;
    if (state.role != Role::kLeader) continue;
    if (state.current_term + 1 == std::stoull(ccf_term)) return number;
    if (latest == 0 || state.current_term > cluster_.server(latest).state.current_term) latest = number;
  }
  return latest;
}

Index Player::CommitIndexOf(uint32_t number) const {
  const State& state = cluster_.server(number).state;
  Index index = 1;  // CCF's first entry is the founding configuration.
  Index committed = 0;
  for (Index i = state.log.first_index(); i <= state.commit_index; ++i) {
    const auto mark = marks_.find({i, state.log.At(i).term});
    if (mark == marks_.end()) continue;
    ++index;
    if (mark->second) committed = index;
  }
  return committed;
}

std::string Player::CommonState() const {
  const State& first = cluster_.server(1).state;
  for (uint32_t number = 2; number <= cluster_.size(); ++number) {
    const State& other = cluster_.server(number).state;
    const std::string node = " of node " + std::to_string(number - 1);
    if (other.current_term != first.current_term) return "term" + node;
    if (other.last_log() != first.last_log()) return "log" + node;
    if (other.commit_index != first.commit_index) return "commit index" + node;
  }
  return "all the same";
}

std::string Player::CommitSafety(uint32_t number) const {
  const State& state = cluster_.server(number).state;
  const LogPosition committed{state.commit_index, state.log.TermAt(state.commit_index).value_or(0)};
  size_t holders = 0;
  for (uint32_t other = 1; other <= cluster_.size(); ++other) {
    holders += cluster_.server(other).state.log.Matches(committed) ? 1 : 0;
  }
  return 2 * holders > cluster_.size() ? "on a majority" : "on " + std::to_string(holders);
}

}  // namespace lockstep::ccf
