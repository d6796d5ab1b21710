#include "sim/stack/node.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/wal/replay.h"
#include "sim/stack/disk_damage.h"

namespace lockstep::sim {
namespace {

constexpr runtime::ClusterId kCluster = 0x10c57e9;

}  // namespace

StackNode::StackNode(World& world, StackWires& wires, Application& application, uint32_t number,
                     const Configuration* founding)
    : world_(world),
      wires_(wires),
      application_(application),
      number_(number),
      founding_(founding == nullptr ? std::nullopt : std::optional<Configuration>(*founding)),
      id_{number, 0},
      identity_{kCluster, 0, id_},
      lanes_{LaneScheduler(world, number, Lane::kTimers, clock_, life_),
             LaneScheduler(world, number, Lane::kNetwork, clock_, life_),
             LaneScheduler(world, number, Lane::kDisk, clock_, life_)},
      node_clock_(world, clock_),
      entropy_(world.choices),
      faults_(world, id_, disk_,
              [this](const std::string& path, uint64_t offset, uint64_t size) {
                return ShowsDamage(disk_, identity_, path, offset, size);
              }),
      audit_(disk_, identity_) {
  // Until its files are made, a founder is what its operator said.
  if (founding_.has_value()) durable_log_ = Log({}, {0, *founding_});
}

StackNode::~StackNode() { EndProcess(); }

// ---- Beginning -----------------------------------------------------------------------------------------

void StackNode::Start() {
  ++life_;
  refused_ = stopped_ = begun_ = false;
  busy_until_ = 0;
  faults_.Begin();
  ended_ = false;
  absl::Status status = TryWrongName();
  if (status.ok()) status = Begin();
  if (world_.failed()) return;
  if (faults_.dying()) return Settle();
  if (!status.ok()) return Refuse(status);
  if (must_refuse_) {
    return world_.Fail("LostFilesRefusedProp", id_, "started although files that it needs were taken away or damaged");
  }
  MaybeCrashSoon();
  Settle();
}

// Where processes end, they end again while they recover.
void StackNode::MaybeCrashSoon() {
  const auto& rate = world_.scenario.fault_ppm;
  const bool crashes =
      rate[Fault::kCrash] + rate[Fault::kCrashLeader] + rate[Fault::kCrashAll] + rate[Fault::kCrashAtFile] != 0;
  if (life_ == 1 || !crashes || !world_.faults_on || world_.choices.Below(3) != 0) return;
  const int64_t within = world_.scenario.election_timeout_micros >> world_.choices.Below(8);
  lanes_[static_cast<size_t>(Lane::kTimers)].RunAfter(world_.choices.Between(1, within), [this] {
    if (!world_.faults_on) return;
    world_.Inject(Fault::kCrash, FaultPhase::kOnce, id_);
    faults_.End();
  });
}

absl::Status StackNode::Begin() {
  files_ = std::make_unique<runtime::MemoryFiles>(disk_, lanes_[static_cast<size_t>(Lane::kDisk)], faults_);
  runtime::DataDirectoryOptions files;
  files.identity = identity_;
  files.segment_bytes = world_.scenario.segment_bytes;
  if (id_.incarnation == 0) files.founding = founding_;
  auto data = runtime::OpenDataDirectory(*files_, entropy_, files);
  if (!data.ok()) return data.status();
  data_ = *std::move(data);
  snapshots_ = std::make_unique<RestoreWatch>(*data_.snapshots, [this](Index index) { CheckState(index); });
  if (const uint32_t bytes_min = world_.scenario.data_bytes_min; bytes_min != 0) {
    data_store_ = std::make_unique<runtime::FileDataStore>(*files_, runtime::FileDataStoreOptions{"data", bytes_min});
  }

  const int64_t election = world_.scenario.election_timeout_micros;
  runtime::Scheduler& timers = lanes_[static_cast<size_t>(Lane::kTimers)];
  replica_ = application_.MakeReplica({id_, life_, node_clock_, timers, [this] { return muted(); }});
  host_ = std::make_unique<runtime::MemoryHost>(wires_.network(), lanes_[static_cast<size_t>(Lane::kNetwork)],
                                                StackWires::HostName(number_));
  runtime::PeersOptions peers;
  peers.cluster = kCluster;
  peers.self = id_;
  peers.listen_address = StackWires::Address(number_);
  peers.reconnect_min_micros = election / 25;
  peers.reconnect_max_micros = election;
  peers.hello_timeout_micros = 2 * election;
  peers_ = std::make_unique<runtime::Peers>(timers, entropy_, *host_, peers, nullptr);
  if (absl::Status status = peers_->Listen(); !status.ok()) return status;

  runtime::DriverOptions driver;
  driver.id = id_;
  driver.core = world_.scenario.options;
  driver.election_timeout_micros = election;
  driver.heartbeat_micros = world_.scenario.heartbeat_micros;
  driver.requests.requests_max = world_.scenario.requests_max;
  driver.payload_cache_bytes = world_.scenario.payload_cache_bytes;
  driver.apply_commands_max = world_.scenario.apply_commands_max;
  driver.inputs_per_turn_max = world_.scenario.inputs_per_turn_max;
  auto started = runtime::Driver::Start({node_clock_, timers, entropy_, *files_, *data_.log, *snapshots_, *this, *this},
                                        driver, data_.stored, this);
  if (!started.ok()) return started.status();
  driver_ = *std::move(started);
  data_.stored = {};
  peers_->SetReceiver(0, driver_.get());
  replica_->Attach(*driver_, *peers_);
  return absl::OkStatus();
}

// An operator's slip: the files are somebody else's, or this node's of another life. That must be refused, and harm
// nothing.
absl::Status StackNode::TryWrongName() {
  if (life_ == 1 || !disk_.Exists("identity") || !world_.Strikes(Fault::kWrongName)) return absl::OkStatus();
  world_.Inject(Fault::kWrongName, FaultPhase::kOnce, id_);
  runtime::DataDirectoryOptions wrong;
  wrong.identity = identity_;
  wrong.segment_bytes = world_.scenario.segment_bytes;
  switch (world_.choices.Below(3)) {
    case 0:
      ++wrong.identity.node.incarnation;
      break;
    case 1:
      ++wrong.identity.node.number;
      break;
    default:
      ++wrong.identity.cluster;
      break;
  }
  runtime::MemoryFiles files(disk_, lanes_[static_cast<size_t>(Lane::kDisk)], faults_);
  if (runtime::OpenDataDirectory(files, entropy_, wrong).ok()) {
    world_.Fail("ForeignFilesRefusedProp", id_, "started on files of another name");
  }
  return absl::OkStatus();
}

void StackNode::Refuse(const absl::Status& why) {
  const bool fault = faults_.struck() || absl::IsResourceExhausted(why);
  EndProcess();
  if (!intact_) {
    must_refuse_ = false;
    refused_ = true;  // Until an operator takes its disk away.
    return;
  }
  if (!fault) return world_.Fail("StartFromDisk", id_, std::string(why.message()));
  RestartLater(world_.scenario.fault_duration_max_micros);
}

// ---- Ending --------------------------------------------------------------------------------------------

void StackNode::EndProcess() {
  ended_ = true;
  ++life_;
  paused_ = false;
  if (driver_ != nullptr) last_state_ = driver_->state();
  if (driver_ != nullptr) replica_->Detach();
  if (peers_ != nullptr) peers_->SetReceiver(0, nullptr);
  driver_.reset();
  host_.reset();  // Before what holds its connections: they are not closed one by one.
  peers_.reset();
  replica_.reset();
  data_store_.reset();
  snapshots_.reset();
  data_ = {};
  files_.reset();
  for (LaneScheduler& lane : lanes_) lane.Clear();
  open_.clear();
  for (const QueuedEvent& event : backlog_) {
    if (event.kind == EventKind::kRequest) world_.requests.Take(event.argument);
    if (event.kind == EventKind::kCall) application_.Refuse(event.argument);
  }
  backlog_.clear();
}

void StackNode::Crash() {
  EndProcess();
  application_.Ended(number_);
  if (std::exchange(begun_, false)) {
    ++world_.counters.transitions[static_cast<size_t>(Transition::kStopped)];
    if (world_.observer != nullptr) world_.observer->OnCrash({world_.now, id_});
    world_.monitor.Crashed(world_.step, id_);
  }
  world_.digest.Add(uint64_t{0xc0} << 56 | uint64_t{number_} << 48);
  LosePower();
}

// The machine may have gone down with the process: of what was not synced any part stays.
void StackNode::LosePower() {
  if (!world_.Strikes(Fault::kLoseUnsynced)) return;
  const bool torn = world_.Strikes(Fault::kTornWrite);
  const uint64_t odds = torn ? 1 + world_.choices.Below(7) : 0;  // Of eight: that a sector stays.
  uint64_t lost = 0, kept = 0;
  disk_.Crash([&] {
    const bool keep = odds != 0 && world_.choices.Below(8) < odds;
    ++(keep ? kept : lost);
    return keep;
  });
  if (lost != 0) world_.Inject(Fault::kLoseUnsynced, FaultPhase::kOnce, id_, kNoNode, static_cast<int64_t>(lost));
  if (lost != 0 && kept != 0) world_.Inject(Fault::kTornWrite, FaultPhase::kOnce, id_);
}

void StackNode::RestartLater(int64_t within_micros) {
  QueuedEvent event;
  event.kind = EventKind::kRestart;
  event.node = static_cast<uint8_t>(number_);
  world_.After(world_.choices.Between(0, within_micros), event);
}

void StackNode::Settle() {
  if (world_.failed()) return;
  if (faults_.dying()) {
    Crash();
    RestartLater(world_.scenario.fault_duration_max_micros);
    return;
  }
  if (stopped_) {
    // The process says what it saw, and ends; its supervisor starts it again.
    Crash();
    RestartLater(world_.scenario.election_timeout_micros);
    return;
  }
  busy_until_ = std::max(busy_until_, faults_.TakeBlockedUntil());
  if (busy_until_ <= world_.now || paused_ || !up()) return;
  paused_ = true;
  QueuedEvent event;
  event.kind = EventKind::kResume;
  event.node = static_cast<uint8_t>(number_);
  event.life = life_;
  world_.After(busy_until_ - world_.now, event);
}

void StackNode::Wipe() {
  disk_ = runtime::MemoryDisk();
  ++id_.incarnation;
  identity_.node = id_;
  intact_ = true;
  must_refuse_ = refused_ = false;
  durable_log_ = Log();
  ++world_.counters.transitions[static_cast<size_t>(Transition::kRejoined)];
}

void StackNode::LoseDisk(bool refused_next) {
  intact_ = false;
  must_refuse_ = must_refuse_ || refused_next;
}

void StackNode::Pause() { paused_ = true; }

void StackNode::Resume() {
  if (!paused_) return;
  paused_ = false;
  busy_until_ = 0;
  // What came meanwhile is handled at once: each lane in its order, the lanes in any order among each other.
  std::vector<QueuedEvent> events;
  events.swap(backlog_);
  std::array<int64_t, kLaneCount> delays;
  for (int64_t& delay : delays) delay = world_.choices.Between(0, 3);
  for (QueuedEvent& event : events) {
    world_.After(event.kind == EventKind::kTask ? delays[event.detail] : world_.choices.Between(0, 3), event);
  }
}

void StackNode::Repair() {
  faults_.Repair();
  slow_apply_until_ = 0;
}

void StackNode::FillDisk(int64_t until) {
  faults_.Fill(until);
  world_.Inject(Fault::kDiskFull, FaultPhase::kOnce, id_, kNoNode, until - world_.now);
}

const Log& StackNode::durable_log() const {
  runtime::MemoryDisk durable = disk_.Durable();
  runtime::DiskFaults none;
  LaneScheduler nowhere(world_, number_, Lane::kDisk, clock_, life_);
  runtime::MemoryFiles files(durable, nowhere, none);
  const auto replayed = runtime::ReplayLog(files, "log", identity_);
  if (replayed.ok()) durable_log_ = replayed->index.ToStoredLog().log;
  return durable_log_;
}

uint64_t StackNode::machine_hash() const { return replica_ == nullptr ? 0 : HashOf(replica_->machine()); }

// ---- Events --------------------------------------------------------------------------------------------

void StackNode::Handle(const QueuedEvent& event) {
  if (event.life != 0 && event.life != life_) return;
  if (paused_) {
    backlog_.push_back(event);
    return;
  }
  if (event.kind == EventKind::kRequest) {
    TakeRequest(static_cast<uint32_t>(event.argument));
  } else if (event.kind == EventKind::kCall) {
    if (up()) {
      replica_->Receive(event.argument);
    } else {
      application_.Refuse(event.argument);
    }
  } else if (event.kind == EventKind::kTask) {
    RunTask(event);
  }
  if (up()) Settle();
  if (up() && !muted()) replica_->Flush();
}

void StackNode::RunTask(const QueuedEvent& event) {
  faults_.SetInBackground(static_cast<Lane>(event.detail) == Lane::kDisk);
  if (!lanes_[event.detail].Run(event.argument)) --world_.events;  // It had been called off.
  faults_.SetInBackground(false);
}

}  // namespace lockstep::sim
