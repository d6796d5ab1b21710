// Plain HTTP beside the calls: health, metrics, version.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP_PAGES_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP_PAGES_H_

#include <functional>
#include <string>

namespace lockstep::runtime {

struct HttpRequest {
  std::string method;
  std::string path;   // Without the query.
  std::string query;  // What follows the '?'.
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Takes the response, now or later; at most once.
using HttpDone = std::function<void(HttpResponse)>;
using HttpPages = std::function<void(const HttpRequest& request, HttpDone done)>;

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP_PAGES_H_
