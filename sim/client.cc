#include "sim/client.h"

#include <algorithm>

namespace lockstep::sim {

Clients::Clients(World& world, Servers& servers)
    : world_(world), servers_(servers), clients_(world.scenario.clients), history_(world.scenario.clients) {
  for (Client& client : clients_) client.believed.resize(world.scenario.keys);
}

void Clients::Begin() {
  for (uint32_t i = 0; i < clients_.size(); ++i) {
    QueuedEvent event;
    event.kind = EventKind::kInvoke;
    event.detail = static_cast<uint16_t>(i);
    world_.After(world_.choices.Between(0, world_.scenario.think_time_max_micros), event);
  }
}

void Clients::Invoke(uint32_t number) {
  Client& client = clients_[number];
  if (client.open || stopped_) return;
  Draw(client, number);
  Open(number, ChooseServer(client));
}

void Clients::ReadNow(uint32_t server) {
  const auto idle = std::find_if(clients_.begin(), clients_.end(), [](const Client& c) { return !c.open; });
  if (idle == clients_.end() || stopped_) return;
  const auto number = static_cast<uint32_t>(idle - clients_.begin());
  Draw(*idle, number);
  idle->operation.kind = OperationKind::kRead;
  idle->payload = 0;
  Open(number, server);
}

void Clients::Draw(Client& client, uint32_t number) {
  const Scenario& scenario = world_.scenario;
  Choices& choices = world_.choices;
  Command& operation = client.operation;
  operation = Command();
  operation.client = number;
  operation.key = static_cast<uint32_t>(choices.Below(scenario.keys));
  operation.bytes = static_cast<uint32_t>(choices.Between(1, scenario.command_bytes_max));
  client.lease = false;
  // Once healed, a write must succeed: so it is writes that are tried.
  if (write_to_ == 0 && choices.Chance(scenario.read_ppm)) {
    operation.kind = OperationKind::kRead;
    client.lease = choices.Chance(scenario.lease_read_ppm);
    return;
  }
  const bool compare = choices.Chance(scenario.compare_and_set_ppm);
  operation.kind = compare ? OperationKind::kCompareAndSet : OperationKind::kWrite;
  operation.argument = next_value_++;
  if (compare) operation.expected = client.believed[operation.key];
}

void Clients::Open(uint32_t number, uint32_t server) {
  Client& client = clients_[number];
  client.open = true;
  ++open_;
  client.maybe = false;
  client.attempts = 0;
  client.invoked = world_.now;
  client.operation.sequence = ++client.sequence;
  client.payload = client.operation.kind == OperationKind::kRead ? 0 : world_.commands.Add(client.operation);
  ++world_.counters.operations_invoked;
  history_.Begin(number, client.operation);
  Note(number, Answer::kPending, 0, kNoNode);
  Try(number, server);
}

uint32_t Clients::ChooseServer(const Client& client) {
  Choices& choices = world_.choices;
  const auto may_ask = [this](uint32_t n) { return write_to_ == 0 || Has(write_to_, n); };
  const auto any = [&] {
    auto n = static_cast<uint32_t>(choices.Between(1, static_cast<int64_t>(servers_.size())));
    while (!may_ask(n)) n = n % static_cast<uint32_t>(servers_.size()) + 1;
    return n;
  };
  const bool read = client.operation.kind == OperationKind::kRead;
  if (read && choices.Chance(world_.scenario.read_at_any_node_ppm)) return any();
  // Whoever thinks it leads, be it deposed or not; else what it was told; else anyone.
  uint32_t leaders[kServersMax];
  size_t count = 0;
  for (uint32_t n = 1; n <= servers_.size(); ++n) {
    if (may_ask(n) && servers_[n - 1].up() && servers_[n - 1].state().role == Role::kLeader) leaders[count++] = n;
  }
  if (client.hint != 0 && choices.Below(4) == 0) return client.hint;
  if (count != 0 && choices.Below(16) != 0) return leaders[choices.Below(count)];
  return any();
}

void Clients::Try(uint32_t number, uint32_t server) {
  Client& client = clients_[number];
  ++client.attempts;
  client.refused = false;
  client.attempt = next_attempt_++;
  client.server = server;
  Request request;
  request.client = number;
  request.attempt = client.attempt;
  request.sequence = client.operation.sequence;
  request.payload = client.payload;
  request.key = client.operation.key;
  request.lease = client.lease;
  request.session = client.session;
  request.opens_session = OpensSession(client);
  QueuedEvent event;
  if (!world_.Strikes(Fault::kLoss)) {
    event.kind = EventKind::kRequest;
    event.node = static_cast<uint8_t>(server);
    event.argument = world_.requests.Put(request);
    world_.After(world_.NetworkDelay(), event);
  }
  event.kind = EventKind::kTimeout;
  event.node = 0;
  event.detail = static_cast<uint16_t>(number);
  event.argument = client.attempt;
  world_.After(world_.scenario.request_timeout_micros, event);
}

void Clients::TakeReply(uint32_t slot) {
  const Request reply = world_.requests.Take(slot);
  Client& client = clients_[reply.client];
  if (!client.open || reply.sequence != client.operation.sequence) return;
  if (reply.opens_session) {
    if (reply.attempt != client.attempt) return;
    if (reply.answer == Answer::kOk) {
      client.session = reply.result;
      --client.attempts;
      return Try(reply.client, client.server);
    }
  } else if (reply.session_lost) {
    // An earlier attempt may have taken effect, and nobody knows any more: not to be tried in another session.
    client.session = 0;
    return Complete(reply.client, Answer::kUnknown, 0, reply.node);
  }
  if (reply.answer == Answer::kOk) return Complete(reply.client, Answer::kOk, reply.result, reply.node);
  if (reply.attempt != client.attempt) return;
  if (reply.answer == Answer::kUnknown && !reply.opens_session) client.maybe = true;
  client.hint = reply.leader.number;
  client.refused = true;
  client.attempt = next_attempt_++;  // Its timeout no longer matters.
  if (client.attempts >= world_.scenario.attempts_max) return TryAgain(reply.client);
  QueuedEvent event;
  event.kind = EventKind::kTimeout;
  event.detail = static_cast<uint16_t>(reply.client);
  event.argument = client.attempt;
  world_.After(world_.choices.Between(0, world_.scenario.think_time_max_micros), event);
}

void Clients::TimeOut(uint32_t number, uint64_t attempt) {
  Client& client = clients_[number];
  if (!client.open || client.attempt != attempt) return;
  if (client.refused) return TryAgain(number);
  if (!OpensSession(client)) client.maybe = true;  // It may still be under way somewhere.
  Server& server = servers_[client.server - 1];
  if (server.running() && world_.Strikes(Fault::kCancel)) server.WithdrawAny();
  TryAgain(number);
}

void Clients::TryAgain(uint32_t number) {
  Client& client = clients_[number];
  if (client.attempts < world_.scenario.attempts_max) return Try(number, ChooseServer(client));
  const bool read = client.operation.kind == OperationKind::kRead;
  Complete(number, read || !client.maybe ? Answer::kFailed : Answer::kUnknown, 0, kNoNode);
}

void Clients::Complete(uint32_t number, Answer answer, uint64_t result, NodeId node) {
  Client& client = clients_[number];
  client.open = false;
  --open_;
  Counters& counters = world_.counters;
  const Command& operation = client.operation;
  switch (answer) {
    case Answer::kOk:
      ++counters.operations_ok;
      if (operation.kind == OperationKind::kRead) {
        client.believed[operation.key] = result;
      } else {
        if (result != 0) client.believed[operation.key] = operation.argument;
        if (write_to_ != 0 && client.invoked >= write_to_since_ && !first_write_at_.has_value()) {
          first_write_at_ = world_.now;
        }
        world_.monitor.OperationAcknowledged(world_.step, client.payload);
      }
      break;
    case Answer::kFailed:
      ++counters.operations_failed;
      break;
    default:
      ++counters.operations_unknown;
      break;
  }
  Note(number, answer, result, node);
  history_.End(number, answer, result);
  JudgeHistory();
  QueuedEvent event;
  event.kind = EventKind::kInvoke;
  event.detail = static_cast<uint16_t>(number);
  world_.After(world_.choices.Between(0, world_.scenario.think_time_max_micros), event);
}

void Clients::JudgeHistory() {
  if (history_.verdict() == History::Verdict::kLinearizable || !world_.checks.history) return;
  world_.monitor.Fail(spec::Property::kLinearizability, kNoNode, world_.step, history_.Evidence());
}

void Clients::Finish() {
  history_.Finish();
  JudgeHistory();
}

void Clients::Note(uint32_t number, Answer answer, uint64_t result, NodeId node) {
  const Command& o = clients_[number].operation;
  world_.digest.Add(uint64_t{0xc1} << 56 | uint64_t{number} << 40 | static_cast<uint64_t>(answer) << 32 | result);
  if (world_.observer == nullptr) return;
  world_.observer->OnClient(
      {world_.now, number, o.sequence, o.kind, o.key, o.argument, o.expected, answer, result, node});
}

}  // namespace lockstep::sim
