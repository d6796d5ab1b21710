#include "runtime/service/lock_service.h"

#include <utility>
#include <vector>

#include "kvsm/api/lock.pb.h"

namespace lockstep::runtime {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::TxnRequest;
using kvsm::CommandKind;
using v3electionpb::LeaderKey;

const RpcStatus kNotElected = {RpcCode::kUnknown, "election: not leader"};
const RpcStatus kNobodyElected = {RpcCode::kUnknown, "election: no leader"};
const RpcStatus kNoLeaderGiven = {RpcCode::kUnknown, "\"leader\" field must be provided"};

// A transaction that does something only as long as this leadership lasts.
TxnRequest WhileLeading(const LeaderKey& leader) {
  TxnRequest txn;
  Compare& compare = *txn.add_compare();
  compare.set_key(leader.key());
  compare.set_target(Compare::CREATE);
  compare.set_create_revision(leader.rev());
  return txn;
}

bool Succeeded(const kvsm::Reply& reply) {
  etcdserverpb::TxnResponse response;
  return response.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size())) && response.succeeded();
}

}  // namespace

// Tells one stream who is elected, and what those say, in order.
class LockService::Observer final : public WatchSink, public std::enable_shared_from_this<Observer> {
 public:
  Observer(ServiceContext& context, WatchHub& hub, std::string name, Call call)
      : context_(context), hub_(hub), prefix_(Line::PrefixOf(name)), call_(std::move(call)) {}

  void Begin() {
    context_.reads.Await([self = shared_from_this()](const RpcStatus& status) {
      if (self->closed_) return;
      if (!status.ok()) return self->call_->Finish(status);
      self->Restart();
    });
  }
  void Close() {
    closed_ = true;
    context_.scheduler.RunAfter(0, [self = shared_from_this()] { self->EndWatch(); });
  }

  bool Accepts() const override { return call_->unsent_bytes() < context_.options.watch_unsent_bytes_max; }
  void OnEvents(Watch&, const std::vector<EncodedEvent>& events, kvsm::Revision revision) override {
    for (const EncodedEvent& bytes : events) {
      mvccpb::Event event;
      if (!event.ParseFromString(*bytes)) continue;
      const bool is_elected = !elected_.empty() && event.kv().key() == elected_;
      if (event.type() == mvccpb::Event::PUT) {
        if (is_elected || elected_.empty()) Tell(event.kv(), revision);
      } else if (is_elected) {
        Follow(event.kv().mod_revision(), revision);
      }
    }
  }
  void OnCompacted(Watch&, kvsm::Revision) override {
    context_.scheduler.RunAfter(0, [self = shared_from_this()] {
      if (!self->closed_) self->Restart();
    });
  }

 private:
  void Restart() {
    EndWatch();
    const kvsm::Revision now = context_.keys().revision();
    Follow(now, now);
    WatchWish wish;
    wish.key = prefix_;
    wish.range_end = Line::EndOf(prefix_);
    wish.first = now + 1;
    watch_ = hub_.Begin(std::move(wish), *this);
  }
  void EndWatch() {
    if (watch_ != nullptr) hub_.End(std::exchange(watch_, nullptr));
  }
  // Whoever is the first as of `at`.
  void Follow(kvsm::Revision at, kvsm::Revision revision) {
    elected_.clear();
    mvccpb::KeyValue first;
    if (Line::FindFirst(context_.keys(), prefix_, at, first)) Tell(first, revision);
  }
  void Tell(const mvccpb::KeyValue& pair, kvsm::Revision revision) {
    elected_ = pair.key();
    v3electionpb::LeaderResponse response;
    *response.mutable_kv() = pair;
    call_->Send(context_.Headed(revision, response));
  }

  ServiceContext& context_;
  WatchHub& hub_;
  const std::string prefix_;
  const Call call_;
  std::string elected_;
  Watch* watch_ = nullptr;
  bool closed_ = false;
};

class LockService::ObserveStream final : public RpcStream {
 public:
  ObserveStream(LockService& service, Call call) : service_(service), call_(std::move(call)) {}
  ~ObserveStream() override { OnEnded(); }
  void OnMessage(std::string_view message) override {
    v3electionpb::LeaderRequest request;
    if (observer_ != nullptr || !ParseRequest(message, request, *call_)) return;
    observer_ = std::make_shared<Observer>(service_.context_, service_.hub_, request.name(), call_);
    observer_->Begin();
  }
  void OnHalfClosed() override {}
  void OnProgress() override { service_.hub_.Resume(); }
  void OnEnded() override {
    if (observer_ != nullptr) std::exchange(observer_, nullptr)->Close();
  }

