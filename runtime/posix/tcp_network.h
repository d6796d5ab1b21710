// The production Network: TCP, with TLS if a context is given.
#ifndef LOCKSTEP_RUNTIME_POSIX_TCP_NETWORK_H_
#define LOCKSTEP_RUNTIME_POSIX_TCP_NETWORK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "runtime/network.h"
#include "runtime/posix/event_loop.h"
#include "runtime/posix/tls.h"
#include "runtime/posix/worker.h"

namespace lockstep::runtime {

class TcpConnection;

class TcpNetwork final : public Network {
 public:
  // `tls` null: in the clear. Connections and listeners end before this object does.
  TcpNetwork(EventLoop& loop, std::shared_ptr<TlsContext> tls);
  ~TcpNetwork() override;

  std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler& handler) override;
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const std::string& address, Accept accept) override;

 private:
  EventLoop& loop_;
  const std::shared_ptr<TlsContext> tls_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Worker resolver_;  // Looks names up, which may take long.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_TCP_NETWORK_H_
