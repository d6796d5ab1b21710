// Calls within one process: a client of RpcMethods for whoever has the messages already: the JSON gateway, embedding, the
// simulator, tests.
//
// A MemoryRpc is both sides' view of one call: the test or client writes to it and reads what came back; to the service
// it is an RpcCall. Nothing is queued or delayed here: what the client does reaches the service within that call.
// Whoever wants latency, loss or slow clients puts them in between (`window_bytes`, Take).
#ifndef LOCKSTEP_RUNTIME_RPC_MEMORY_RPC_H_
#define LOCKSTEP_RUNTIME_RPC_MEMORY_RPC_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

class MemoryRpc final : public RpcCall, public std::enable_shared_from_this<MemoryRpc> {
 public:
  // Begins a call of `name`. An unknown method has ended the call at once.
  static std::shared_ptr<MemoryRpc> Begin(const RpcMethods& methods, std::string_view name, RpcMetadata metadata = {});
  ~MemoryRpc() override;

  // ---- The client's side.
  // Sends one message; the only one, if the method is unary.
  void Write(std::string_view message);
  // Says that no more messages come.
  void HalfClose();
  // Gives the call up, as a client does that goes away or whose time is over.
  void Cancel();
  // The next message that has come back, if any.
  std::optional<std::string> Take();
  // How the call ended, once it has and all messages are taken.
  std::optional<RpcStatus> status() const;
  // Called after each message and at the end; may be empty.
  void SetNotify(std::function<void()> notify) { notify_ = std::move(notify); }
  // Messages beyond so many bytes count as unsent until Take frees the space.
  uint64_t window_bytes = UINT64_MAX;

  // ---- The service's side.
  const RpcMetadata& metadata() const override { return metadata_; }
  bool ended() const override { return status_.has_value(); }
  void Send(std::string message) override;
  void Finish(RpcStatus status) override;
  size_t unsent_bytes() const override;

 private:
  explicit MemoryRpc(RpcMetadata metadata) : metadata_(std::move(metadata)) {}
  void ReleaseStream();

  const RpcMetadata metadata_;
  const RpcUnary* unary_ = nullptr;
  std::unique_ptr<RpcStream> stream_;
  int in_stream_ = 0;  // Calls of stream_ under way.
  std::deque<std::string> received_;
  uint64_t received_bytes_ = 0;
  std::optional<RpcStatus> status_;
  std::function<void()> notify_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_RPC_MEMORY_RPC_H_
