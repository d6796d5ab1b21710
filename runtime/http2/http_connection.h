// HttpConnection: one client's connection: which HTTP it speaks, what it has sent, what it is owed.
//
// The first bytes tell HTTP/2 (its preface) from HTTP/1.1. What is to be sent is gathered until the turn's end and
// leaves in one piece; a client that does not read is given no more than `unsent_bytes_max`, the rest waits in its
// calls.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP_CONNECTION_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http2/http1_session.h"
#include "runtime/http2/http2_session.h"
#include "runtime/network.h"

namespace lockstep::runtime {

class HttpConnection final : public ConnectionHandler {
 public:
  // `wants_send`: Send shall be called at the end of the turn. `ended`: there is no more use for this object, which may
  // be ended once that call has returned.
  HttpConnection(HttpService& service, std::unique_ptr<Connection> connection, std::span<char> space,
                 std::function<void()> wants_send, std::function<void(const absl::Status&)> ended);
  ~HttpConnection() override;

  // Hands what there is to the network.
  void Send();
  // No new calls; `ended` is called once those under way are done.
  void Shutdown();
  // Pings a client that has said nothing for long, and gives up one that does not answer.
  void KeepAlive(int64_t now_micros);

  void OnConnected() override {}
  std::span<char> SpaceForBytes() override { return space_; }
  void OnBytes(size_t count) override;
  void OnProgress() override;
  void OnClosed(const absl::Status& why) override { End(why); }

 private:
  void Receive(std::string_view bytes);
  void WantSend();
  bool done() const;
  void End(const absl::Status& why);

  HttpService& service_;
  const std::unique_ptr<Connection> connection_;
  const std::span<char> space_;
  const std::function<void()> wants_send_;
  const std::function<void(const absl::Status&)> ended_;
  std::string beginning_;  // Until it is known what is spoken.
  std::unique_ptr<Http2Session> http2_;
  std::unique_ptr<Http1Session> http1_;
  bool asked_ = false;  // wants_send_ was called.
  bool shutdown_ = false;
  bool is_ended_ = false;
  absl::Status broken_;  // What arrived made no sense: to be closed once that is said.
  int64_t heard_micros_ = 0;
  int64_t pinged_micros_ = 0;  // 0: no ping is out.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP_CONNECTION_H_
