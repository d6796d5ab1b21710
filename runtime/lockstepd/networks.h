// Networks: the connections that a member's settings ask for, in the clear and with TLS.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_NETWORKS_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_NETWORKS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/lockstepd/settings.h"
#include "runtime/posix/event_loop.h"
#include "runtime/posix/tcp_network.h"
#include "runtime/posix/tls.h"

namespace lockstep::runtime {

// How members prove themselves to each other; nothing: in the clear.
struct PeerTls {
  TlsFiles files;
  TlsPolicy policy;
};
// Errors: those of making certificates.
absl::StatusOr<std::optional<PeerTls>> MakePeerTls(const Settings& settings);

// Where clients are listened for, and how.
class ClientNetworks {
 public:
  // Errors: the files of --cert-file and so on are of no use.
  static absl::StatusOr<std::unique_ptr<ClientNetworks>> Make(EventLoop& loop, const Settings& settings);

  // For an address of the settings: with TLS, without, or as clients like it where both are asked for.
  Network& For(const std::string& address);

 private:
  explicit ClientNetworks(const Settings& settings) : settings_(settings) {}

  const Settings& settings_;
  std::unique_ptr<TcpNetwork> plain_;
  std::unique_ptr<TcpNetwork> secure_;
  std::unique_ptr<TcpNetwork> either_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_NETWORKS_H_
