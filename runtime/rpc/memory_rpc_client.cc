#include "runtime/rpc/memory_rpc_client.h"

#include <string>
#include <utility>

#include "runtime/rpc/memory_rpc.h"

namespace lockstep::runtime {

struct MemoryRpcClient::Shared {
  Scheduler& scheduler;
  const Find find;
  const Travel travel;
  bool ended = false;
};

// A call that nobody has heard the end of.
struct MemoryRpcClient::Open {
  Done done;
  std::shared_ptr<MemoryRpc> call;  // At the server.

  void End(const Shared& shared, const RpcStatus& status, std::string message) {
    const Done told = std::exchange(done, nullptr);
    if (call != nullptr) call->SetNotify(nullptr);
    if (told != nullptr && !shared.ended) told(status, std::move(message));
  }
};

MemoryRpcClient::MemoryRpcClient(Scheduler& scheduler, Find find, Travel travel)
    : shared_(std::make_shared<Shared>(Shared{scheduler, std::move(find), std::move(travel)})) {}

MemoryRpcClient::~MemoryRpcClient() { shared_->ended = true; }

void MemoryRpcClient::Call(std::string_view method, std::string_view message, int64_t timeout_micros, Done done) {
  auto open = std::make_shared<Open>(Open{std::move(done), nullptr});
  shared_->scheduler.RunAfter(timeout_micros, [shared = shared_, open] {
    if (open->call != nullptr) open->call->Cancel();
    open->End(*shared, {RpcCode::kDeadlineExceeded, "context deadline exceeded"}, "");
  });
  const auto delay = shared_->travel();
  if (!delay.has_value()) return;
  shared_->scheduler.RunAfter(*delay,
                              [shared = shared_, open, name = std::string(method), text = std::string(message)] {
                                if (open->done == nullptr) return;
                                const RpcMethods* methods = shared->find();
                                if (methods == nullptr)
                                  return open->End(*shared, {RpcCode::kUnavailable, "nobody answers there"}, "");
                                open->call = MemoryRpc::Begin(*methods, name);
                                // The answer travels back when it is there; the call lives as long as the service holds
                                // it.
                                const auto answer = [shared, open, call = std::weak_ptr(open->call)] {
                                  const auto there = call.lock();
                                  if (there == nullptr || !there->ended()) return;
                                  const auto back = shared->travel();
                                  if (!back.has_value()) return;
                                  shared->scheduler.RunAfter(*back, [shared, open, there] {
                                    std::string reply = there->Take().value_or("");
                                    const RpcStatus status = there->status().value_or(RpcStatus{});
                                    open->End(*shared, status, status.ok() ? std::move(reply) : "");
                                  });
                                };
                                open->call->Write(text);
                                if (open->call->ended()) return answer();
                                open->call->SetNotify(answer);
                              });
}

}  // namespace lockstep::runtime
