#include "runtime/service/kv_service.h"

#include <algorithm>
#include <utility>

#include "kvsm/api/maintenance.pb.h"
#include "kvsm/txn.h"
#include "runtime/service/request_checks.h"

namespace lockstep::runtime {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using kvsm::CommandKind;
using kvsm::Error;

bool IsSerializable(const TxnRequest& request) {
  const auto is = [](const RequestOp& operation) { return operation.request_range().serializable(); };
  return std::all_of(request.success().begin(), request.success().end(), is) &&
         std::all_of(request.failure().begin(), request.failure().end(), is);
}

}  // namespace

void KvService::Register(RpcMethods& methods) {
  const auto add = [&](const char* name, void (KvService::*method)(std::string_view, Call)) {
    methods.Add(std::string("/etcdserverpb.KV/") + name, RpcUnary([this, method](std::string_view bytes, Call call) {
                  (this->*method)(bytes, std::move(call));
                }));
  };
  add("Range", &KvService::Range);
  add("Put", &KvService::Put);
  add("DeleteRange", &KvService::DeleteRange);
  add("Txn", &KvService::Txn);
  add("Compact", &KvService::Compact);
}

// ---- Reads.

void KvService::Range(std::string_view bytes, Call call) {
  auto request = std::make_shared<RangeRequest>();
  if (!ParseRequest(bytes, *request, *call)) return;
  const Error error = Check(*request);
  if (error != Error::kNone) return Refuse(*call, error);
  if (request->serializable() && context_.reads.caught_up()) return AnswerRange(*request, *call);
  context_.reads.Await([this, request, call = std::move(call)](const RpcStatus& status) {
    if (!status.ok()) return call->Finish(status);
    AnswerRange(*request, *call);
  });
}

void KvService::AnswerRange(const RangeRequest& request, RpcCall& call) {
  if (call.ended()) return;
  const kvsm::Machine& keys = context_.keys();
  etcdserverpb::RangeResponse response;
  const Error error = keys.Range(request, response);
  if (error != Error::kNone) return Refuse(call, error);
  call.Reply(context_.Headed(keys.revision(), response));
}

void KvService::AnswerReadTxn(const TxnRequest& request, RpcCall& call) {
  if (call.ended()) return;
  const kvsm::Machine& keys = context_.keys();
  etcdserverpb::TxnResponse response;
  const Error error = keys.ReadTxn(request, response);
  if (error != Error::kNone) return Refuse(call, error);
  call.Reply(context_.Headed(keys.revision(), response));
}

// ---- Writes.

void KvService::Write(CommandKind kind, std::string_view bytes, Call call) {
  if (bytes.size() > context_.options.request_bytes_max) return Refuse(*call, Error::kRequestTooLarge);
  context_.submitter.Submit(kind, bytes,
                            [this, call = std::move(call)](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              call->Reply(context_.Headed(reply.revision, reply.body));
                            });
}

bool KvService::HasRoom(int64_t cost, RpcCall& call) {
  const ServiceOptions& options = context_.options;
  if (options.quota_bytes <= 0 || context_.keys().bytes() + cost <= options.quota_bytes) return true;
  Refuse(call, Error::kNoSpace);
  if (raising_alarm_ || context_.keys().HasAlarm(etcdserverpb::AlarmType::NOSPACE)) return false;
  raising_alarm_ = true;
  etcdserverpb::AlarmRequest alarm;
  alarm.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  alarm.set_memberid(context_.self());
  alarm.set_alarm(etcdserverpb::AlarmType::NOSPACE);
  context_.submitter.Submit(CommandKind::kAlarm, alarm.SerializeAsString(),
                            [this](const RpcStatus&, const kvsm::Reply&) { raising_alarm_ = false; });
  return false;
}

void KvService::Put(std::string_view bytes, Call call) {
  if (!ParseRequest(bytes, put_, *call)) return;
  const Error error = Check(put_);
  if (error != Error::kNone) return Refuse(*call, error);
  if (HasRoom(CostOf(put_), *call)) Write(CommandKind::kPut, bytes, std::move(call));
}

void KvService::DeleteRange(std::string_view bytes, Call call) {
  etcdserverpb::DeleteRangeRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  const Error error = Check(request);
  if (error != Error::kNone) return Refuse(*call, error);
  Write(CommandKind::kDeleteRange, bytes, std::move(call));
}

void KvService::Txn(std::string_view bytes, Call call) {
  auto request = std::make_shared<TxnRequest>();
  if (!ParseRequest(bytes, *request, *call)) return;
  const Error error = Check(*request, context_.options.txn_operations_max);
  if (error != Error::kNone) return Refuse(*call, error);
  if (!kvsm::IsReadOnly(*request)) {
    const int64_t cost = CostOf(*request);
    if (cost == 0 || HasRoom(cost, *call)) Write(CommandKind::kTxn, bytes, std::move(call));
    return;
  }
  if (IsSerializable(*request) && context_.reads.caught_up()) return AnswerReadTxn(*request, *call);
  context_.reads.Await([this, request, call = std::move(call)](const RpcStatus& status) {
    if (!status.ok()) return call->Finish(status);
    AnswerReadTxn(*request, *call);
  });
}

void KvService::Compact(std::string_view bytes, Call call) {
  etcdserverpb::CompactionRequest request;
  if (ParseRequest(bytes, request, *call)) Write(CommandKind::kCompact, bytes, std::move(call));
}

}  // namespace lockstep::runtime
