#include "runtime/lockstepd/learner_guard.h"

#include <string>
#include <utility>

#include "kvsm/api/kv.pb.h"
#include "kvsm/errors.h"

namespace lockstep::runtime {
namespace {

bool IsSupported(const std::string& method, std::string_view request) {
  if (method == "/etcdserverpb.Maintenance/Status" || method == "/etcdserverpb.Maintenance/Snapshot") return true;
  if (method != "/etcdserverpb.KV/Range") return false;
  etcdserverpb::RangeRequest range;
  return range.ParseFromArray(request.data(), static_cast<int>(request.size())) && range.serializable();
}

void Refuse(RpcCall& call) {
  const kvsm::ErrorInfo& info = kvsm::InfoOf(kvsm::Error::kNotSupportedForLearner);
  call.Finish({static_cast<RpcCode>(info.code), std::string(info.text)});
}

}  // namespace

void GuardLearner(const RpcMethods& methods, const std::function<bool()>& is_learner, RpcMethods& guarded) {
  for (const auto& [name, method] : methods.all()) {
    if (const auto* unary = std::get_if<RpcUnary>(&method)) {
      guarded.Add(name, RpcUnary([is_learner, name = name, inner = *unary](std::string_view request,
                                                                           std::shared_ptr<RpcCall> call) {
                    if (is_learner() && !IsSupported(name, request)) return Refuse(*call);
                    inner(request, std::move(call));
                  }));
      continue;
    }
    guarded.Add(name, RpcBegin([is_learner, name = name, inner = std::get<RpcBegin>(method)](
                                   std::shared_ptr<RpcCall> call) -> std::unique_ptr<RpcStream> {
                  if (!is_learner() || IsSupported(name, "")) return inner(std::move(call));
                  Refuse(*call);
                  return nullptr;
                }));
  }
}

}  // namespace lockstep::runtime
