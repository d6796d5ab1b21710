// The narrow interface between services and whatever carries their calls.
//
//     transport (HTTP/2, memory) -- RpcMethods: name -> method --> service
//     service -- RpcCall: messages, the end -----------------------> transport
//
// A call has a method's full name ("/etcdserverpb.KV/Put"), messages as bytes in both directions, and ends once, with a
// code and a text: gRPC's. Everything happens on the host's thread. What the bytes mean is the service's matter;
// framing, flow control, connections and deadlines are the transport's.
#ifndef LOCKSTEP_RUNTIME_RPC_RPC_H_
#define LOCKSTEP_RUNTIME_RPC_RPC_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace lockstep::runtime {

// gRPC's codes, by its names and numbers.
enum class RpcCode : uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// How a call ended.
struct RpcStatus {
  RpcCode code = RpcCode::kOk;
  std::string text;

  bool ok() const { return code == RpcCode::kOk; }
  friend bool operator==(const RpcStatus&, const RpcStatus&) = default;
};

// What a client says beside its messages, and what the transport knows of it.
struct RpcMetadata {
  std::optional<int64_t> timeout_micros;  // From the call's beginning. The transport ends the call after it.
  bool has_leader = false;                // "hasleader: true": the call shall fail while no leader is known.
  std::string token;                      // "token" or "authorization".
  std::string authority;                  // The server as the client named it.
  std::string peer_address;               // Where the client is; empty if that means nothing.
  std::string peer_name;                  // The common name in the client's certificate, if it showed one.
};

// The server's side of one call. Services may hold it as long as they like: after the call's end, whoever brought it
// about, Send and Finish do nothing.
class RpcCall {
 public:
  virtual ~RpcCall() = default;

  virtual const RpcMetadata& metadata() const = 0;
  // Whether the call has ended: finished here, cancelled by the client, out of time, or the connection is gone.
  virtual bool ended() const = 0;

  // Queues one message to the client.
  virtual void Send(std::string message) = 0;
  // Ends the call once the messages sent are through.
  virtual void Finish(RpcStatus status) = 0;
  // Bytes sent and not yet taken by the client: of a slow client they grow. RpcStream::OnProgress tells of their fall.
  virtual size_t unsent_bytes() const = 0;

  // The whole answer of a unary call.
  void Reply(std::string message) {
    Send(std::move(message));
    Finish({});
  }
};

// The service's side of a streaming call: what comes from the client. The transport ends this object after OnEnded, or
// after the service has finished the call; never within one of its calls.
class RpcStream {
 public:
  virtual ~RpcStream() = default;
  virtual void OnMessage(std::string_view message) = 0;
  // The client will send no more messages. The call goes on.
  virtual void OnHalfClosed() = 0;
  // Some of what was sent has left, and nothing or little waits.
  virtual void OnProgress() {}
  // The call has ended otherwise than by Finish. Nothing comes after this.
  virtual void OnEnded() = 0;
};

// One message in, one out. `request` lasts as long as the call of this function.
using RpcUnary = std::function<void(std::string_view request, std::shared_ptr<RpcCall> call)>;
// Begins a streaming call: of one message in and many out, too. If the call was finished at once, null will do.
using RpcBegin = std::function<std::unique_ptr<RpcStream>(std::shared_ptr<RpcCall> call)>;
using RpcMethod = std::variant<RpcUnary, RpcBegin>;

// What a server can do.
class RpcMethods {
 public:
  // Requires: `name` is "/package.Service/Method", and not there yet.
  void Add(std::string name, RpcMethod method);
  // Null: there is no such method.
  const RpcMethod* Find(std::string_view name) const;
  const std::map<std::string, RpcMethod, std::less<>>& all() const { return methods_; }

 private:
  std::map<std::string, RpcMethod, std::less<>> methods_;
};

// How gRPC servers answer a call of a method that they do not have.
RpcStatus UnknownMethod(std::string_view name);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_RPC_RPC_H_