 private:
  LockService& service_;
  const Call call_;
  std::shared_ptr<Observer> observer_;
};

void LockService::Register(RpcMethods& methods) {
  const auto add = [&](const char* name, void (LockService::*method)(std::string_view, Call)) {
    methods.Add(
        name, RpcUnary([this, method](std::string_view bytes, Call call) { (this->*method)(bytes, std::move(call)); }));
  };
  add("/v3lockpb.Lock/Lock", &LockService::Lock);
  add("/v3lockpb.Lock/Unlock", &LockService::Unlock);
  add("/v3electionpb.Election/Campaign", &LockService::Campaign);
  add("/v3electionpb.Election/Proclaim", &LockService::Proclaim);
  add("/v3electionpb.Election/Leader", &LockService::Leader);
  add("/v3electionpb.Election/Resign", &LockService::Resign);
  methods.Add("/v3electionpb.Election/Observe", RpcBegin([this](Call call) -> std::unique_ptr<RpcStream> {
                return std::make_unique<ObserveStream>(*this, std::move(call));
              }));
}

void LockService::Lock(std::string_view bytes, Call call) {
  v3lockpb::LockRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  line_.Enter(request.name(), "", request.lease(), call,
              [this, call](const RpcStatus& status, const Place& place, kvsm::Revision revision) {
                if (!status.ok()) return call->Finish(status);
                v3lockpb::LockResponse response;
                response.set_key(place.key);
                call->Reply(context_.Headed(revision, response));
              });
}

void LockService::Unlock(std::string_view bytes, Call call) {
  v3lockpb::UnlockRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  if (request.key().empty()) return Refuse(*call, kvsm::Error::kEmptyKey);
  etcdserverpb::DeleteRangeRequest deletion;
  deletion.set_key(request.key());
  context_.submitter.Submit(CommandKind::kDeleteRange, deletion.SerializeAsString(),
                            [this, call](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              call->Reply(context_.Headed(reply.revision, std::string_view()));
                            });
}

void LockService::Campaign(std::string_view bytes, Call call) {
  v3electionpb::CampaignRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  line_.Enter(
      request.name(), request.value(), request.lease(), call,
      [this, call, name = request.name()](const RpcStatus& status, const Place& place, kvsm::Revision revision) {
        if (!status.ok()) return call->Finish(status);
        v3electionpb::CampaignResponse response;
        LeaderKey& leader = *response.mutable_leader();
        leader.set_name(name);
        leader.set_key(place.key);
        leader.set_rev(place.created);
        leader.set_lease(place.lease);
        call->Reply(context_.Headed(revision, response));
      });
}

void LockService::Proclaim(std::string_view bytes, Call call) {
  v3electionpb::ProclaimRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  if (!request.has_leader()) return call->Finish(kNoLeaderGiven);
  TxnRequest txn = WhileLeading(request.leader());
  auto& put = *txn.add_success()->mutable_request_put();
  put.set_key(request.leader().key());
  put.set_value(request.value());
  put.set_lease(request.leader().lease());
  context_.submitter.Submit(CommandKind::kTxn, txn.SerializeAsString(),
                            [this, call](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              if (!Succeeded(reply)) return call->Finish(kNotElected);
                              call->Reply(context_.Headed(reply.revision, std::string_view()));
                            });
}

void LockService::Leader(std::string_view bytes, Call call) {
  v3electionpb::LeaderRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  context_.reads.Await([this, call, name = request.name()](const RpcStatus& status) {
    if (!status.ok()) return call->Finish(status);
    v3electionpb::LeaderResponse response;
    if (!Line::FindFirst(context_.keys(), Line::PrefixOf(name), 0, *response.mutable_kv())) {
      return call->Finish(kNobodyElected);
    }
    call->Reply(context_.Headed(context_.keys().revision(), response));
  });
}

void LockService::Resign(std::string_view bytes, Call call) {
  v3electionpb::ResignRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  if (!request.has_leader()) return call->Finish(kNoLeaderGiven);
  TxnRequest txn = WhileLeading(request.leader());
  txn.add_success()->mutable_request_delete_range()->set_key(request.leader().key());
  context_.submitter.Submit(CommandKind::kTxn, txn.SerializeAsString(),
                            [this, call](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              call->Reply(context_.Headed(reply.revision, std::string_view()));
                            });
}

}  // namespace lockstep::runtime
