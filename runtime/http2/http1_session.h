// Http1Session: the server's side of one HTTP/1.1 connection: GET and HEAD of pages, for curl, probes and Prometheus.
//
// One request at a time; requests that come while one is answered wait. Bodies of requests are refused.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP1_SESSION_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP1_SESSION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/http2/http_options.h"

namespace lockstep::runtime {

class Http1Session {
 public:
  // `wants_send` is called when there is something to Produce.
  Http1Session(HttpService& service, std::function<void()> wants_send);
  Http1Session(const Http1Session&) = delete;
  Http1Session& operator=(const Http1Session&) = delete;
  ~Http1Session();

  // Errors: what arrived is no HTTP/1; what Produce then yields says so.
  absl::Status Receive(std::string_view bytes);
  void Produce(std::string& out);
  // Whether nothing more is to be read or written.
  bool done() const { return closing_ && out_.empty(); }
  // Done once the request under way is answered.
  void Shutdown();

 private:
  absl::Status TakeRequests();
  absl::Status Begin(std::string_view head);
  void Respond(bool with_body, const HttpResponse& response);
  absl::Status Refuse(int status, std::string_view why);

  HttpService& service_;
  const std::function<void()> wants_send_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::string in_;
  std::string out_;
  bool answering_ = false;
  bool last_request_ = false;  // The connection ends with the answer under way.
  bool closing_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP1_SESSION_H_
