// Http2Client: gRPC calls to one server over one connection, which is made when it is needed: for members of a cluster
// that pass requests on to their leader.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP2_CLIENT_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP2_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.h"
#include "runtime/http2/grpc_format.h"
#include "runtime/network.h"
#include "runtime/rpc/rpc_client.h"

struct nghttp2_session;

namespace lockstep::runtime {

class Http2Client final : public RpcClient, private ConnectionHandler {
 public:
  // Everything outlives this object.
  Http2Client(const Clock& clock, Scheduler& scheduler, Network& network, std::string address);
  ~Http2Client() override;
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // Waits for the connection. One that breaks, or cannot be made, ends the calls on it with kUnavailable.
  void Call(std::string_view method, std::string_view message, int64_t timeout_micros, Done done) override;
  const std::string& address() const { return address_; }

 private:
  struct Callbacks;
  struct Pending;

  void Connect();
  void Reset(const absl::Status& why);
  void SendSoon();
  void Send();
  void End(std::unique_ptr<Pending> call, const RpcStatus& status);
  void CheckDeadlines();

  void OnConnected() override {}
  std::span<char> SpaceForBytes() override { return space_; }
  void OnBytes(size_t count) override;
  void OnProgress() override { SendSoon(); }
  void OnClosed(const absl::Status& why) override;

  const Clock& clock_;
  Scheduler& scheduler_;
  Network& network_;
  const std::string address_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::vector<char> space_;
  std::unique_ptr<Connection> connection_;  // Null: none; made by the next call.
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, std::unique_ptr<Pending>> calls_;
  bool send_scheduled_ = false;
  Timer deadline_timer_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP2_CLIENT_H_
