#include "runtime/service/lease_service.h"

#include <algorithm>
#include <string>

#include "kvsm/api/lease.pb.h"

namespace lockstep::runtime {

using kvsm::CommandKind;

class LeaseService::KeepAliveStream final : public RpcStream {
 public:
  KeepAliveStream(LeaseService& service, Call call)
      : service_(service), keeper_(std::make_shared<Keeper>(Keeper{std::move(call)})) {}
  void OnMessage(std::string_view message) override {
    etcdserverpb::LeaseKeepAliveRequest request;
    if (ParseRequest(message, request, *keeper_->call)) service_.KeepAlive(request.id(), keeper_);
  }
  // What was asked before is still answered.
  void OnHalfClosed() override {
    keeper_->half_closed = true;
    if (keeper_->open == 0) keeper_->call->Finish({});
  }
  void OnEnded() override {}

 private:
  LeaseService& service_;
  const std::shared_ptr<Keeper> keeper_;
};

void LeaseService::Register(RpcMethods& methods) {
  const auto add = [&](const char* name, void (LeaseService::*method)(std::string_view, Call)) {
    methods.Add(std::string("/etcdserverpb.Lease/") + name, RpcUnary([this, method](std::string_view bytes, Call call) {
                  (this->*method)(bytes, std::move(call));
                }));
  };
  add("LeaseGrant", &LeaseService::Grant);
  add("LeaseRevoke", &LeaseService::Revoke);
  add("LeaseTimeToLive", &LeaseService::TimeToLive);
  add("LeaseLeases", &LeaseService::List);
  methods.Add("/etcdserverpb.Lease/LeaseKeepAlive", RpcBegin([this](Call call) -> std::unique_ptr<RpcStream> {
                return std::make_unique<KeepAliveStream>(*this, std::move(call));
              }));
}

void LeaseService::Grant(std::string_view bytes, Call call) {
  etcdserverpb::LeaseGrantRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  request.set_ttl(std::max(request.ttl(), context_.options.lease_ttl_min_seconds));
  context_.submitter.Submit(CommandKind::kLeaseGrant, request.SerializeAsString(),
                            [this, call](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              call->Reply(context_.Headed(reply.revision, reply.body));
                            });
}

void LeaseService::Revoke(std::string_view bytes, Call call) {
  etcdserverpb::LeaseRevokeRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  context_.submitter.Submit(CommandKind::kLeaseRevoke, bytes,
                            [this, call](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              call->Reply(context_.Headed(reply.revision, std::string_view()));
                            });
}

void LeaseService::TimeToLive(std::string_view bytes, Call call) {
  etcdserverpb::LeaseTimeToLiveRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  context_.reads.Await([this, call, request](const RpcStatus& status) {
    if (!status.ok()) return call->Finish(status);
    const kvsm::Machine& keys = context_.keys();
    etcdserverpb::LeaseTimeToLiveResponse response;
    response.set_id(request.id());
    const kvsm::Lease* const lease = keys.FindLease(request.id());
    if (lease == nullptr) {
      response.set_ttl(-1);
    } else {
      // The leader knows the time better than its log.
      const int64_t now = std::max(keys.log_millis(), context_.submitter.LogMillis());
      response.set_ttl(std::max<int64_t>(0, (lease->deadline_millis - now) / 1000));
      response.set_grantedttl(lease->ttl_seconds);
      if (request.keys()) {
        for (const std::string& key : lease->keys) response.add_keys(key);
      }
    }
    call->Reply(context_.Headed(keys.revision(), response));
  });
}

void LeaseService::List(std::string_view bytes, Call call) {
  etcdserverpb::LeaseLeasesRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  context_.reads.Await([this, call](const RpcStatus& status) {
    if (!status.ok()) return call->Finish(status);
    const kvsm::Machine& keys = context_.keys();
    // The one that ends first comes first.
    std::vector<std::pair<int64_t, int64_t>> leases;
    for (const auto& [id, lease] : keys.leases().all()) leases.emplace_back(lease.deadline_millis, id);
    std::sort(leases.begin(), leases.end());
    etcdserverpb::LeaseLeasesResponse response;
    for (const auto& [deadline, id] : leases) response.add_leases()->set_id(id);
    call->Reply(context_.Headed(keys.revision(), response));
  });
}

void LeaseService::KeepAlive(int64_t lease, const std::shared_ptr<Keeper>& keeper) {
  ++keeper->open;
  keep_.emplace_back(lease, keeper);
  if (!flush_.is_set()) flush_.Set(0, [this] { Flush(); });
}

void LeaseService::Flush() {
  const auto asked = std::make_shared<const Kept>(std::exchange(keep_, {}));
  kvsm::proto::KeepAlive command;
  for (const auto& [lease, keeper] : *asked) command.add_lease_ids(lease);
  const auto told = [this, asked](const RpcStatus& status, const kvsm::Reply& reply) {
    kvsm::proto::KeepAliveReply ttls;
    const bool good = status.ok() && ttls.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size()));
    for (size_t i = 0; i < asked->size(); ++i) {
      const auto& [lease, keeper] = (*asked)[i];
      --keeper->open;
      if (!good || static_cast<int>(i) >= ttls.ttl_seconds_size()) {
        keeper->call->Finish(status.ok() ? RpcStatus{RpcCode::kInternal, "a reply that no machine gives"} : status);
        continue;
      }
      etcdserverpb::LeaseKeepAliveResponse response;
      response.set_id(lease);
      response.set_ttl(ttls.ttl_seconds(static_cast<int>(i)));
      keeper->call->Send(context_.Headed(reply.revision, response));
      if (keeper->half_closed && keeper->open == 0) keeper->call->Finish({});
    }
  };
  context_.submitter.Submit(CommandKind::kKeepAlive, command.SerializeAsString(), told);
}

}  // namespace lockstep::runtime
