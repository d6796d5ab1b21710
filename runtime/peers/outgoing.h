// Outgoing: one channel to one peer: the connection this node makes, and what waits to be sent over it.
#ifndef LOCKSTEP_RUNTIME_PEERS_OUTGOING_H_
#define LOCKSTEP_RUNTIME_PEERS_OUTGOING_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/clock.h"
#include "runtime/codec/frame.h"
#include "runtime/codec/hello.h"
#include "runtime/entropy.h"
#include "runtime/network.h"

namespace lockstep::runtime {

struct OutgoingOptions {
  Hello hello;
  FrameLimits frames;
  uint64_t send_bytes_max = 0;
  uint64_t unsent_bytes_max = 0;
  int64_t reconnect_min_micros = 0;
  int64_t reconnect_max_micros = 0;
  int64_t hello_timeout_micros = 0;
};

class Outgoing final : private ConnectionHandler {
 public:
  struct Told {
    std::function<void()> connected;
    std::function<void(const absl::Status&)> lost;  // A connection that was up has ended, or something was dropped.
    std::function<void(const absl::Status&)> trouble;
  };
  Outgoing(Scheduler& scheduler, Entropy& entropy, Network& network, std::string address, OutgoingOptions options,
           Told told);
  ~Outgoing() override;

  // Queues a frame; an urgent one goes before those that are not. Connects if need be.
  void Send(std::vector<SharedBytes> frame, bool urgent);
  const std::string& address() const { return address_; }

 private:
  enum class Stage : uint8_t { kIdle, kConnecting, kGreeting, kUp };
  struct Queued {
    std::vector<SharedBytes> parts;
    uint64_t bytes = 0;
  };

  void OnConnected() override;
  std::span<char> SpaceForBytes() override { return reader_.Space(); }
  void OnBytes(size_t count) override;
  void OnProgress() override { Pump(); }
  void OnClosed(const absl::Status& why) override { End(why); }

  void Connect();
  void TakeReply(const Frame& frame);
  void Pump();
  void End(const absl::Status& why);

  Entropy& entropy_;
  Network& network_;
  const std::string address_;
  const OutgoingOptions options_;
  const Told told_;

  Stage stage_ = Stage::kIdle;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> ended_;  // Ended within one of its own calls: let go later.
  FrameReader reader_;
  std::deque<Queued> urgent_;
  std::deque<Queued> others_;
  uint64_t queued_bytes_ = 0;
  int64_t reconnect_micros_;
  Timer timer_;  // Of the connection being made, or of the next attempt.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_PEERS_OUTGOING_H_
