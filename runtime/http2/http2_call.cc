#include "runtime/http2/http2_call.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/http2/http2_session.h"

namespace lockstep::runtime {

Http2Call::Http2Call(Http2Session& session, int32_t id)
    : session_(&session), service_(session.service()), id_(id), reader_(session.service().options.message_bytes_max) {
  metadata_.peer_address = session.peer_address();
  metadata_.peer_name = session.peer_name();
}

Http2Call::~Http2Call() = default;

void Http2Call::OnHeader(std::string_view name, std::string_view value) {
  if (name == ":path") {
    path_ = value;
  } else if (name == ":method") {
    method_ = value;
  } else if (name == "content-type") {
    content_type_ = value;
  } else if (name == ":authority") {
    metadata_.authority = value;
  } else if (name == "grpc-timeout") {
    metadata_.timeout_micros = ParseGrpcTimeout(value);
  } else if (name == "hasleader") {
    metadata_.has_leader = value == "true";
  } else if (name == "token" || (name == "authorization" && metadata_.token.empty())) {
    metadata_.token = value;
  }
}

void Http2Call::OnHeaders() {
  if (method_ == "POST" && content_type_.starts_with("application/grpc")) return BeginCall();
  BeginPage();
}

void Http2Call::BeginCall() {
  kind_ = Kind::kStream;
  const RpcMethod* method = service_.methods.Find(path_);
  if (method == nullptr) return End(UnknownMethod(path_));
  auto at = service_.counters.methods.find(path_);
  if (at == service_.counters.methods.end())
    at = service_.counters.methods.emplace(path_, HttpCounters::Method{}).first;
  counted_ = &at->second;
  ++counted_->begun;
  if (metadata_.timeout_micros.has_value()) {
    deadline_micros_ = std::max<int64_t>(1, service_.clock.ReadMonotonic().micros + *metadata_.timeout_micros);
    session_->WatchDeadlines();
  }
  if (const auto* unary = std::get_if<RpcUnary>(method)) {
    kind_ = Kind::kUnary;
    unary_ = unary;
    return;
  }
  stream_ = std::get<RpcBegin>(*method)(shared_from_this());
}

void Http2Call::BeginPage() {
  kind_ = Kind::kPage;
  if (method_ == "POST") return;  // Its body comes first.
  if (method_ != "GET" && method_ != "HEAD") return Respond({.status = 405, .body = "Method Not Allowed\n"});
  AskForPage();
}

void Http2Call::AskForPage() {
  const size_t query = std::min(path_.find('?'), path_.size());
  const HttpRequest request{.method = method_,
                            .path = path_.substr(0, query),
                            .query = query < path_.size() ? path_.substr(query + 1) : "",
                            .body = std::move(body_)};
  if (service_.pages == nullptr) return Respond({.status = 404, .body = "404 page not found\n"});
  service_.pages(request, shared_from_this());
}

void Http2Call::Respond(HttpResponse response) {
  if (ended_ || session_ == nullptr) return;
  ended_ = !response.more;
  if (ended_) Forget();
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  }
  if (method_ != "HEAD") out_ += response.body;
  if (!headers_sent_) {
    headers_sent_ = true;
    session_->SendPageHeaders(*this, response);
  } else if (std::exchange(waiting_, false)) {
    session_->Resume(*this);
  }
}

void Http2Call::OnData(std::string_view bytes) {
  if (ended_) return;
  if (kind_ == Kind::kPage) {
    body_.append(bytes);
    if (body_.size() > service_.options.body_bytes_max) Respond({.status = 413, .body = "the body is too long\n"});
    return;
  }
  const RpcStatus status = reader_.Add(bytes, [this](std::string_view message) {
    ++counted_->received_messages;
    if (kind_ == Kind::kStream) {
      if (stream_ != nullptr) stream_->OnMessage(message);
      return !ended_;
    }
    const RpcUnary* unary = std::exchange(unary_, nullptr);
    if (unary == nullptr) {
      End({RpcCode::kInternal, "grpc: a unary call has one message"});
    } else {
      (*unary)(message, shared_from_this());
    }
    return !ended_;
  });
  if (!status.ok()) End(status);
}

void Http2Call::OnHalfClosed() {
  half_closed_ = true;
  if (ended_) return;
  if (kind_ == Kind::kPage) {
    if (method_ == "POST") AskForPage();
    return;
  }
  if (kind_ == Kind::kStream && !reader_.within_message() && stream_ != nullptr) return stream_->OnHalfClosed();
  if (kind_ == Kind::kStream || unary_ != nullptr) {
    End({RpcCode::kInternal, "grpc: the call ended before its message did"});
  }
}

void Http2Call::Send(std::string message) {
  if (ended_) return;
  ++counted_->sent_messages;
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  }
  AppendGrpcMessage(message, out_);
  if (!headers_sent_) {
    headers_sent_ = true;
    session_->SendHeaders(*this);
  } else if (std::exchange(waiting_, false)) {
    session_->Resume(*this);
  }
}

void Http2Call::Finish(RpcStatus status) {
  if (ended_) return;
  ended_ = true;
  status_ = std::move(status);
  Count(status_.code);
  if (!headers_sent_) {
    headers_sent_ = true;
    session_->SendStatusOnly(*this);
  } else if (std::exchange(waiting_, false)) {
    session_->Resume(*this);
  }
}

// Ends the call from this side of the service.
void Http2Call::End(RpcStatus status) {
  Finish(std::move(status));
  if (stream_ != nullptr) stream_->OnEnded();
}

void Http2Call::Count(RpcCode code) {
  if (counted_ != nullptr) ++counted_->ended[static_cast<size_t>(code)];
}

std::optional<size_t> Http2Call::Read(char* out, size_t size, bool* last) {
  const size_t count = std::min(size, unsent_bytes());
  std::memcpy(out, out_.data() + out_sent_, count);
  out_sent_ += count;
  *last = ended_ && unsent_bytes() == 0;
  waiting_ = count == 0 && !*last;
  if (waiting_) return std::nullopt;
  return count;
}

void Http2Call::OnProgress() {
  if (!ended_ && stream_ != nullptr) stream_->OnProgress();
  if (!ended_ && kind_ == Kind::kPage) TellProgress();
}

void Http2Call::OnTime(int64_t now_micros) {
  if (!ended_ && deadline_micros_ != 0 && now_micros >= deadline_micros_) {
    End({RpcCode::kDeadlineExceeded, "context deadline exceeded"});
  }
}

void Http2Call::OnClosed() {
  session_ = nullptr;
  if (ended_) return;
  ended_ = true;
  status_ = {RpcCode::kCancelled, "context canceled"};
  Count(status_.code);
  if (stream_ != nullptr) stream_->OnEnded();
  if (kind_ == Kind::kPage) TellGone();
}

}  // namespace lockstep::runtime
