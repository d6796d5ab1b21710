#include "runtime/http2/http_server.h"

#include <algorithm>
#include <utility>

namespace lockstep::runtime {
namespace {

constexpr size_t kSpaceBytes = 64 << 10;

}  // namespace

HttpServer::HttpServer(HttpService& service, std::function<void(const absl::Status&)> trouble)
    : service_(service), trouble_(std::move(trouble)), space_(kSpaceBytes), keepalive_timer_(service.scheduler) {
  KeepAlive();
}

HttpServer::~HttpServer() { *alive_ = false; }

absl::StatusOr<std::string> HttpServer::Listen(Network& network, const std::string& address) {
  auto listener = network.Listen(address, [this](std::unique_ptr<Connection> made) { Accept(std::move(made)); });
  if (!listener.ok()) return listener.status();
  listeners_.push_back(*std::move(listener));
  return listeners_.back()->address();
}

void HttpServer::Accept(std::unique_ptr<Connection> connection) {
  if (shutdown_) return;
  const uint64_t number = next_number_++;
  connections_[number] = std::make_unique<HttpConnection>(
      service_, std::move(connection), space_, [this, number] { SendSoon(number); },
      [this, number](const absl::Status& why) {
        if (!why.ok() && trouble_) trouble_(why);
        // This is a call of the connection itself: it ends when that has returned.
        service_.scheduler.RunAfter(0, [this, alive = alive_, number] {
          if (*alive) connections_.erase(number);
        });
      });
}

// Once what is under way has ended, so that whatever one turn says leaves together.
void HttpServer::SendSoon(uint64_t number) {
  to_send_.push_back(number);
  if (send_scheduled_) return;
  send_scheduled_ = true;
  service_.scheduler.RunAfter(0, [this, alive = alive_] {
    if (!*alive) return;
    send_scheduled_ = false;
    for (const uint64_t next : std::exchange(to_send_, {})) {
      const auto at = connections_.find(next);
      if (at != connections_.end()) at->second->Send();
    }
  });
}

void HttpServer::Shutdown() {
  shutdown_ = true;
  listeners_.clear();
  for (const auto& [number, connection] : connections_) connection->Shutdown();
}

void HttpServer::KeepAlive() {
  const int64_t now = service_.clock.ReadMonotonic().micros;
  for (const auto& [number, connection] : connections_) connection->KeepAlive(now);
  const HttpOptions& options = service_.options;
  const int64_t step = std::min(options.keepalive_interval_micros, options.keepalive_timeout_micros) / 2;
  keepalive_timer_.Set(std::max<int64_t>(step, 100'000), [this] { KeepAlive(); });
}

}  // namespace lockstep::runtime
