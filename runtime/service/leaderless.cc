#include "runtime/service/leaderless.h"

#include <algorithm>
#include <utility>

namespace lockstep::runtime {

bool Leaderless::Refuses(RpcCall& call) const {
  if (!call.metadata().has_leader || context_.has_leader()) return false;
  Refuse(call, kvsm::Error::kNoLeader);
  return true;
}

RpcMethod Leaderless::Guard(const RpcMethod& method) {
  if (const auto* const unary = std::get_if<RpcUnary>(&method)) {
    return RpcUnary([this, inner = *unary](std::string_view request, std::shared_ptr<RpcCall> call) {
      if (!Refuses(*call)) inner(request, std::move(call));
    });
  }
  return RpcBegin(
      [this, inner = std::get<RpcBegin>(method)](std::shared_ptr<RpcCall> call) -> std::unique_ptr<RpcStream> {
        if (Refuses(*call)) return nullptr;
        if (call->metadata().has_leader) Keep(call);
        return inner(std::move(call));
      });
}

void Leaderless::Keep(const std::shared_ptr<RpcCall>& call) {
  streams_.push_back(call);
  if (timer_.is_set()) return;
  led_micros_ = context_.clock.ReadMonotonic().micros;
  timer_.Set(context_.options.election_timeout_micros, [this] { Check(); });
}

void Leaderless::Check() {
  std::erase_if(streams_, [](const std::weak_ptr<RpcCall>& stream) {
    const std::shared_ptr<RpcCall> call = stream.lock();
    return call == nullptr || call->ended();
  });
  const int64_t now = context_.clock.ReadMonotonic().micros;
  if (context_.has_leader()) led_micros_ = now;
  if (now - led_micros_ >= 3 * context_.options.election_timeout_micros) {
    for (const std::weak_ptr<RpcCall>& stream : std::exchange(streams_, {})) {
      if (const std::shared_ptr<RpcCall> call = stream.lock()) Refuse(*call, kvsm::Error::kNoLeader);
    }
  }
  if (!streams_.empty()) timer_.Set(context_.options.election_timeout_micros, [this] { Check(); });
}

}  // namespace lockstep::runtime
