// TcpConnection: a Connection over a socket, in the clear or with TLS.
#ifndef LOCKSTEP_RUNTIME_POSIX_TCP_CONNECTION_H_
#define LOCKSTEP_RUNTIME_POSIX_TCP_CONNECTION_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/network.h"
#include "runtime/posix/event_loop.h"
#include "runtime/posix/tls.h"

namespace lockstep::runtime {

class TcpConnection final : public Connection {
 public:
  // Not connected yet: Begin does that. `handler` may be null until SetHandler.
  TcpConnection(EventLoop& loop, ConnectionHandler* handler) : loop_(loop), handler_(handler) {}
  ~TcpConnection() override;

  // Goes on with the socket `fd`, which is this object's from now on: `connecting` if it is not connected yet. With
  // `tls` hands are shaken before anything else; unless `may_be_plain` and the other side begins otherwise. `ready`
  // hears when all that is done, in place of the handler's OnConnected, or of why it cannot be; the latter may be the
  // end of this object.
  using Ready = std::function<void(const absl::Status&)>;
  void Begin(int fd, bool connecting, std::unique_ptr<TlsSession> tls, Ready ready, bool may_be_plain = false);
  // Tells the handler, soon, that there will be no connection.
  void Fail(const absl::Status& why);

  void SetHandler(ConnectionHandler& handler) override { handler_ = &handler; }
  void Write(std::vector<SharedBytes> parts) override;
  size_t unsent_bytes() const override { return unsent_; }
  std::string peer_name() const override { return tls_ == nullptr ? "" : tls_->peer_name(); }

  const std::shared_ptr<bool>& alive() const { return alive_; }

 private:
  enum class Stage : uint8_t { kNone, kConnecting, kShaking, kUp, kEnded };

  void OnEvents(uint32_t events);
  void GoOn();
  bool FindOutWhetherPlain();
  void Read();
  void FlushSoon();
  void Flush();
  absl::StatusOr<size_t> WriteSome(bool* more);
  void Sent(size_t bytes);
  void WatchFor(bool writing);
  void End(const absl::Status& why);

  EventLoop& loop_;
  ConnectionHandler* handler_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Stage stage_ = Stage::kNone;
  int fd_ = -1;
  std::unique_ptr<TlsSession> tls_;
  bool may_be_plain_ = false;
  Ready ready_;
  std::deque<SharedBytes> out_;
  size_t sent_of_first_ = 0;
  size_t unsent_ = 0;
  bool flush_scheduled_ = false;
  bool watching_write_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_TCP_CONNECTION_H_
