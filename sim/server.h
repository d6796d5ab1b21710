// Server: one member of a simulated cluster, as clients, the nemesis and the liveness phase see it, whatever runs
// inside.
//
// A server is a process on a machine of its own. What happens to it are events of the run's queue; what is done to it
// (it ends, stands still, loses its disk) are calls. Cluster is all servers of a run and what joins them.
#ifndef LOCKSTEP_SIM_SERVER_H_
#define LOCKSTEP_SIM_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "core/input.h"
#include "core/state.h"
#include "sim/clock.h"
#include "sim/event_queue.h"
#include "sim/links.h"

namespace lockstep::sim {

class Workload;

class Server {
 public:
  virtual ~Server() = default;

  // ---- Life ----
  // Starts the process from its disk. Requires: !up().
  virtual void Start() = 0;
  // Ends the process. Requires: up().
  virtual void Crash() = 0;
  // Replaces the disk by an empty one, under the next incarnation. Requires: !up().
  virtual void Wipe() = 0;
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  // From now on neither slow nor failing.
  virtual void Repair() = 0;

  virtual bool up() const = 0;
  virtual bool paused() const = 0;
  bool running() const { return up() && !paused(); }
  virtual NodeId id() const = 0;
  virtual uint32_t life() const = 0;
  // Whether its disk gives back what was made durable there: what a majority must have.
  virtual bool disk_intact() const = 0;
  // The core's state as of its last step; of a node that is down, what it had when it ended.
  virtual const State& state() const = 0;
  bool leads() const { return running() && state().role == Role::kLeader; }
  // The log that is certainly on the disk; the one that counts: of a running node the core's, else the disk's.
  virtual const Log& durable_log() const = 0;
  const Log& log() const { return up() ? state().log : durable_log(); }
  // The state machine: the last entry applied, and a hash of what that made.
  virtual Index applied() const = 0;
  virtual uint64_t machine_hash() const = 0;
  virtual size_t open_requests() const = 0;

  // ---- What happens to it ----
  // An event that names this server. One that is not of this life is dropped, one that comes during a pause waits.
  virtual void Handle(const QueuedEvent& event) = 0;
  // An operator's request; its outcome is only counted.
  virtual void Operate(input::ProposeConfiguration change) = 0;
  virtual void Operate(input::TransferLeadership transfer) = 0;
  // Withdraws one of the open requests, drawn. Returns which; 0: none is open.
  virtual RequestId WithdrawAny() = 0;
  // Begins a snapshot of the state after `index`, or, where the host cannot go back, of what is applied.
  // Requires: above the last snapshot's, and applied.
  virtual void TakeSnapshot(Index index) = 0;
  // A timer fires early, if this server's host can be made to.
  virtual void FireEarly(Event timeout) = 0;

  virtual Clock& clock() = 0;
  // Until then the disk is slow, the disk is full, the state machine is slow.
  virtual void SlowDisk(int64_t until) = 0;
  virtual void FillDisk(int64_t until) = 0;
  virtual void SlowApply(int64_t until) = 0;
};

// What others than the nemesis have asked of the cluster's members.
class MemberPlans {
 public:
  virtual ~MemberPlans() = default;
  // Whether a majority of every configuration that may come of it lives among `members`, with disks intact.
  virtual bool KeepQuorum(ServerSet members) const = 0;
};

// All servers of a run: server n is at n - 1.
class Servers {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Server;
    using difference_type = std::ptrdiff_t;
    using pointer = Server*;
    using reference = Server&;
    explicit Iterator(const std::unique_ptr<Server>* at) : at_(at) {}
    Server& operator*() const { return **at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const std::unique_ptr<Server>* at_;
  };

  void Add(std::unique_ptr<Server> server) { servers_.push_back(std::move(server)); }
  size_t size() const { return servers_.size(); }
  Server& operator[](size_t at) const { return *servers_[at]; }
  Iterator begin() const { return Iterator(servers_.data()); }
  Iterator end() const { return Iterator(servers_.data() + servers_.size()); }

  // Null: only the nemesis changes the cluster's members; else it does not.
  void SetPlans(const MemberPlans* plans) { plans_ = plans; }
  const MemberPlans* plans() const { return plans_; }

 private:
  std::vector<std::unique_ptr<Server>> servers_;
  const MemberPlans* plans_ = nullptr;
};

// What joins the servers.
class Wires {
 public:
  virtual ~Wires() = default;
  // The links that are cut now. What a cut stops is held back until `whole_at` with `hold_ppm` chances in a million,
  // else lost.
  virtual void Cut(LinkSet links, uint32_t hold_ppm, int64_t whole_at) = 0;
  virtual LinkSet cut() const = 0;
  // Lets go of the copies kept back, over the next `within_micros`.
  virtual void ReleaseLateCopies(int64_t within_micros) = 0;
};

class Cluster {
 public:
  virtual ~Cluster() = default;
  virtual Servers& servers() = 0;
  virtual Wires& wires() = 0;
  // Clients of its own kind; null: those of client.h will do.
  virtual Workload* workload() { return nullptr; }
  // At each fault interval: the faults that only this kind of cluster knows.
  virtual void MoreFaults() {}
  // An event that names no server and is not of the run.
  virtual void Handle(const QueuedEvent&) {}
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVER_H_
