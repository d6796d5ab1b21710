#include "runtime/http2/http1_session.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
}

// The line at the beginning of `text`, which loses it.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return line;
}

bool Same(std::string_view a, std::string_view lower) {
  return absl::AsciiStrToLower(absl::string_view(a.data(), a.size())) == lower;
}

}  // namespace

Http1Session::Http1Session(HttpService& service, std::function<void()> wants_send)
    : service_(service), wants_send_(std::move(wants_send)) {}

Http1Session::~Http1Session() { *alive_ = false; }

absl::Status Http1Session::Receive(std::string_view bytes) {
  if (closing_) return absl::OkStatus();
  in_.append(bytes);
  return TakeRequests();
}

absl::Status Http1Session::TakeRequests() {
  while (!answering_ && !closing_) {
    const size_t end = in_.find(kHeadEnd);
    if (end == std::string::npos || end > service_.options.head_bytes_max) {
      if (in_.size() <= service_.options.head_bytes_max) return absl::OkStatus();
      return Refuse(431, "the request's head is too long");
    }
    const std::string head = in_.substr(0, end);
    in_.erase(0, end + kHeadEnd.size());
    if (const absl::Status status = Begin(head); !status.ok()) return status;
  }
  if (in_.size() > 2 * service_.options.head_bytes_max) return Refuse(431, "too many requests at a time");
  return absl::OkStatus();
}

absl::Status Http1Session::Begin(std::string_view head) {
  const std::string_view line = TakeLine(head);
  const size_t first = line.find(' ');
  const size_t second = line.rfind(' ');
  if (first == std::string_view::npos || second <= first) return Refuse(400, "no request line");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!IsToken(method) || !target.starts_with('/') || target.find(' ') != std::string_view::npos ||
      (version != "HTTP/1.1" && version != "HTTP/1.0")) {
    return Refuse(400, "no request line");
  }
  last_request_ = last_request_ || version == "HTTP/1.0";
  while (!head.empty()) {
    const std::string_view header = TakeLine(head);
    const size_t colon = header.find(':');
    if (colon == std::string_view::npos || !IsToken(header.substr(0, colon))) return Refuse(400, "no header");
    const std::string_view name = header.substr(0, colon);
    std::string_view value = header.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (Same(name, "connection") && Same(value, "close")) last_request_ = true;
    if (Same(name, "transfer-encoding") || (Same(name, "content-length") && value != "0")) {
      return Refuse(400, "requests have no body here");
    }
  }
  if (method != "GET" && method != "HEAD") return Refuse(405, "only GET and HEAD");
  const size_t query = std::min(target.find('?'), target.size());
  answering_ = true;
  const HttpRequest request{.method = std::string(method),
                            .path = std::string(target.substr(0, query)),
                            .query = std::string(target.substr(std::min(query + 1, target.size())))};
  if (service_.pages == nullptr) {
    Respond(true, {.status = 404, .body = "404 page not found\n"});
    return absl::OkStatus();
  }
  service_.pages(request, [this, alive = alive_, with_body = method == "GET"](const HttpResponse& response) {
    if (*alive && answering_) Respond(with_body, response);
  });
  return absl::OkStatus();
}

void Http1Session::Respond(bool with_body, const HttpResponse& response) {
  answering_ = false;
  const std::string_view reason = Reason(response.status);
  absl::StrAppend(&out_, "HTTP/1.1 ", response.status, " ", absl::string_view(reason.data(), reason.size()),
                  "\r\nContent-Type: ", response.content_type, "\r\nContent-Length: ", response.body.size(),
                  last_request_ ? "\r\nConnection: close" : "", "\r\n\r\n");
  if (with_body) out_.append(response.body);
  closing_ = closing_ || last_request_;
  wants_send_();
  // The next request may wait already.
  if (in_.empty() || closing_) return;
  service_.scheduler.RunAfter(0, [this, alive = alive_] {
    if (*alive) TakeRequests().IgnoreError();
  });
}

absl::Status Http1Session::Refuse(int status, std::string_view why) {
  last_request_ = true;
  const std::string text(why);
  Respond(true, {.status = status, .body = text + "\n"});
  return absl::InvalidArgumentError(absl::StrCat("HTTP/1: ", text));
}

void Http1Session::Produce(std::string& out) {
  out.append(out_);
  out_.clear();
}

void Http1Session::Shutdown() {
  last_request_ = true;
  if (!answering_) closing_ = true;
}

}  // namespace lockstep::runtime
