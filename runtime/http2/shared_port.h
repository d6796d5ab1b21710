// SharedPortNetwork: a Network on whose listening ports plain HTTP is answered too.
//
// A node listens for its peers, who speak a protocol of their own. Whoever joins knows that address and nothing else,
// and asks there, by HTTP, who the members are. The first bytes tell the two apart: a connection that begins with "GET
// " or "HEAD" goes to the HTTP server, every other to whoever listens.
#ifndef LOCKSTEP_RUNTIME_HTTP2_SHARED_PORT_H_
#define LOCKSTEP_RUNTIME_HTTP2_SHARED_PORT_H_

#include <memory>
#include <string>

#include "runtime/clock.h"
#include "runtime/http2/http_server.h"
#include "runtime/network.h"

namespace lockstep::runtime {

class SharedPortNetwork final : public Network {
 public:
  // Everything outlives this object and its listeners.
  SharedPortNetwork(Scheduler& scheduler, Network& below, HttpServer& http)
      : scheduler_(scheduler), below_(below), http_(http) {}

  std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler& handler) override {
    return below_.Connect(address, handler);
  }
  absl::StatusOr<std::unique_ptr<Listener>> Listen(const std::string& address, Accept accept) override;

 private:
  Scheduler& scheduler_;
  Network& below_;
  HttpServer& http_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_SHARED_PORT_H_
