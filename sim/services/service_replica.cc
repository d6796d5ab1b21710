#include "sim/services/service_replica.h"

#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

// So many messages may be under way to a client that does not take them; what is more waits at the server.
constexpr int kUnderWayMax = 2;

runtime::ServiceOptions OptionsOf(const Scenario& scenario, const Habits& habits, NodeId self) {
  runtime::ServiceOptions options;
  options.cluster_id = 0x10c57e9;
  options.self = self;
  options.lease_ttl_min_seconds = 1;
  options.election_timeout_micros = scenario.election_timeout_micros;
  options.request_timeout_micros = 4 * scenario.request_timeout_micros;
  options.progress_notify_micros = 10 * scenario.election_timeout_micros;
  options.watch_unsent_bytes_max = scenario.watch_unsent_bytes_max;
  options.watch_slice_bytes_max = scenario.watch_slice_bytes_max;
  options.quota_bytes = habits.quota_bytes;
  if (habits.request_bytes_max != 0) {
    options.request_bytes_max = habits.request_bytes_max;
    options.watch_overhead_bytes = habits.watch_overhead_bytes;
  }
  if (!habits.changes_members) return options;
  options.name = absl::StrCat("server", self.number);
  options.client_urls = {absl::StrCat("http://server", self.number, ":2379")};
  for (uint32_t n = 1; self.number <= scenario.founders && n <= scenario.founders; ++n) {
    options.founders.push_back({{n, 0}, absl::StrCat("server", n), {absl::StrCat("http://server", n, ":2380")}});
  }
  return options;
}

}  // namespace

ServiceReplica::ServiceReplica(World& world, const Habits& habits, Connections& connections, Judge& judge,
                               const ReplicaHost& host)
    : world_(world),
      connections_(connections),
      judge_(judge),
      host_(host),
      services_(host.clock, host.scheduler, machine_, OptionsOf(world.scenario, habits, host.node)) {
  services_.Register(methods_);
}

ServiceReplica::~ServiceReplica() = default;

uint64_t ServiceReplica::Executed(const runtime::Command& command, std::string_view reply) {
  judge_.OnApplied(host_.node, command, reply);
  return 0;
}

void ServiceReplica::Attach(runtime::Driver& driver, runtime::Peers& peers) {
  driver_ = &driver;
  peers_ = &peers;
  peers.SetNoteReceiver(0, [this](NodeId source, std::string_view bytes) { services_.ReceiveFromPeer(source, bytes); });
  services_.Attach(*this, *this, world_.choices.Bits());
}

// What uses something ends before it: the calls first.
void ServiceReplica::Detach() {
  peers_->SetNoteReceiver(0, nullptr);
  peers_ = nullptr;
  for (auto& [name, open] : std::exchange(calls_, {})) {
    open.call->SetNotify(nullptr);
    open.call->Cancel();
  }
  touched_.clear();
}

// ---- The node, as the services see it.

absl::StatusOr<RequestId> ServiceReplica::Propose(runtime::SharedBytes command, runtime::AnswerDone done) {
  return driver_->Propose(std::move(command), std::move(done));
}

absl::StatusOr<RequestId> ServiceReplica::Read(std::string query, runtime::ReadLevel level, runtime::AnswerDone done) {
  const auto id = std::make_shared<RequestId>(0);
  auto asked =
      driver_->Read(std::move(query), level, [this, id, done = std::move(done)](const runtime::Answer& answer) {
        if (answer.status.ok() && !host_.ended()) {
          world_.Check(
              world_.monitor.ReadServed(world_.step, host_.node, *id, answer.index, host_.clock.ReadMonotonic()));
        }
        done(answer);
      });
  if (asked.ok()) *id = *asked;
  return asked;
}

absl::StatusOr<RequestId> ServiceReplica::ChangeConfiguration(const ConfigurationChange& change,
                                                              runtime::AnswerDone done) {
  return driver_->ChangeConfiguration(change, std::move(done));
}

absl::StatusOr<RequestId> ServiceReplica::TransferLeadership(NodeId target, runtime::AnswerDone done) {
  return driver_->TransferLeadership(target, std::move(done));
}

void ServiceReplica::Send(NodeId peer, std::string bytes) {
  if (peers_ != nullptr && !host_.ended()) peers_->SendNote(0, peer, bytes);
}

// ---- Calls.

void ServiceReplica::Receive(uint64_t argument) {
  for (const Packet& packet : connections_.TakeAtServer(argument, host_.life)) Handle(packet);
}

void ServiceReplica::Handle(const Packet& packet) {
  const CallName name{packet.connection, packet.call};
  if (packet.kind == Packet::Kind::kReset) {
    std::vector<CallName> over;
    for (const auto& [other, open] : calls_) {
      if (other.first == packet.connection) over.push_back(other);
    }
    for (const CallName& call : over) {
      const Open open = calls_.extract(call).mapped();
      open.call->SetNotify(nullptr);
      open.call->Cancel();
    }
    return;
  }
  if (packet.kind == Packet::Kind::kBegin) {
    runtime::RpcMetadata metadata;
    metadata.has_leader = packet.wants_leader;
    Open& open = calls_[name];
    open.call = runtime::MemoryRpc::Begin(methods_, packet.text, std::move(metadata));
    open.call->window_bytes = 0;
    open.call->SetNotify([this, name] { touched_.push_back(name); });
    touched_.push_back(name);
    return;
  }
  const auto at = calls_.find(name);
  if (at == calls_.end()) return;
  const std::shared_ptr<runtime::MemoryRpc> call = at->second.call;
  if (packet.kind == Packet::Kind::kCancel) {
    calls_.erase(at);
    call->SetNotify(nullptr);
    call->Cancel();
  } else if (packet.kind == Packet::Kind::kTaken) {
    --at->second.under_way;
    touched_.push_back(name);
  } else {
    call->Write(packet.text);
  }
}

void ServiceReplica::Flush() {
  while (!touched_.empty()) {
    for (const CallName& name : std::exchange(touched_, {})) {
      const auto at = calls_.find(name);
      if (at != calls_.end()) Pump(name, at->second);
    }
  }
}

void ServiceReplica::Pump(CallName name, Open& open) {
  Packet packet;
  packet.call = name.second;
  while (open.under_way < kUnderWayMax) {
    const std::optional<std::string> message = open.call->Take();
    if (!message.has_value()) break;
    packet.text = *message;
    ++open.under_way;
    connections_.Say(name.first, packet);
  }
  const std::optional<runtime::RpcStatus> status = open.call->status();
  if (!status.has_value()) return;
  packet.kind = Packet::Kind::kEnd;
  packet.text = status->text;
  packet.code = status->code;
  connections_.Say(name.first, packet);
  calls_.erase(name);
}

}  // namespace lockstep::sim
