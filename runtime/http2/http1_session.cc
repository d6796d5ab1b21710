#include "runtime/http2/http1_session.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
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
    case 411:
      return "Length Required";
    case 413:
      return "Payload Too Large";
    case 412:
      return "Precondition Failed";
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

// What whoever answers holds; the session ends before it does, or after.
class Http1Session::Reply final : public HttpReply {
 public:
  explicit Reply(Http1Session& session) : session_(&session) {}

  void Respond(HttpResponse response) override {
    if (session_ != nullptr) session_->Respond(response);
  }
  size_t unsent_bytes() const override { return session_ == nullptr ? 0 : session_->unsent_bytes(); }

  void Progress() { TellProgress(); }
  // The last piece has been said.
  void End() {
    session_ = nullptr;
    Forget();
  }
  void Leave() {
    session_ = nullptr;
    TellGone();
  }

 private:
  Http1Session* session_;
};

Http1Session::Http1Session(HttpService& service, std::function<void()> wants_send)
    : service_(service), wants_send_(std::move(wants_send)) {}

Http1Session::~Http1Session() {
  *alive_ = false;
  if (reply_ != nullptr) reply_->Leave();
}

absl::Status Http1Session::Receive(std::string_view bytes) {
  if (closing_) return absl::OkStatus();
  in_.append(bytes);
  return TakeRequests();
}

absl::Status Http1Session::TakeRequests() {
  while (reply_ == nullptr && !closing_) {
    if (awaited_.has_value()) {
      if (in_.size() < awaited_->body_bytes) return absl::OkStatus();
      Awaited whole = *std::exchange(awaited_, std::nullopt);
      if (whole.request.method == "POST") whole.request.body = in_.substr(0, whole.body_bytes);
      in_.erase(0, whole.body_bytes);
      Ask(whole.request);
      continue;
    }
    const size_t end = in_.find(kHeadEnd);
    if (end == std::string::npos || end > service_.options.head_bytes_max) {
      if (in_.size() <= service_.options.head_bytes_max) return absl::OkStatus();
      return Refuse(431, "the request's head is too long");
    }
    const std::string head = in_.substr(0, end);
    in_.erase(0, end + kHeadEnd.size());
    if (const absl::Status status = TakeHead(head); !status.ok()) return status;
  }
  if (in_.size() > 2 * service_.options.head_bytes_max) return Refuse(431, "too many requests at a time");
  return absl::OkStatus();
}

absl::Status Http1Session::TakeHead(std::string_view head) {
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
  chunked_ = version == "HTTP/1.1";
  last_request_ = last_request_ || !chunked_;
  size_t body_bytes = 0;
  bool waits = false;  // For leave to send the body.
  while (!head.empty()) {
    const std::string_view header = TakeLine(head);
    const size_t colon = header.find(':');
    if (colon == std::string_view::npos || !IsToken(header.substr(0, colon))) return Refuse(400, "no header");
    const std::string_view name = header.substr(0, colon);
    std::string_view value = header.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    if (Same(name, "connection") && Same(value, "close")) last_request_ = true;
    if (Same(name, "expect") && Same(value, "100-continue")) waits = true;
    if (Same(name, "transfer-encoding")) return Refuse(411, "the length of a body is to be told first");
    if (Same(name, "content-length") && !absl::SimpleAtoi(absl::string_view(value.data(), value.size()), &body_bytes)) {
      return Refuse(400, "no length");
    }
  }
  if (method != "GET" && method != "HEAD" && method != "POST") return Refuse(405, "Method Not Allowed");
  if (body_bytes > service_.options.body_bytes_max) return Refuse(413, "the request's body is too long");
  const size_t query = std::min(target.find('?'), target.size());
  with_body_ = method != "HEAD";
  awaited_ = Awaited{.request = {.method = std::string(method),
                                 .path = std::string(target.substr(0, query)),
                                 .query = std::string(target.substr(std::min(query + 1, target.size()))),
                                 .body = {}},
                     .body_bytes = body_bytes};
  if (waits && in_.size() < body_bytes) {
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    wants_send_();
  }
  return absl::OkStatus();
}

void Http1Session::Ask(const HttpRequest& request) {
  head_sent_ = false;
  reply_ = std::make_shared<Reply>(*this);
  if (service_.pages == nullptr) return Respond({.status = 404, .body = "404 page not found\n"});
  service_.pages(request, std::shared_ptr<Reply>(reply_));
}

void Http1Session::Respond(const HttpResponse& response) {
  const bool whole = !head_sent_ && !response.more;
  if (!head_sent_) {
    head_sent_ = true;
    const std::string_view reason = Reason(response.status);
    if (!whole && !chunked_) last_request_ = true;
    absl::StrAppend(&out_, "HTTP/1.1 ", response.status, " ", absl::string_view(reason.data(), reason.size()),
                    "\r\nContent-Type: ", response.content_type, "\r\n");
    if (whole) absl::StrAppend(&out_, "Content-Length: ", response.body.size(), "\r\n");
    if (!whole && chunked_) out_ += "Transfer-Encoding: chunked\r\n";
    absl::StrAppend(&out_, last_request_ ? "Connection: close\r\n" : "", "\r\n");
  }
  const bool in_chunks = !whole && chunked_;
  if (with_body_ && !response.body.empty()) {
    if (in_chunks) absl::StrAppend(&out_, absl::Hex(response.body.size()), "\r\n");
    out_ += response.body;
    if (in_chunks) out_ += "\r\n";
  }
  if (with_body_ && in_chunks && !response.more) out_ += "0\r\n\r\n";
  if (!response.more) EndAnswer();
  wants_send_();
}

void Http1Session::EndAnswer() {
  if (const std::shared_ptr<Reply> reply = std::exchange(reply_, nullptr)) reply->End();
  closing_ = closing_ || last_request_;
  // The next request may wait already.
  if (in_.empty() || closing_) return;
  service_.scheduler.RunAfter(0, [this, alive = alive_] {
    if (*alive) TakeRequests().IgnoreError();
  });
}

absl::Status Http1Session::Refuse(int status, std::string_view why) {
  if (const std::shared_ptr<Reply> reply = std::exchange(reply_, nullptr)) reply->Leave();
  last_request_ = with_body_ = true;
  head_sent_ = false;
  const std::string text(why);
  Respond({.status = status, .body = text + "\n"});
  return absl::InvalidArgumentError(absl::StrCat("HTTP/1: ", text));
}

void Http1Session::Produce(size_t bytes_max, std::string& out) {
  const size_t count = std::min(bytes_max, unsent_bytes());
  out.append(out_, out_sent_, count);
  out_sent_ += count;
  if (unsent_bytes() > 0 || count == 0) return;
  out_.clear();
  out_sent_ = 0;
  if (const std::shared_ptr<Reply> reply = reply_) reply->Progress();
}

void Http1Session::Shutdown() {
  last_request_ = true;
  if (reply_ == nullptr) closing_ = true;
}

}  // namespace lockstep::runtime
