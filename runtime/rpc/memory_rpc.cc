#include "runtime/rpc/memory_rpc.h"

#include <utility>

#include "core/check.h"

namespace lockstep::runtime {

std::shared_ptr<MemoryRpc> MemoryRpc::Begin(const RpcMethods& methods, std::string_view name, RpcMetadata metadata) {
  std::shared_ptr<MemoryRpc> call(new MemoryRpc(std::move(metadata)));
  const RpcMethod* method = methods.Find(name);
  if (method == nullptr) {
    call->Finish(UnknownMethod(name));
  } else if (const auto* unary = std::get_if<RpcUnary>(method)) {
    call->unary_ = unary;
  } else {
    call->stream_ = std::get<RpcBegin>(*method)(call);
  }
  return call;
}

MemoryRpc::~MemoryRpc() = default;

void MemoryRpc::Write(std::string_view message) {
  if (ended()) return ReleaseStream();
  if (unary_ != nullptr) return (*std::exchange(unary_, nullptr))(message, shared_from_this());
  LOCKSTEP_CHECK(stream_ != nullptr);
  ++in_stream_;
  stream_->OnMessage(message);
  --in_stream_;
  ReleaseStream();
}

void MemoryRpc::HalfClose() {
  if (ended()) return ReleaseStream();
  if (unary_ != nullptr) return Finish({RpcCode::kInternal, "the call ended without a message"});
  if (stream_ == nullptr) return;
  ++in_stream_;
  stream_->OnHalfClosed();
  --in_stream_;
  ReleaseStream();
}

void MemoryRpc::Cancel() {
  if (ended()) return ReleaseStream();
  status_ = RpcStatus{RpcCode::kCancelled, "context canceled"};
  if (stream_ != nullptr) {
    ++in_stream_;
    stream_->OnEnded();
    --in_stream_;
  }
  ReleaseStream();
}

std::optional<std::string> MemoryRpc::Take() {
  ReleaseStream();
  if (received_.empty()) return std::nullopt;
  const size_t before = unsent_bytes();
  std::string message = std::move(received_.front());
  received_.pop_front();
  received_bytes_ -= message.size();
  if (before > 0 && unsent_bytes() == 0 && stream_ != nullptr && !ended()) {
    ++in_stream_;
    stream_->OnProgress();
    --in_stream_;
    ReleaseStream();
  }
  return message;
}

std::optional<RpcStatus> MemoryRpc::status() const { return received_.empty() ? status_ : std::nullopt; }

void MemoryRpc::Send(std::string message) {
  if (ended()) return;
  received_bytes_ += message.size();
  received_.push_back(std::move(message));
  if (notify_) notify_();
}

void MemoryRpc::Finish(RpcStatus status) {
  if (ended()) return;
  status_ = std::move(status);
  if (notify_) notify_();
}

size_t MemoryRpc::unsent_bytes() const { return received_bytes_ > window_bytes ? received_bytes_ - window_bytes : 0; }

// The stream's object ends once the call has, and nothing of it runs.
void MemoryRpc::ReleaseStream() {
  if (ended() && in_stream_ == 0) stream_.reset();
}

}  // namespace lockstep::runtime
