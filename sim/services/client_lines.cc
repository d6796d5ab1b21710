// Locks and elections: who stands in line, has its turn, and lets go.
#include <utility>

#include "absl/strings/str_cat.h"
#include "kvsm/api/lock.pb.h"
#include "sim/services/clients.h"

namespace lockstep::sim {

using v3electionpb::CampaignRequest;
using v3electionpb::CampaignResponse;
using v3electionpb::LeaderRequest;
using v3electionpb::LeaderResponse;

constexpr int64_t kSecondMicros = 1'000'000;

void ServiceClients::Lock(uint32_t number) {
  v3lockpb::LockRequest request;
  request.set_name(absl::StrCat("lock", world_.choices.Below(2)));
  request.set_lease(AnyLease(number));
  // Without a lease the server takes one that lasts: only now and then.
  if (request.lease() == 0 && world_.choices.Below(4) != 0) return Grant(number);
  Open(number, OperationKind::kWrite, absl::StrCat("lock ", request.name(), " under lease ", request.lease()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/v3lockpb.Lock/Lock", asked.request, 6 * Patience(), [=, this](const Told& told) {
    if (told.end != End::kOk) return Close(number, told, server);
    const auto response = ReadMessage<v3lockpb::LockResponse>(told.response);
    const Held held = judge_.Won(asked, request.name(), response.key(), response.header().revision(), number);
    judge_.Reached(ServiceGoal::kLocked);
    if (held.since > held.created) judge_.Reached(ServiceGoal::kLockedAfterWaiting);
    Saw(number, held.since);
    // Some hold it for longer than their lease lasts.
    const bool long_held = world_.choices.Below(6) == 0;
    Later(number, long_held ? 2 * kSecondMicros : 4 * ThinkTime(), [=, this] {
      if (judge_.ledger().EndOf(held.key, held.created, held.since) <= judge_.ledger().revision()) {
        judge_.Reached(ServiceGoal::kLockLost);
      }
      Unlock(number, held.key);
    });
  });
}

void ServiceClients::Unlock(uint32_t number, const std::string& key) {
  v3lockpb::UnlockRequest request;
  request.set_key(key);
  const uint32_t server = ChooseServer();
  Call(number, server, "/v3lockpb.Lock/Unlock", request.SerializeAsString(), Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) judge_.Reached(ServiceGoal::kUnlocked);
    Close(number, told, server);
  });
}

void ServiceClients::Campaign(uint32_t number) {
  CampaignRequest request;
  request.set_name(absl::StrCat("vote", world_.choices.Below(2)));
  request.set_lease(AnyLease(number));
  request.set_value(NewValue());
  if (request.lease() == 0) return Grant(number);
  Open(number, OperationKind::kWrite, absl::StrCat("campaign ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/v3electionpb.Election/Campaign", asked.request, 6 * Patience(), [=, this](const Told& told) {
    if (told.end != End::kOk) return Close(number, told, server);
    const auto response = ReadMessage<CampaignResponse>(told.response);
    const Held held = judge_.Won(asked, request.name(), response.leader().key(), response.header().revision(), number);
    judge_.Reached(ServiceGoal::kElected);
    Saw(number, held.since);
    Lead(number, request.name(), held, static_cast<int>(world_.choices.Below(3)));
  });
}

// Proclaims so many values, then resigns.
void ServiceClients::Lead(uint32_t number, const std::string& name, const Held& held, int turns) {
  v3electionpb::LeaderKey leader;
  leader.set_name(name);
  leader.set_key(held.key);
  leader.set_rev(held.created);
  leader.set_lease(held.lease);
  const uint32_t server = ChooseServer();
  if (turns == 0) {
    v3electionpb::ResignRequest request;
    *request.mutable_leader() = leader;
    return Call(number, server, "/v3electionpb.Election/Resign", request.SerializeAsString(), Patience(),
                [=, this](const Told& told) {
                  if (told.end == End::kOk) judge_.Reached(ServiceGoal::kResigned);
                  Close(number, told, server);
                });
  }
  v3electionpb::ProclaimRequest request;
  *request.mutable_leader() = leader;
  request.set_value(NewValue());
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/v3electionpb.Election/Proclaim", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<v3electionpb::ProclaimResponse>(told.response);
      judge_.Proclaimed(asked, held, request.value(), response.header().revision());
    }
    Later(number, ThinkTime(), [=, this] { Lead(number, name, held, turns - 1); });
  });
}

void ServiceClients::Leader(uint32_t number) {
  LeaderRequest request;
  request.set_name(absl::StrCat("vote", world_.choices.Below(2)));
  Open(number, OperationKind::kRead, absl::StrCat("leader of ", request.name()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/v3electionpb.Election/Leader", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<LeaderResponse>(told.response);
      judge_.FoundLeader(asked, request.name(), response.header(), response.kv());
    }
    Close(number, told, server);
  });
}

void ServiceClients::Observe(uint32_t number) {
  LeaderRequest request;
  request.set_name(absl::StrCat("vote", world_.choices.Below(2)));
  Open(number, OperationKind::kRead, absl::StrCat("observe ", request.name()));
  Client& client = clients_[number];
  if (client.observes != 0) connections_.Cancel(client.observes);
  const uint32_t server = ChooseServer();
  const auto from = std::make_shared<int64_t>(0);
  client.observes =
      connections_.Begin(number, server, "/v3electionpb.Election/Observe", false,
                         {[=, this](const std::string& message) {
                            judge_.ObservedLeader(request.name(), ReadMessage<LeaderResponse>(message).kv(), *from);
                          },
                          [](const runtime::RpcStatus&) {}});
  connections_.Write(client.observes, request.SerializeAsString());
  Close(number, Answer::kOk, server);
}

}  // namespace lockstep::sim
