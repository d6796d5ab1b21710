#include "runtime/http2/http_connection.h"

#include <algorithm>
#include <utility>

namespace lockstep::runtime {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kPieceBytes = 64 << 10;

}  // namespace

HttpConnection::HttpConnection(HttpService& service, std::unique_ptr<Connection> connection, std::span<char> space,
                               std::function<void()> wants_send, std::function<void(const absl::Status&)> ended)
    : service_(service),
      connection_(std::move(connection)),
      space_(space),
      wants_send_(std::move(wants_send)),
      ended_(std::move(ended)),
      heard_micros_(service.clock.ReadMonotonic().micros) {
  ++service_.counters.connections;
  connection_->SetHandler(*this);
}

HttpConnection::~HttpConnection() { --service_.counters.connections; }

void HttpConnection::OnBytes(size_t count) {
  service_.counters.received_bytes += count;
  heard_micros_ = service_.clock.ReadMonotonic().micros;
  pinged_micros_ = 0;
  if (is_ended_ || !broken_.ok()) return;
  Receive({space_.data(), count});
}

void HttpConnection::Receive(std::string_view bytes) {
  if (http2_ == nullptr && http1_ == nullptr) {
    beginning_.append(bytes);
    const size_t known = std::min(beginning_.size(), kPreface.size());
    if (kPreface.starts_with(std::string_view(beginning_).substr(0, known))) {
      if (known < kPreface.size()) return;
      http2_ = std::make_unique<Http2Session>(service_, "", connection_->peer_name(), [this] { WantSend(); });
    } else {
      http1_ = std::make_unique<Http1Session>(service_, [this] { WantSend(); });
    }
    const std::string beginning = std::exchange(beginning_, {});
    return Receive(beginning);
  }
  broken_ = http2_ != nullptr ? http2_->Receive(bytes) : http1_->Receive(bytes);
  WantSend();
}

void HttpConnection::WantSend() {
  if (asked_ || is_ended_) return;
  asked_ = true;
  wants_send_();
}

void HttpConnection::Send() {
  asked_ = false;
  while (!is_ended_ && connection_->unsent_bytes() < service_.options.unsent_bytes_max) {
    std::string out;
    if (http2_ != nullptr) {
      http2_->Produce(kPieceBytes, out);
    } else if (http1_ != nullptr) {
      http1_->Produce(kPieceBytes, out);
    }
    if (out.empty()) break;
    service_.counters.sent_bytes += out.size();
    std::vector<SharedBytes> parts;
    parts.emplace_back(std::move(out));
    connection_->Write(std::move(parts));
  }
  if (done() && connection_->unsent_bytes() == 0) End(broken_);
}

void HttpConnection::OnProgress() { WantSend(); }

bool HttpConnection::done() const {
  if (!broken_.ok()) return true;
  if (http2_ != nullptr) return http2_->done();
  if (http1_ != nullptr) return http1_->done();
  return shutdown_;
}

void HttpConnection::Shutdown() {
  shutdown_ = true;
  if (http2_ != nullptr) http2_->Shutdown();
  if (http1_ != nullptr) http1_->Shutdown();
  WantSend();
}

void HttpConnection::KeepAlive(int64_t now_micros) {
  if (is_ended_ || http2_ == nullptr) return;
  if (pinged_micros_ != 0 && now_micros - pinged_micros_ >= service_.options.keepalive_timeout_micros) {
    return End(absl::DeadlineExceededError("the client does not answer pings"));
  }
  if (pinged_micros_ == 0 && now_micros - heard_micros_ >= service_.options.keepalive_interval_micros) {
    pinged_micros_ = now_micros;
    http2_->SendPing();
  }
}

void HttpConnection::End(const absl::Status& why) {
  if (is_ended_) return;
  is_ended_ = true;
  ended_(why);
}

}  // namespace lockstep::runtime
