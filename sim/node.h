// One server: the core's state, and a simulated host that does what the core asks.
//
// The host owns what the core leaves out: timers and their durations, the clock, the disk, the payloads of entries, the
// state machine, snapshots' contents, and the clients' requests. It can crash between any two effects, stand still, and
// lose its disk. Everything it waits for is an event of the run's queue.
#ifndef LOCKSTEP_SIM_NODE_H_
#define LOCKSTEP_SIM_NODE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "core/start.h"
#include "core/state.h"
#include "sim/clock.h"
#include "sim/disk.h"
#include "sim/network.h"
#include "sim/server.h"
#include "sim/store.h"
#include "sim/world.h"

namespace lockstep::sim {

class Node final : public Server {
 public:
  // Server `number` with this disk, not started yet.
  Node(World& world, Network& network, uint32_t number, DurableState disk);

  void Start() override;
  void Crash() override;
  void Wipe() override;
  void Pause() override;
  void Resume() override;
  void Repair() override;
  // Replaces the disk by an empty one, under the same name: what no server may do. Requires: !up().
  void LoseDisk();

  bool up() const override { return up_; }
  bool paused() const override { return paused_; }
  NodeId id() const override { return id_; }
  uint32_t life() const override { return life_; }
  bool disk_intact() const override { return true; }
  const State& state() const override { return state_; }
  const Disk& disk() const { return disk_; }
  const Store& store() const { return store_; }
  const Log& durable_log() const override { return disk_.durable().log; }
  Index applied() const override { return store_.applied(); }
  uint64_t machine_hash() const override { return store_.Hash(); }
  size_t open_requests() const override { return requests_.size(); }

  void Handle(const QueuedEvent& event) override;
  void Operate(input::ProposeConfiguration change) override;
  void Operate(input::TransferLeadership transfer) override;
  RequestId WithdrawAny() override;
  void TakeSnapshot(Index index) override;
  void FireEarly(Event timeout) override { Take(std::move(timeout)); }

  Clock& clock() override { return clock_; }
  void SlowDisk(int64_t until) override { slow_disk_until_ = until; }
  void FillDisk(int64_t until) override { disk_full_until_ = until; }
  void SlowApply(int64_t until) override { slow_apply_until_ = until; }

 private:
  // Takes one input right now, unless it is down or paused.
  void Take(Event event);

  struct OpenRequest {
    RequestId id = 0;
    Request request;  // client 0xffffffff: an operator's.
    Index index = 0;  // A proposal's entry, once it has committed: answered when it is applied.
    int64_t lease_until_micros = 0;
  };
  // A timer that is set again leaves its event in the queue, which then looks at `due`.
  struct TimerSlot {
    int64_t due = 0;
    int64_t queued = 0;     // When its event comes; 0: none.
    uint64_t sequence = 0;  // Of that event; others are of old.
  };
  struct HeldSend {
    WriteId after = 0;
    Envelope envelope;
  };
  struct SnapshotJob {
    Snapshot snapshot;
    uint32_t content = 0;
  };
  struct StoredChunks {
    LogPosition last_included;
    uint32_t content = 0;
    uint64_t bytes = 0;  // From the start, without a gap.
    bool whole = false;  // All of one snapshot, as far as they go.
  };
  struct InstallJob {
    Snapshot snapshot;
    uint32_t content = 0;
    WriteId after = 0;  // The last write asked for before.
  };
  // Where the payloads of the step's new entries come from.
  struct PayloadSource {
    Index message_first = 0;  // Receive(AppendEntries): of the first one in `payloads`.
    const Payload* payloads = nullptr;
    size_t count = 0;
    size_t proposed = 0;  // Propose: so many have been taken.
  };

  // node.cc: events.
  void Dispatch(const QueuedEvent& event);
  void Deliver(uint32_t slot);
  void QueueTimer(effect::Timer timer);
  void FireTimer(effect::Timer timer, uint64_t sequence);
  void CompleteWrite(WriteId id);
  bool ReportDurable();
  std::vector<HeldSend> TakeHeld(WriteId id);
  void FinishApply(Index last);
  void FinishSnapshot(uint32_t slot);
  void FinishChunk(WriteId id);
  void FinishInstall();
  void FinishLoad(uint32_t slot);
  void TakeFrom(Event event, PayloadSource source);
  // Whether the node ends within this step, and after how many of its effects.
  std::optional<size_t> DrawCut();
  void Book();
  Now ReadClock() const;

  // node_effects.cc: one for each effect.
  void CarryOut(size_t effects);
  void Do(effect::SaveVote& write);
  void Do(effect::AppendLog& write);
  void Do(effect::TruncateLog& write);
  void Do(effect::Send& send);
  void Do(effect::LoadEntries& load);
  void Do(effect::Apply& apply);
  void Do(effect::SetTimer& timer);
  void Do(effect::TakeSnapshot& take);
  void Do(effect::CompactLog& compact);
  void Do(effect::StoreSnapshotChunk& chunk);
  void Do(effect::InstallSnapshot& install);
  void Do(effect::Outcome& outcome);
  void Do(effect::ConfigurationChanged& changed);
  void Do(effect::RoleChanged& changed);
  void Do(effect::Halt& halt);
  int64_t DiskDelay();
  void ScheduleWrite(WriteId id);
  bool Attach(Envelope& envelope);
  bool AttachEntries(const AppendEntries& append, NodeId dest, Payloads& payloads);
  QueuedEvent Mine(EventKind kind, uint64_t argument = 0) const;

  // node_requests.cc: clients' requests.
  void TakeRequest(uint32_t slot);
  void ProposeBatch();
  void LookUp(RequestId id);
  void EndLeaseReads();
  void AnswerApplied();
  void Reply(const Request& request, Answer answer, uint64_t result, NodeId leader);
  OpenRequest* FindRequest(RequestId id);
  void Close(OpenRequest* request);

  World& world_;
  Network& network_;
  const uint32_t number_;
  NodeId id_;
  uint32_t life_ = 0;
  bool up_ = false;
  bool paused_ = false;
  State state_;
  Disk disk_;
  Clock clock_;
  Store store_;
  PayloadLog payloads_;  // Of the log as the core has it.

  Input input_;
  EffectSink effects_;
  PayloadSource source_;
  Envelope received_;
  std::vector<WriteId> durable_;  // Become so just now.
  std::vector<Payload> proposed_;

  std::array<TimerSlot, 3> timers_{};
  std::vector<HeldSend> held_;
  std::vector<QueuedEvent> backlog_;
  Pool<SnapshotJob> snapshot_jobs_;
  std::vector<uint32_t> snapshots_under_way_;
  std::vector<SnapshotJob> snapshots_;  // Those that can be sent.
  StoredChunks stored_;
  int64_t chunks_stored_at_ = 0;
  std::optional<InstallJob> installing_;
  Pool<input::EntriesLoaded> loads_;
  std::array<std::pair<Index, Index>, kServersMax + 1> loaded_{};
  std::vector<OpenRequest> requests_;
  std::vector<Request> batch_;

  int64_t slow_disk_until_ = 0;
  int64_t disk_full_until_ = 0;
  int64_t slow_apply_until_ = 0;
  Role counted_role_ = Role::kFollower;
  ConfigurationEntry counted_configuration_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_NODE_H_
