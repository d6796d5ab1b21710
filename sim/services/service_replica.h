// ServiceReplica: the key-value store's services on one node, for one life: what lockstepd puts on its node, with the
// run's connections in the place of a transport.
//
// Machine, services and submitter are those of runtime/service; what they say to other nodes goes as notes over the
// node's own connections. Besides, what the node applies is entered in the ledger, and reads are shown to the monitor.
#ifndef LOCKSTEP_SIM_SERVICES_SERVICE_REPLICA_H_
#define LOCKSTEP_SIM_SERVICES_SERVICE_REPLICA_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/driver/driver.h"
#include "runtime/peers/peers.h"
#include "runtime/rpc/memory_rpc.h"
#include "runtime/rpc/rpc.h"
#include "runtime/service/kv_machine.h"
#include "runtime/service/replica.h"
#include "runtime/service/services.h"
#include "sim/services/connections.h"
#include "sim/services/habits.h"
#include "sim/services/judge.h"
#include "sim/stack/application.h"

namespace lockstep::sim {

class ServiceReplica final : public Replica, private runtime::Replica, private runtime::SideChannel {
 public:
  ServiceReplica(World& world, const Habits& habits, Connections& connections, Judge& judge, const ReplicaHost& host);
  ~ServiceReplica() override;

  runtime::StateMachine& machine() override { return machine_; }
  uint64_t Executed(const runtime::Command& command, std::string_view reply) override;
  void Attach(runtime::Driver& driver, runtime::Peers& peers) override;
  void Detach() override;
  void OnRoleChanged() override { services_.OnRoleChanged(); }
  void Receive(uint64_t argument) override;
  void Flush() override;

 private:
  using CallName = std::pair<uint64_t, uint64_t>;  // Connection and call.
  struct Open {
    std::shared_ptr<runtime::MemoryRpc> call;
    int under_way = 0;  // Messages said and not taken.
  };

  // runtime::Replica
  absl::StatusOr<RequestId> Propose(runtime::SharedBytes command, runtime::AnswerDone done) override;
  absl::StatusOr<RequestId> Read(std::string query, runtime::ReadLevel level, runtime::AnswerDone done) override;
  absl::StatusOr<RequestId> ChangeConfiguration(const ConfigurationChange& change, runtime::AnswerDone done) override;
  absl::StatusOr<RequestId> TransferLeadership(NodeId target, runtime::AnswerDone done) override;
  const State& state() const override { return driver_->state(); }
  // runtime::SideChannel
  void Send(NodeId peer, std::string bytes) override;

  void Handle(const Packet& packet);
  void Pump(CallName name, Open& open);

  World& world_;
  Connections& connections_;
  Judge& judge_;
  const ReplicaHost host_;
  runtime::KvMachine machine_;
  runtime::Services services_;
  runtime::RpcMethods methods_;
  runtime::Driver* driver_ = nullptr;
  runtime::Peers* peers_ = nullptr;
  std::map<CallName, Open> calls_;
  std::vector<CallName> touched_;  // Something is to be said on them, perhaps.
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_SERVICE_REPLICA_H_
