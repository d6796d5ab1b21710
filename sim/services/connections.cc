#include "sim/services/connections.h"

#include <algorithm>
#include <utility>

namespace lockstep::sim {

using runtime::RpcCode;

// ---- Under way.

int64_t Connections::Delay() {
  int64_t delay = world_.NetworkDelay();
  if (!world_.Strikes(Fault::kDelay)) return delay;
  int64_t longest = 4 * world_.scenario.network_delay_max_micros;
  const int64_t limit = 4 * world_.scenario.election_timeout_micros;
  while (longest < limit && world_.choices.Below(2) != 0) longest *= 2;
  delay += world_.choices.Between(0, longest);
  world_.Inject(Fault::kDelay, FaultPhase::kOnce, kNoNode, kNoNode, delay);
  return delay;
}

int64_t Connections::NoticeDelay(const Connection& connection) {
  const int64_t election = world_.scenario.election_timeout_micros;
  if (!world_.Strikes(Fault::kHalfOpen)) return world_.choices.Between(0, election);
  const int64_t delay = world_.choices.Between(election, 12 * election);
  world_.Inject(Fault::kHalfOpen, FaultPhase::kOnce, {connection.server, 0}, kNoNode, delay);
  return delay;
}

void Connections::Schedule(const Connection& connection, size_t way, Packet packet, int64_t delay) {
  const uint64_t number = ++last_packet_;
  packet.connection = connection.id;
  under_way_.emplace(number, std::move(packet));
  QueuedEvent event;
  event.kind = way == kToServer ? EventKind::kCall : EventKind::kReply;
  event.node = way == kToServer ? static_cast<uint8_t>(connection.server) : 0;
  event.argument = number;
  world_.After(delay, event);
}

void Connections::Post(Connection& connection, size_t way, Packet packet) {
  if (connection.broken) return;
  // A connection carries many packets, and takes all of them with it.
  if (world_.faults_on && world_.choices.Chance(world_.scenario.fault_ppm[Fault::kLoss] / 8)) {
    world_.Inject(Fault::kLoss, FaultPhase::kOnce, {connection.server, 0});
    return Break(connection);
  }
  packet.sequence = connection.said[way]++;
  Schedule(connection, way, std::move(packet), Delay());
}

void Connections::Break(Connection& connection) {
  connection.broken = true;
  Packet reset;
  reset.kind = Packet::Kind::kReset;
  Schedule(connection, kToServer, reset, NoticeDelay(connection));
  Schedule(connection, kToClient, reset, NoticeDelay(connection));
}

void Connections::TellClient(const Connection& connection, int64_t delay) {
  Packet reset;
  reset.kind = Packet::Kind::kReset;
  Schedule(connection, kToClient, reset, delay);
}

// ---- Clients.

uint64_t Connections::Begin(uint32_t client, uint32_t server, std::string method, bool wants_leader, Hooks hooks) {
  uint64_t& id = current_[{client, server}];
  if (id == 0) {
    id = ++last_connection_;
    Connection& made = connections_[id];
    made.id = id;
    made.client = client;
    made.server = server;
  }
  Connection& connection = connections_.at(id);
  const uint64_t call = ++last_call_;
  connection.calls.insert(call);
  calls_[call] = {id, std::move(hooks), true, {}};
  Packet packet;
  packet.kind = Packet::Kind::kBegin;
  packet.call = call;
  packet.text = std::move(method);
  packet.wants_leader = wants_leader;
  Post(connection, kToServer, std::move(packet));
  return call;
}

void Connections::Write(uint64_t call, std::string message) {
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;
  Packet packet;
  packet.call = call;
  packet.text = std::move(message);
  Post(connections_.at(at->second.connection), kToServer, std::move(packet));
}

void Connections::Cancel(uint64_t call) {
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;
  Connection& connection = connections_.at(at->second.connection);
  connection.calls.erase(call);
  calls_.erase(at);
  Packet packet;
  packet.kind = Packet::Kind::kCancel;
  packet.call = call;
  Post(connection, kToServer, std::move(packet));
}

void Connections::SetTaking(uint64_t call, bool takes) {
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;
  at->second.takes = takes;
  if (!takes) return;
  for (Packet& packet : std::exchange(at->second.waiting, {})) HandleAtClient(std::move(packet));
}

void Connections::Close(uint32_t client, uint32_t server) {
  const auto at = current_.find({client, server});
  if (at == current_.end() || at->second == 0) return;
  const uint64_t id = at->second;
  Connection& connection = connections_.at(id);
  if (!connection.broken) {
    connection.broken = true;
    Packet reset;
    reset.kind = Packet::Kind::kReset;
    Schedule(connection, kToServer, reset, NoticeDelay(connection));
  }
  Forget(id, "the client closed the connection");
}

// The client's end is no more.
void Connections::Forget(uint64_t id, const char* why) {
  Connection& connection = connections_.at(id);
  current_.erase({connection.client, connection.server});
  connection.broken = true;
  const std::set<uint64_t> calls = std::exchange(connection.calls, {});
  for (const uint64_t call : calls) {
    const auto at = calls_.find(call);
    if (at == calls_.end()) continue;
    const Hooks hooks = std::move(at->second.hooks);
    calls_.erase(at);
    hooks.end({RpcCode::kUnavailable, why});
  }
}

void Connections::TakeAtClient(uint64_t number) {
  auto node = under_way_.extract(number);
  if (node.empty()) return;
  Packet packet = std::move(node.mapped());
  const auto at = connections_.find(packet.connection);
  if (at == connections_.end()) return;
  const auto current = current_.find({at->second.client, at->second.server});
  if (current == current_.end() || current->second != packet.connection) return;
  if (packet.kind == Packet::Kind::kReset) {
    ++world_.counters.service[static_cast<size_t>(ServiceGoal::kConnectionLost)];
    return Forget(packet.connection, "the connection broke");
  }
  const uint64_t id = packet.connection;
  at->second.early[kToClient].emplace(packet.sequence, std::move(packet));
  while (true) {
    // Hooks may have closed it.
    const auto still = current_.find({at->second.client, at->second.server});
    if (still == current_.end() || still->second != id) return;
    Connection& connection = at->second;
    auto next = connection.early[kToClient].extract(connection.heard[kToClient]);
    if (next.empty()) return;
    ++connection.heard[kToClient];
    HandleAtClient(std::move(next.mapped()));
  }
}

void Connections::HandleAtClient(Packet packet) {
  const auto at = calls_.find(packet.call);
  if (at == calls_.end()) return;
  if (!at->second.takes) {
    at->second.waiting.push_back(std::move(packet));
    return;
  }
  Connection& connection = connections_.at(at->second.connection);
  if (packet.kind == Packet::Kind::kEnd) {
    const Hooks hooks = std::move(at->second.hooks);
    connection.calls.erase(packet.call);
    calls_.erase(at);
    return hooks.end({packet.code, packet.text});
  }
  Packet taken;
  taken.kind = Packet::Kind::kTaken;
  taken.call = packet.call;
  Post(connection, kToServer, std::move(taken));
  const auto message = at->second.hooks.message;
  if (message) message(packet.text);
}

// ---- Servers.

std::vector<Packet> Connections::TakeAtServer(uint64_t number, uint32_t life) {
  std::vector<Packet> heard;
  auto node = under_way_.extract(number);
  if (node.empty()) return heard;
  Packet packet = std::move(node.mapped());
  Connection& connection = connections_.at(packet.connection);
  if (packet.kind == Packet::Kind::kReset) {
    if (connection.life == life) heard.push_back(std::move(packet));
    return heard;
  }
  if (connection.life == 0) connection.life = life;
  if (connection.life != life) {
    if (connection.broken) return heard;
    connection.broken = true;
    ++world_.counters.service[static_cast<size_t>(ServiceGoal::kConnectionFoundOld)];
    TellClient(connection, world_.NetworkDelay());
    return heard;
  }
  connection.early[kToServer].emplace(packet.sequence, std::move(packet));
  while (true) {
    auto next = connection.early[kToServer].extract(connection.heard[kToServer]);
    if (next.empty()) return heard;
    ++connection.heard[kToServer];
    heard.push_back(std::move(next.mapped()));
  }
}

void Connections::Refuse(uint64_t number) {
  const auto node = under_way_.extract(number);
  if (node.empty() || node.mapped().kind == Packet::Kind::kReset) return;
  Connection& connection = connections_.at(node.mapped().connection);
  if (connection.broken) return;
  connection.broken = true;
  // A machine that is up refuses; of one that is not, nothing is heard.
  TellClient(connection, NoticeDelay(connection));
}

void Connections::Say(uint64_t id, Packet packet) {
  const auto at = connections_.find(id);
  if (at != connections_.end()) Post(at->second, kToClient, std::move(packet));
}

void Connections::EndProcess(uint32_t server) {
  for (auto& [id, connection] : connections_) {
    if (connection.server != server || connection.broken || connection.life == 0) continue;
    // A machine that lost its power says nothing: its clients find out when they next say something, or give up.
    if (world_.Strikes(Fault::kHalfOpen)) {
      world_.Inject(Fault::kHalfOpen, FaultPhase::kOnce, {server, 0});
      continue;
    }
    connection.broken = true;
    TellClient(connection, world_.NetworkDelay());
  }
}

}  // namespace lockstep::sim
