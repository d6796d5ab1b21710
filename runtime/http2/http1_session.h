// Http1Session: the server's side of one HTTP/1.1 connection: pages for curl, probes and Prometheus, calls as JSON.
//
// GET, HEAD and POST, with a body whose length is told; that of a GET means nothing, but clients send one. One request at a time; requests that come while one is
// answered wait. An answer of several pieces is sent in chunks.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP1_SESSION_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP1_SESSION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
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
  // Appends about `bytes_max` of what is to be sent.
  void Produce(size_t bytes_max, std::string& out);
  // Whether nothing more is to be read or written.
  bool done() const { return closing_ && unsent_bytes() == 0; }
  // Done once the request under way is answered.
  void Shutdown();

 private:
  class Reply;
  // A request whose body is not there yet.
  struct Awaited {
    HttpRequest request;
    size_t body_bytes = 0;
  };

  absl::Status TakeRequests();
  absl::Status TakeHead(std::string_view head);
  void Ask(const HttpRequest& request);
  void Respond(const HttpResponse& response);
  void EndAnswer();
  absl::Status Refuse(int status, std::string_view why);
  size_t unsent_bytes() const { return out_.size() - out_sent_; }

  HttpService& service_;
  const std::function<void()> wants_send_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::string in_;
  std::string out_;
  size_t out_sent_ = 0;
  std::optional<Awaited> awaited_;
  std::shared_ptr<Reply> reply_;  // Of the request that is being answered.
  bool with_body_ = true;         // The answer has one: the request was no HEAD.
  bool head_sent_ = false;        // Of an answer of several pieces.
  bool chunked_ = false;
  bool last_request_ = false;  // The connection ends with the answer under way.
  bool closing_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP1_SESSION_H_
