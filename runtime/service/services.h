// Services: all that a node of the key-value store answers, free of sockets and of gRPC.
//
//     transport --> RpcMethods --> services --> Submitter, FreshReads --> node
//                                     ^------ KvMachine, WatchHub <------ log
//
// Everything on the host's thread. Made before the node, since the node needs its machine, and ended after it, since
// the node's answers come here: machine, services, node; then Attach.
#ifndef LOCKSTEP_RUNTIME_SERVICE_SERVICES_H_
#define LOCKSTEP_RUNTIME_SERVICE_SERVICES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "kvsm/api/cluster.pb.h"
#include "runtime/clock.h"
#include "runtime/rpc/rpc.h"
#include "runtime/service/kv_machine.h"
#include "runtime/service/options.h"
#include "runtime/service/replica.h"

namespace lockstep::runtime {

// For metrics and health.
struct ServiceFigures {
  size_t proposals_open = 0;
  uint64_t proposals_failed = 0;
  size_t reads_waiting = 0;
  size_t watches = 0;
  size_t watches_behind = 0;
  size_t leases = 0;
  int64_t keys = 0;
  int64_t bytes = 0;
  int64_t revision = 0;
  int64_t compact_revision = 0;
  bool has_leader = false;
  bool has_alarm = false;
};

class Services {
 public:
  Services(Clock& clock, Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options);
  ~Services();

  // Adds every method of etcd's services, locks and elections included. Requires: this object outlives the calls.
  void Register(RpcMethods& methods);

  // From now on requests are served with this node. `start` is drawn anew at each start of it.
  void Attach(Replica& replica, SideChannel& channel, uint64_t start);
  // A role or a leader has changed. May come from the driver's observer.
  void OnRoleChanged();
  // What another node's services sent over the side channel.
  void ReceiveFromPeer(NodeId source, std::string_view bytes);
  // `changed` hears, later, that the table of members may have changed: where they are reached, who has left.
  void SetMembersChanged(std::function<void()> changed);

  // By id, as this node knows them; see kvsm/members.h.
  const std::map<uint64_t, etcdserverpb::Member>& members() const;

  ServiceFigures figures() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_SERVICES_H_
