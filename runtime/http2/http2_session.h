// Http2Session: the server's side of one HTTP/2 connection, by nghttp2: bytes in, calls, bytes out.
//
// It neither reads nor writes sockets: whoever owns it feeds what arrives and asks for what is to be sent, at the end
// of a turn, so that all that one turn says leaves together. nghttp2 checks the protocol, answers pings and settings
// and keeps the windows; malformed input ends the session with a GOAWAY that says why.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP2_SESSION_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP2_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "runtime/http2/http2_call.h"
#include "runtime/http2/http_options.h"

struct nghttp2_session;

namespace lockstep::runtime {

class Http2Session {
 public:
  // `wants_send` is called when there may be something to Produce, once until it has been asked for.
  Http2Session(HttpService& service, std::string peer_address, std::string peer_name, std::function<void()> wants_send);
  // Ends the calls.
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // ---- For the connection.
  // Errors: what arrived is no HTTP/2; what Produce then yields says so.
  absl::Status Receive(std::string_view bytes);
  // Appends what is to be sent to `out`, until that has about `bytes_max` bytes.
  void Produce(size_t bytes_max, std::string& out);
  // Whether nothing more is to be read or written.
  bool done() const;
  // No new calls; done once those under way are.
  void Shutdown();
  void SendPing();

  // ---- For its calls.
  HttpService& service() const { return service_; }
  const std::string& peer_address() const { return peer_address_; }
  const std::string& peer_name() const { return peer_name_; }
  void SendHeaders(Http2Call& call);
  void SendStatusOnly(Http2Call& call);
  void SendPageHeaders(Http2Call& call, const HttpResponse& response);
  void Resume(Http2Call& call);
  void WatchDeadlines();

 private:
  struct Callbacks;

  void WantSend();
  void CheckDeadlines();

  HttpService& service_;
  const std::string peer_address_;
  const std::string peer_name_;
  const std::function<void()> wants_send_;
  nghttp2_session* session_ = nullptr;
  bool asked_ = false;  // wants_send_ was called.
  std::map<int32_t, std::shared_ptr<Http2Call>> calls_;
  std::vector<std::shared_ptr<Http2Call>> progressed_;
  std::vector<std::shared_ptr<Http2Call>> closed_;  // To be let go at the end of the turn.
  Timer deadline_timer_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP2_SESSION_H_
