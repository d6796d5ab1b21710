// Leases: granted, kept alive over streams, left to end, revoked.
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/services/clients.h"

namespace lockstep::sim {

using kvsm::CommandKind;

int64_t ServiceClients::AnyLease(uint32_t number) {
  const auto& leases = clients_[number].leases;
  if (leases.empty()) return 0;
  auto at = leases.begin();
  for (uint64_t skip = world_.choices.Below(leases.size()); skip > 0; --skip) ++at;
  return at->first;
}

void ServiceClients::Grant(uint32_t number) {
  // One that nobody keeps alive any more makes room for another.
  if (clients_[number].leases.size() >= 2) clients_[number].leases.erase(clients_[number].leases.begin());
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(world_.choices.Between(0, 3));
  const bool own = world_.choices.Below(4) != 0;
  if (own) request.set_id(next_lease_++);
  Open(number, OperationKind::kWrite, absl::StrCat("grant ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/etcdserverpb.Lease/LeaseGrant", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<etcdserverpb::LeaseGrantResponse>(told.response);
      judge_.Granted(asked, response);
      Kept& kept = clients_[number].leases[response.id()];
      kept.id = response.id();
      kept.ttl_micros = response.ttl() * 1'000'000;
      kept.given_up = stopped_;
      KeepAlive(number, kept.id);
    }
    Close(number, told, server);
  });
}

// Three times in the time that it lasts, as etcd's clients do; over the next stream once this one does not answer.
void ServiceClients::KeepAlive(uint32_t number, int64_t lease) {
  const auto at = clients_[number].leases.find(lease);
  if (at == clients_[number].leases.end() || at->second.given_up) return;
  Kept& kept = at->second;
  // A client that goes away lets it end.
  if (world_.choices.Below(12) == 0) {
    kept.given_up = true;
    if (kept.call != 0) connections_.Cancel(std::exchange(kept.call, 0));
    return;
  }
  const bool silent = !kept.asked.empty() && kept.asked.front().at < world_.now - kept.ttl_micros / 4;
  if (kept.call != 0 && silent) connections_.Cancel(std::exchange(kept.call, 0));
  if (kept.call == 0) OpenKeeper(number, kept);
  // One at a time, so that it is known which of them an answer is for.
  if (kept.asked.empty()) {
    etcdserverpb::LeaseKeepAliveRequest request;
    request.set_id(lease);
    kept.asked.push_back(judge_.Ask(kept.server, request.SerializeAsString()));
    connections_.Write(kept.call, kept.asked.back().request);
  }
  Later(number, kept.ttl_micros / 3, [this, number, lease] { KeepAlive(number, lease); });
}

void ServiceClients::OpenKeeper(uint32_t number, Kept& kept) {
  kept.server = ChooseServer();
  kept.asked.clear();
  const int64_t lease = kept.id;
  const auto find = [this, number, lease]() -> Kept* {
    const auto at = clients_[number].leases.find(lease);
    return at == clients_[number].leases.end() ? nullptr : &at->second;
  };
  const auto told = [this, number, lease, find](const std::string& message) {
    Kept* const keeper = find();
    if (keeper == nullptr || keeper->asked.empty()) return;
    const Asked asked = keeper->asked.front();
    keeper->asked.pop_front();
    const auto response = ReadMessage<etcdserverpb::LeaseKeepAliveResponse>(message);
    judge_.KeptAlive(asked, response);
    if (response.ttl() != 0) return;
    connections_.Cancel(keeper->call);
    clients_[number].leases.erase(lease);
  };
  const auto ended = [find](const runtime::RpcStatus&) {
    if (Kept* const keeper = find()) keeper->call = 0;
  };
  kept.call = connections_.Begin(number, kept.server, "/etcdserverpb.Lease/LeaseKeepAlive", false, {told, ended});
}

void ServiceClients::Revoke(uint32_t number) {
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(AnyLease(number));
  if (request.id() == 0) return Grant(number);
  Open(number, OperationKind::kWrite, absl::StrCat("revoke ", request.id()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, Marked(request), true);
  Call(number, server, "/etcdserverpb.Lease/LeaseRevoke", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      judge_.Reached(ServiceGoal::kRevoked);
      judge_.Wrote(asked, CommandKind::kLeaseRevoke, ReadMessage<etcdserverpb::LeaseRevokeResponse>(told.response));
    } else {
      NotWritten(number, asked, CommandKind::kLeaseRevoke, told, false);
    }
    Close(number, told, server);
  });
}

void ServiceClients::TimeToLive(uint32_t number) {
  etcdserverpb::LeaseTimeToLiveRequest request;
  request.set_id(AnyLease(number));
  if (request.id() == 0) return Grant(number);
  request.set_keys(true);
  Open(number, OperationKind::kRead, absl::StrCat("time to live of ", request.id()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/etcdserverpb.Lease/LeaseTimeToLive", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      judge_.TimeToLive(asked, ReadMessage<etcdserverpb::LeaseTimeToLiveResponse>(told.response));
    }
    Close(number, told, server);
  });
}

void ServiceClients::List(uint32_t number) {
  Open(number, OperationKind::kRead, "list leases");
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, "");
  Call(number, server, "/etcdserverpb.Lease/LeaseLeases", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) judge_.Listed(asked, ReadMessage<etcdserverpb::LeaseLeasesResponse>(told.response));
    Close(number, told, server);
  });
}

}  // namespace lockstep::sim
