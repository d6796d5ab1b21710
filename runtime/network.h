// Network: connections that carry bytes, as the host sees them.
//
// A connection delivers bytes in order, in pieces of any size, until it closes; what was written and not yet delivered
// is lost then, and nobody knows how much. Framing, identity and reconnecting are for the layer above (peers/). All
// calls of handlers come on the host's thread, never within a call that the handler's owner makes.
#ifndef LOCKSTEP_RUNTIME_NETWORK_H_
#define LOCKSTEP_RUNTIME_NETWORK_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/bytes.h"

namespace lockstep::runtime {

// What a connection tells its owner.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // The connection is up (of one made by Connect).
  virtual void OnConnected() = 0;
  // Where the next bytes shall go; not empty.
  virtual std::span<char> SpaceForBytes() = 0;
  // `count` bytes have arrived in that space.
  virtual void OnBytes(size_t count) = 0;
  // Some of what waited to be sent has left.
  virtual void OnProgress() = 0;
  // It has ended, other than by its owner's wish; nothing comes after this.
  virtual void OnClosed(const absl::Status& why) = 0;
};

// Ending this object closes the connection; no handler is called after that.
class Connection {
 public:
  virtual ~Connection() = default;
  // From now on `handler` hears of this connection. It must outlive it.
  virtual void SetHandler(ConnectionHandler& handler) = 0;
  // Queues `parts`, in this order.
  virtual void Write(std::vector<SharedBytes> parts) = 0;
  // Bytes queued and not yet handed to the network.
  virtual size_t unsent_bytes() const = 0;
  // Whom the other side has proved to be (its certificate's name); empty without authentication.
  virtual std::string peer_name() const = 0;
};

// Ending this object stops listening.
class Listener {
 public:
  virtual ~Listener() = default;
  // Where it listens: with the port that was chosen, if the one asked for was 0.
  virtual std::string address() const = 0;
};

class Network {
 public:
  virtual ~Network() = default;
  using Accept = std::function<void(std::unique_ptr<Connection>)>;

  // Begins to connect; `handler` hears how that goes. Addresses are "host:port".
  virtual std::unique_ptr<Connection> Connect(const std::string& address, ConnectionHandler& handler) = 0;
  // Errors: the address is malformed or taken.
  virtual absl::StatusOr<std::unique_ptr<Listener>> Listen(const std::string& address, Accept accept) = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_NETWORK_H_
