// StackNode: one server that runs a whole production node: files, log, snapshots, connections, driver, state machine.
//
// Everything inside is the code that is shipped; only the seams are the run's. The node ends wherever a process can
// end: between two tasks of its event loop, or at any operation on a file. It then starts again from its files, by the
// same call as in production. All that its driver does is checked on the spot (node_checks.cc).
#ifndef LOCKSTEP_SIM_STACK_NODE_H_
#define LOCKSTEP_SIM_STACK_NODE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/data/file_data_store.h"
#include "runtime/driver/data_directory.h"
#include "runtime/driver/driver.h"
#include "runtime/memory/memory_files.h"
#include "runtime/memory/memory_network.h"
#include "runtime/peers/peers.h"
#include "sim/server.h"
#include "sim/stack/application.h"
#include "sim/stack/disk_audit.h"
#include "sim/stack/machine_faults.h"
#include "sim/stack/restore_watch.h"
#include "sim/stack/seams.h"
#include "sim/stack/wires.h"
#include "sim/world.h"

namespace lockstep::sim {

class StackNode final : public Server,
                        private runtime::DriverObserver,
                        private runtime::MessageSender,
                        private runtime::StateMachine {
 public:
  // Server `number`, not started yet. `founding`: null for one that is no founder.
  StackNode(World& world, StackWires& wires, Application& application, uint32_t number, const Configuration* founding);
  ~StackNode() override;

  void Start() override;
  void Crash() override;
  void Wipe() override;
  void Pause() override;
  void Resume() override;
  void Repair() override;

  bool up() const override { return driver_ != nullptr && !ended_; }
  bool paused() const override { return paused_; }
  NodeId id() const override { return id_; }
  uint32_t life() const override { return life_; }
  bool disk_intact() const override { return intact_; }
  const State& state() const override { return driver_ != nullptr ? driver_->state() : last_state_; }
  const Log& durable_log() const override;
  Index applied() const override { return state().applied_index; }
  uint64_t machine_hash() const override;
  size_t open_requests() const override { return driver_ == nullptr ? 0 : driver_->open_requests(); }

  void Handle(const QueuedEvent& event) override;
  void Operate(input::ProposeConfiguration change) override;
  void Operate(input::TransferLeadership transfer) override;
  RequestId WithdrawAny() override;
  void TakeSnapshot(Index index) override;
  void FireEarly(Event) override {}  // Nobody but its own timers can tell a driver that one has fired.

  sim::Clock& clock() override { return clock_; }
  void SlowDisk(int64_t until) override { faults_.Slow(until); }
  void FillDisk(int64_t until) override;
  void SlowApply(int64_t until) override { slow_apply_until_ = until; }

  // ---- For the atlas (atlas.h).
  MachineFaults& faults() { return faults_; }
  runtime::MemoryDisk& disk() { return disk_; }
  const runtime::LogIdentity& identity() const { return identity_; }
  // What was durable on its disk may be so no more. With `refused_next`, a start that does not refuse is a failure.
  void LoseDisk(bool refused_next);
  // Whether its last start was refused, with an intact disk or not.
  bool refused() const { return refused_; }

 private:
  struct Open {
    Request request;
    RequestId id = 0;  // The driver's.
  };

  // node.cc: life.
  absl::Status Begin();
  absl::Status TryWrongName();
  void Refuse(const absl::Status& why);
  void EndProcess();
  void LosePower();
  void RestartLater(int64_t within_micros);
  void MaybeCrashSoon();
  void RunTask(const QueuedEvent& event);
  // After the node's code has run: whether it has ended within, or must wait.
  void Settle();
  bool muted() const { return ended_ || faults_.dying() || world_.failed(); }

  // node_requests.cc: clients' requests.
  void TakeRequest(uint32_t slot);
  void Answered(uint64_t number, const runtime::Answer& answer);
  void Reply(const Request& request, Answer answer, uint64_t result, NodeId leader, bool session_lost);

  // node_checks.cc: what the driver tells and asks.
  void OnStarted(const DurableState& durable, const State& state, const EffectSink& effects) override;
  void OnStep(const Input& input, const State& state, const EffectSink& effects) override;
  void OnRoleChanged(const effect::RoleChanged& changed) override;
  void OnConfigurationChanged(const ConfigurationEntry& configuration) override;
  void OnStopped(const absl::Status& why) override;
  void Send(runtime::Envelope envelope) override;
  void Apply(std::span<const runtime::Command> commands, std::vector<std::string>& replies) override;
  absl::StatusOr<std::string> Lookup(std::string_view query) override;
  std::unique_ptr<runtime::SnapshotSource> Freeze() override;
  absl::Status Restore(runtime::SnapshotSource& source) override;
  void CheckAlone(const char* call);
  void CheckState(Index index);
  runtime::DataStore* data() override { return data_store_.get(); }
  void CheckRestart(const DurableState& durable, const State& state);
  void CheckDisk(const Input& input, const State& state);
  void Book(const Input& input, const State& state, const EffectSink& effects);
  void CountTransitions(const Input& input, const EffectSink& effects);
  void MaybeTakeSnapshot(const EffectSink& effects);

  World& world_;
  StackWires& wires_;
  Application& application_;
  const uint32_t number_;
  const std::optional<Configuration> founding_;
  NodeId id_;
  runtime::LogIdentity identity_;
  uint32_t life_ = 0;
  bool paused_ = false;
  bool ended_ = true;     // The process is no more, or about to be taken apart.
  bool begun_ = false;    // The driver has begun, in this life.
  bool stopped_ = false;  // The driver has stopped: the process ends.
  bool refused_ = false;
  bool must_refuse_ = false;
  bool intact_ = true;
  int64_t slow_apply_until_ = 0;
  int64_t busy_until_ = 0;
  sim::Clock clock_;
  runtime::MemoryDisk disk_;
  State last_state_;
  mutable Log durable_log_;

  std::array<LaneScheduler, kLaneCount> lanes_;
  NodeClock node_clock_;
  NodeEntropy entropy_;
  MachineFaults faults_;
  LogAudit audit_;

  // Of one life, in the order in which they are made.
  std::unique_ptr<runtime::MemoryFiles> files_;
  runtime::DataDirectory data_;
  std::unique_ptr<RestoreWatch> snapshots_;
  std::unique_ptr<Replica> replica_;
  std::unique_ptr<runtime::DataStore> data_store_;
  std::unique_ptr<runtime::MemoryHost> host_;
  std::unique_ptr<runtime::Peers> peers_;
  std::unique_ptr<runtime::Driver> driver_;

  std::map<uint64_t, Open> open_;  // Clients' and operators' requests, by a number of their own.
  uint64_t next_open_ = 1;
  std::vector<QueuedEvent> backlog_;
  Role counted_role_ = Role::kFollower;
  ConfigurationEntry counted_configuration_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_NODE_H_
