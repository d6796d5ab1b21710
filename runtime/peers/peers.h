// Peers: a node's connections to the other nodes of its cluster.
//
//     this node --- messages ---> peer        one connection for each peer, direction and channel: what this node says
//     this node --- snapshots --> peer        goes over those it made, what it hears comes over those made to it
//
// A connection begins with a hello, in which cluster, names and versions are checked. Messages that only matter now
// (votes, heartbeats, answers) overtake entries that wait to be sent; snapshots have a channel of their own.
// Whatever a peer's budget does not allow is dropped, and the receiver is told that contact was lost: the core sends
// again. A connection that breaks is made again, later and later, with jitter.
#ifndef LOCKSTEP_RUNTIME_PEERS_PEERS_H_
#define LOCKSTEP_RUNTIME_PEERS_PEERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/clock.h"
#include "runtime/codec/frame.h"
#include "runtime/codec/hello.h"
#include "runtime/entropy.h"
#include "runtime/message_sender.h"
#include "runtime/network.h"

namespace lockstep::runtime {

class Outgoing;

struct PeersOptions {
  ClusterId cluster = 0;
  NodeId self;
  std::string listen_address;     // "host:port"; port 0: any.
  std::string announced_address;  // Where others reach this node; empty: where it listens.
  // Whether a node's certificate must bear its name, rather than any name the authority has signed.
  bool checks_names = true;
  FrameLimits frames;
  uint64_t send_bytes_max = 128 << 20;  // Waiting for one peer and channel; more is dropped.
  uint64_t unsent_bytes_max = 1 << 20;  // Handed to a connection and not sent: what nothing can overtake any more.
  int64_t reconnect_min_micros = 20'000;
  int64_t reconnect_max_micros = 1'000'000;
  int64_t hello_timeout_micros = 2'000'000;
};

// The name that a node's certificate must have, where connections are authenticated: "lockstep-node-3".
std::string CertificateName(NodeId node);

// Who is told of what concerns operators. None of it may call the peers.
class PeersObserver {
 public:
  virtual ~PeersObserver() = default;
  virtual void OnConnected(NodeId, Channel) {}
  // A connection ended or was refused; `whom` is a node or an address.
  virtual void OnTrouble(const std::string&, const absl::Status&) {}
};

class Peers final : public MessageSender {
 public:
  // `observer` may be null. Everything outlives this object.
  Peers(Scheduler& scheduler, Entropy& entropy, Network& network, const PeersOptions& options, PeersObserver* observer);
  ~Peers() override;

  // Begins to listen. Errors: those of the address.
  absl::Status Listen();
  // Where this node listens.
  std::string address() const;

  // Messages of `group` go to `receiver` from now on; null: to nobody.
  void SetReceiver(uint64_t group, MessageReceiver* receiver);
  // Where a peer is reached. A peer whose address nobody has set is reached where its own hello says.
  void SetAddress(NodeId peer, const std::string& address);
  void Forget(NodeId peer);

  void Send(Envelope envelope) override;

  // ---- Notes: bytes that hosts say to each other beside the log. They go the way of messages and, like them, may get
  // lost. `receive` hears those of `group` from now on; null: nobody. A note is below 4 MB.
  using ReceiveNote = std::function<void(NodeId source, std::string_view bytes)>;
  void SetNoteReceiver(uint64_t group, ReceiveNote receive);
  void SendNote(uint64_t group, NodeId dest, std::string_view bytes);

 private:
  class Incoming;
  struct Peer;

  void LoseContact(NodeId peer);
  void Deliver(Envelope envelope);
  void DeliverNote(NodeId source, std::string_view frame);
  Outgoing& ChannelTo(NodeId dest, Peer& peer, Channel channel);
  void Accept(std::unique_ptr<Connection> connection);
  void Greet(Incoming* incoming, const Hello& hello);
  void Drop(Incoming* incoming, const absl::Status& why);
  void Trouble(const std::string& whom, const absl::Status& why);

  Scheduler& scheduler_;
  Entropy& entropy_;
  Network& network_;
  const PeersOptions options_;
  PeersObserver* const observer_;
  std::unique_ptr<Listener> listener_;
  std::map<uint64_t, MessageReceiver*> receivers_;
  std::map<uint64_t, ReceiveNote> note_receivers_;
  std::map<NodeId, std::unique_ptr<Peer>> peers_;
  std::map<uint64_t, std::unique_ptr<Incoming>> incoming_;  // By a number of their own.
  uint64_t next_incoming_ = 1;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_PEERS_PEERS_H_
