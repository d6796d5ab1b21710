// Plain HTTP beside the calls: health, metrics, version, and calls as JSON.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP_PAGES_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP_PAGES_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace lockstep::runtime {

struct HttpRequest {
  std::string method;  // GET, HEAD or POST.
  std::string path;    // Without the query.
  std::string query;   // What follows the '?'.
  std::string body;    // Of a POST.
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  bool more = false;  // Further pieces of the body follow.
};

// The way back to who asked. Whoever answers may hold it as long as they like.
class HttpReply {
 public:
  virtual ~HttpReply() = default;

  // Answers, now or later: at once, or piece by piece, of which only the first one's status and type count. Does nothing
  // after the last piece, or once the client is gone.
  virtual void Respond(HttpResponse response) = 0;
  // Bytes that the client has not taken yet: of a slow one they grow.
  virtual size_t unsent_bytes() const = 0;

  // Until the last piece, `progressed` is called when what was said has left, and `gone` if the client goes away.
  void Listen(std::function<void()> progressed, std::function<void()> gone) {
    progressed_ = std::move(progressed);
    gone_ = std::move(gone);
  }

 protected:
  void TellProgress() {
    const std::function<void()> progressed = progressed_;
    if (progressed) progressed();
  }
  void TellGone() {
    progressed_ = nullptr;
    if (const auto gone = std::exchange(gone_, nullptr)) gone();
  }
  void Forget() { progressed_ = gone_ = nullptr; }

 private:
  std::function<void()> progressed_;
  std::function<void()> gone_;
};

using HttpPages = std::function<void(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply)>;

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP_PAGES_H_
