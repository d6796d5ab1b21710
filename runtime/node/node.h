// Node: one member of a replicated group in this process: files, connections and driver, put together.
//
//     the program --> Node --> Driver --> log and snapshots in a folder
//      its machine <----'        '-----> the other nodes over TCP
//
// This is what an embedding program uses. Everything happens on the thread of the event loop that it is started on:
// all calls come from there, and so do all answers and news, never within the call that asks. (node_thread.h has a node
// for callers on other threads.) Every request is answered exactly once. What is replicated is the state machine's
// matter, who may ask for what, the program's.
#ifndef LOCKSTEP_RUNTIME_NODE_NODE_H_
#define LOCKSTEP_RUNTIME_NODE_NODE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/driver/data_directory.h"
#include "runtime/driver/driver.h"
#include "runtime/node/node_options.h"
#include "runtime/peers/peers.h"
#include "runtime/posix/event_loop.h"
#include "runtime/posix/posix_entropy.h"
#include "runtime/posix/posix_files.h"
#include "runtime/posix/tcp_network.h"

namespace lockstep::runtime {

// Who is told what happens: OnRoleChanged, OnConfigurationChanged, OnStorage, OnStopped, OnConnected, OnTrouble
// (driver/host.h, peers/peers.h). None of it may call the node: what is to be done goes to the loop, by RunAfter.
class NodeObserver : public DriverObserver, public PeersObserver {};

// How a node is: a value, at the moment it was asked for.
struct NodeStatus {
  NodeId id;
  Role role = Role::kFollower;
  Term term = 0;
  NodeId leader;            // kNoNode: none is known.
  Index first_index = 0;    // Of the entries that the log still has.
  Index last_index = 0;     // Of the log.
  Index durable_index = 0;  // Of what is on the disk.
  Index commit_index = 0;   // Of what is decided, as far as this node knows.
  Index applied_index = 0;  // Of what the state machine has applied.
  ConfigurationEntry configuration;
  Snapshot snapshot;
  absl::Status storage;        // The disk fails or is full; OK while it works.
  absl::Status stopped;        // Why the node has stopped for good; OK while it runs.
  size_t requests = 0;         // Open ones,
  uint64_t request_bytes = 0;  // and what they hold.
  bool is_new = false;         // Its files were made by this start.
};

class Node final {
 public:
  // Opens the files, or makes them; restores `machine` from the snapshot, listens and begins to take part. `machine` is
  // as it was made, `observer` may be null; loop, machine and observer outlive the node.
  // Errors: InvalidArgument for the options; what the files refuse (data_directory.h), with what was seen and what to
  // do; Unavailable if another process uses the folder; those of the address and of the certificates.
  static absl::StatusOr<std::unique_ptr<Node>> Start(EventLoop& loop, const NodeOptions& options, StateMachine& machine,
                                                     NodeObserver* observer);
  // Ends at once: open requests may have happened. A leader does better to hand over before (HandOver).
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // ---- Requests: see Driver for each. `done` runs later and once, unless an error is returned.

  absl::StatusOr<RequestId> Propose(SharedBytes command, AnswerDone done) {
    return driver_->Propose(std::move(command), std::move(done));
  }
  absl::StatusOr<RequestId> Read(std::string query, ReadLevel level, AnswerDone done) {
    return driver_->Read(std::move(query), level, std::move(done));
  }
  absl::StatusOr<RequestId> ChangeConfiguration(const ConfigurationChange& change, AnswerDone done) {
    return driver_->ChangeConfiguration(change, std::move(done));
  }
  absl::StatusOr<RequestId> TransferLeadership(NodeId target, AnswerDone done) {
    return driver_->TransferLeadership(target, std::move(done));
  }
  // Transfers leadership to the voter that has most of the log; done at once where this node does not lead.
  void HandOver(AnswerDone done);
  void Cancel(RequestId id) { driver_->Cancel(id); }
  void TakeSnapshot() { driver_->TakeSnapshot(); }

  // ---- The other members.

  // Where a member is reached: of one that joins, to be said on every node before it is added.
  void SetAddress(NodeId peer, const std::string& address) { peers_->SetAddress(peer, address); }
  // The member has left: no connection to it is made any more.
  void Forget(NodeId peer) { peers_->Forget(peer); }
  // Where this node listens.
  std::string address() const { return peers_->address(); }

  // ---- Notes to the other members, beside the log: see Peers.

  void SetNoteReceiver(Peers::ReceiveNote receive) { peers_->SetNoteReceiver(options_.group, std::move(receive)); }
  void SendNote(NodeId dest, std::string_view bytes) { peers_->SendNote(options_.group, dest, bytes); }

  // ---- How it is.

  NodeStatus status() const;
  // All that the core knows; `leading.peers` is a leader's view of the others. Changes with every turn.
  const State& state() const { return driver_->state(); }
  const NodeOptions& options() const { return options_; }
  // What opening the log found.
  const LogReport& log_report() const { return data_.report; }

 private:
  Node(EventLoop& loop, const NodeOptions& options, NodeObserver* observer);
  absl::Status OpenFiles();
  absl::Status OpenNetwork();
  absl::Status OpenDriver(StateMachine& machine);

  EventLoop& loop_;
  const NodeOptions options_;
  NodeObserver* const observer_;
  // In the order in which each is built on those before it.
  PosixEntropy entropy_;
  std::unique_ptr<Descriptor> lock_;
  std::unique_ptr<PosixFiles> files_;
  DataDirectory data_;
  std::unique_ptr<TcpNetwork> network_;
  std::unique_ptr<Network> shared_network_;  // Over the other, if the options ask for it.
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<Driver> driver_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_NODE_NODE_H_
