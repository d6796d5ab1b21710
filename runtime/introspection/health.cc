#include "runtime/introspection/health.h"

#include <utility>

#include "kvsm/api/health.pb.h"

namespace lockstep::runtime {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class Health::Watcher final : public RpcStream {
 public:
  Watcher(Health& health, std::shared_ptr<RpcCall> call) : health_(health), call_(std::move(call)) {}
  ~Watcher() override { health_.watchers_.erase(this); }

  void OnMessage(std::string_view message) override {
    HealthCheckRequest request;
    if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return call_->Finish({RpcCode::kInternal, "the request cannot be read"});
    }
    service_ = request.service();
    health_.watchers_.insert(this);
    Tell();
  }
  void OnHalfClosed() override {}
  void OnEnded() override { health_.watchers_.erase(this); }

  // Says how the service is, if that is not what was said last.
  void Tell() {
    std::string now = health_.Encode(service_);
    if (now == told_) return;
    told_ = now;
    call_->Send(std::move(now));
  }

 private:
  Health& health_;
  const std::shared_ptr<RpcCall> call_;
  std::string service_;
  std::string told_;
};

std::string Health::Encode(const std::string& service) const {
  HealthCheckResponse response;
  const auto at = serving_.find(service);
  if (at == serving_.end()) {
    response.set_status(HealthCheckResponse::SERVICE_UNKNOWN);
  } else {
    response.set_status(at->second ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
  }
  return response.SerializeAsString();
}

void Health::Register(RpcMethods& methods) {
  methods.Add("/grpc.health.v1.Health/Check", RpcUnary([this](std::string_view message, std::shared_ptr<RpcCall> call) {
                HealthCheckRequest request;
                if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
                  return call->Finish({RpcCode::kInternal, "the request cannot be read"});
                }
                if (!serving_.contains(request.service())) {
                  return call->Finish({RpcCode::kNotFound, "unknown service"});
                }
                call->Reply(Encode(request.service()));
              }));
  methods.Add("/grpc.health.v1.Health/Watch", RpcBegin([this](std::shared_ptr<RpcCall> call) {
                return std::make_unique<Watcher>(*this, std::move(call));
              }));
}

void Health::Set(const std::string& service, bool serving) {
  serving_[service] = serving;
  for (Watcher* watcher : watchers_) watcher->Tell();
}

}  // namespace lockstep::runtime
