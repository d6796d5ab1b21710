#include "runtime/http2/shared_port.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

namespace lockstep::runtime {
namespace {

constexpr size_t kTellingBytes = 4;
constexpr int64_t kFirstBytesMicros = 5'000'000;

// A connection of which some bytes have been read already: they come first.
class BegunConnection final : public Connection, private ConnectionHandler {
 public:
  BegunConnection(Scheduler& scheduler, std::unique_ptr<Connection> below, std::string begun)
      : scheduler_(scheduler), below_(std::move(below)), begun_(std::move(begun)) {}
  ~BegunConnection() override { *alive_ = false; }

  void SetHandler(ConnectionHandler& handler) override {
    handler_ = &handler;
    below_->SetHandler(*this);
    scheduler_.RunAfter(0, [this, alive = alive_] {
      if (*alive) HandOverBegun();
    });
  }
  void Write(std::vector<SharedBytes> parts) override { below_->Write(std::move(parts)); }
  size_t unsent_bytes() const override { return below_->unsent_bytes(); }
  std::string peer_name() const override { return below_->peer_name(); }

 private:
  void HandOverBegun() {
    const std::string begun = std::exchange(begun_, {});
    const std::shared_ptr<bool> alive = alive_;
    for (size_t at = 0; at < begun.size();) {
      const std::span<char> space = handler_->SpaceForBytes();
      const size_t count = std::min(space.size(), begun.size() - at);
      std::memcpy(space.data(), begun.data() + at, count);
      at += count;
      handler_->OnBytes(count);
      if (!*alive) return;
    }
  }

  void OnConnected() override {}
  std::span<char> SpaceForBytes() override {
    // Until what came first is handed over, the rest joins it.
    return begun_.empty() ? handler_->SpaceForBytes() : std::span<char>(space_);
  }
  void OnBytes(size_t count) override {
    if (begun_.empty()) return handler_->OnBytes(count);
    begun_.append(space_.data(), count);
  }
  void OnProgress() override { handler_->OnProgress(); }
  void OnClosed(const absl::Status& why) override {
    begun_.clear();
    handler_->OnClosed(why);
  }

  Scheduler& scheduler_;
  const std::unique_ptr<Connection> below_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  ConnectionHandler* handler_ = nullptr;
  std::string begun_;
  std::array<char, 4096> space_{};
};

class SharedPortListener final : public Listener {
 public:
  SharedPortListener(Scheduler& scheduler, HttpServer& http, Network::Accept accept)
      : scheduler_(scheduler), http_(http), accept_(std::move(accept)) {}
  ~SharedPortListener() override { *alive_ = false; }
  std::string address() const override { return below_->address(); }
  void SetBelow(std::unique_ptr<Listener> below) { below_ = std::move(below); }

  void Take(std::unique_ptr<Connection> connection) {
    const uint64_t number = next_number_++;
    waiting_[number] = std::make_unique<Waiting>(*this, number, std::move(connection));
    scheduler_.RunAfter(kFirstBytesMicros, [this, alive = alive_, number] {
      if (*alive) waiting_.erase(number);
    });
  }

 private:
  // A connection of which it is not known yet what it speaks.
  class Waiting final : public ConnectionHandler {
   public:
    Waiting(SharedPortListener& listener, uint64_t number, std::unique_ptr<Connection> connection)
        : listener_(listener), number_(number), connection_(std::move(connection)) {
      connection_->SetHandler(*this);
    }
    void OnConnected() override {}
    std::span<char> SpaceForBytes() override { return space_; }
    void OnBytes(size_t count) override {
      begun_.append(space_.data(), count);
      if (begun_.size() >= kTellingBytes) listener_.DecideSoon(number_);
    }
    void OnProgress() override {}
    void OnClosed(const absl::Status&) override { listener_.DecideSoon(number_); }

    std::unique_ptr<Connection> TakeConnection() { return std::move(connection_); }
    const std::string& begun() const { return begun_; }

   private:
    SharedPortListener& listener_;
    const uint64_t number_;
    std::unique_ptr<Connection> connection_;
    std::string begun_;
    std::array<char, 4096> space_{};
  };

  // Not within a call of the connection.
  void DecideSoon(uint64_t number) {
    scheduler_.RunAfter(0, [this, alive = alive_, number] {
      if (*alive) Decide(number);
    });
  }

  void Decide(uint64_t number) {
    auto node = waiting_.extract(number);
    if (node.empty()) return;
    const std::string begun = node.mapped()->begun();
    if (begun.size() < kTellingBytes) return;
    auto connection = std::make_unique<BegunConnection>(scheduler_, node.mapped()->TakeConnection(), begun);
    const bool is_http = begun.starts_with("GET ") || begun.starts_with("HEAD") || begun.starts_with("PRI ");
    if (is_http) return http_.Accept(std::move(connection));
    accept_(std::move(connection));
  }

  Scheduler& scheduler_;
  HttpServer& http_;
  const Network::Accept accept_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Listener> below_;
  std::map<uint64_t, std::unique_ptr<Waiting>> waiting_;
  uint64_t next_number_ = 1;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> SharedPortNetwork::Listen(const std::string& address, Accept accept) {
  auto shared = std::make_unique<SharedPortListener>(scheduler_, http_, std::move(accept));
  auto below = below_.Listen(address, [target = shared.get()](std::unique_ptr<Connection> connection) {
    target->Take(std::move(connection));
  });
  if (!below.ok()) return below.status();
  shared->SetBelow(*std::move(below));
  return shared;
}

}  // namespace lockstep::runtime
