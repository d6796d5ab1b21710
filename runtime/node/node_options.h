// What an embedding program says about a node: who it is, where its files and its peers are, how patient it is.
#ifndef LOCKSTEP_RUNTIME_NODE_NODE_OPTIONS_H_
#define LOCKSTEP_RUNTIME_NODE_NODE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "core/configuration.h"
#include "runtime/codec/hello.h"
#include "runtime/driver/host.h"
#include "runtime/network.h"
#include "runtime/posix/tls.h"

namespace lockstep::runtime {

struct NodeOptions {
  NodeOptions() {
    driver.snapshot_log_bytes = 256 << 20;
    driver.core.snapshot_trailing_entries = 4096;
    driver.core.snapshot_trailing_bytes = 64 << 20;
  }

  // ---- Who it is: for good. The files remember it, and refuse to be another's.

  // Drawn once for a cluster, the same on all of its nodes; not 0. Nodes of another cluster are not spoken to.
  ClusterId cluster = 0;
  // Several groups may share a cluster's number; a node is of one.
  uint64_t group = 0;
  // Its number in the cluster, from 1. A node whose disk was lost comes back with the next incarnation, in an empty
  // folder, and joins as a new member.
  NodeId id;
  // Of a founding member: the cluster's first configuration, the same for all of them. A node that joins later has
  // none: it waits until it is added. Of no account once the node has files.
  std::optional<Configuration> founding;

  // ---- Where things are.

  // Its files; made if need be. One process at a time may use it.
  std::string directory;
  std::string listen_address = "127.0.0.1:0";  // "host:port"; port 0: any.
  std::string announced_address;               // Where others reach this node; empty: where it listens.
  // Where the other members are reached. One that is not named here is reached where its own hello says.
  std::map<NodeId, std::string> addresses;
  // Certificates for the connections between nodes (the name in this node's: CertificateName(id)); none: in the clear.
  std::optional<TlsFiles> tls;
  TlsPolicy tls_policy;
  // False: any name that the authority has signed will do.
  bool checks_certificate_names = true;
  // If set: what nodes' connections shall go through, made from the network there is. For whoever shares the port.
  std::function<std::unique_ptr<Network>(Network&)> wrap_network;

  // ---- Patience and budgets. The same on every node unless somebody knows why not.

  DriverOptions driver;                 // Its `id` and `group` are filled in.
  uint64_t segment_bytes = 64 << 20;    // Of the log's files.
  uint64_t send_bytes_max = 128 << 20;  // Waiting for one peer and channel; more is dropped, and sent again later.
};

// Errors: InvalidArgument naming the field that no node can run with.
absl::Status ValidateNodeOptions(const NodeOptions& options);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_NODE_NODE_OPTIONS_H_
