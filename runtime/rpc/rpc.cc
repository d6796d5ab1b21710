#include "runtime/rpc/rpc.h"

#include "core/check.h"

namespace lockstep::runtime {

void RpcMethods::Add(std::string name, RpcMethod method) {
  LOCKSTEP_CHECK(name.starts_with('/') && name.find('/', 1) != std::string::npos);
  const bool fresh = methods_.emplace(std::move(name), std::move(method)).second;
  LOCKSTEP_CHECK(fresh);
}

const RpcMethod* RpcMethods::Find(std::string_view name) const {
  const auto at = methods_.find(name);
  return at == methods_.end() ? nullptr : &at->second;
}

RpcStatus UnknownMethod(std::string_view name) {
  const size_t slash = name.rfind('/');
  if (!name.starts_with('/') || slash == 0 || slash == std::string_view::npos) {
    return {RpcCode::kUnimplemented, "malformed method name: \"" + std::string(name) + "\""};
  }
  const std::string service(name.substr(1, slash - 1));
  return {RpcCode::kUnimplemented, "unknown method " + std::string(name.substr(slash + 1)) + " for service " + service};
}

}  // namespace lockstep::runtime
