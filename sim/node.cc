#include "sim/node.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/step.h"

namespace lockstep::sim {

Node::Node(World& world, Network& network, uint32_t number, DurableState disk)
    : world_(world), network_(network), number_(number), id_{number, 0}, disk_(std::move(disk)) {}

// ---- Life ----------------------------------------------------------------------------------------------

void Node::Start() {
  ++life_;
  effects_.clear();
  const DurableState& durable = disk_.durable();
  absl::StatusOr<State> state = lockstep::Start(id_, world_.scenario.options, world_.choices.Bits(), durable, effects_);
  if (!state.ok()) {
    world_.Fail("StartFromDisk", id_, std::string(state.status().message()));
    return;
  }
  state_ = *std::move(state);
  up_ = true;
  ++world_.counters.transitions[static_cast<size_t>(Transition::kRestarted)];
  payloads_ = disk_.payloads();
  if (disk_.snapshot_content() != 0) {
    store_ = world_.snapshots[disk_.snapshot_content() - 1];
    snapshots_.push_back({durable.snapshot, disk_.snapshot_content()});
  } else {
    store_ = Store(world_.scenario.keys, world_.scenario.clients);
  }
  // A log that the snapshot has replaced.
  if (payloads_.base() < state_.log.base_index() || payloads_.last() > state_.log.last_index()) {
    payloads_.CompactTo(state_.log.base_index());
    payloads_.TruncateAfter(state_.log.last_index());
  }
  counted_role_ = state_.role;
  counted_configuration_ = state_.log.configuration();
  world_.digest.Add(uint64_t{0xb0} << 56 | uint64_t{number_} << 48 | state_.current_term);
  if (world_.observer != nullptr) world_.observer->OnStart({world_.now, id_, durable, state_, effects_});
  const spec::DiskView view{durable.term, durable.voted_for, durable.snapshot, durable.log};
  if (!world_.Check(world_.monitor.Started(world_.step, view, state_, effects_))) return;
  world_.Refined(id_, world_.refinement.Started(state_));
  source_ = {};
  CarryOut(effects_.size());
}

void Node::Crash() {
  ++life_;
  up_ = paused_ = false;
  ++world_.counters.transitions[static_cast<size_t>(Transition::kStopped)];
  world_.digest.Add(uint64_t{0xc0} << 56 | uint64_t{number_} << 48);
  if (world_.observer != nullptr) world_.observer->OnCrash({world_.now, id_});
  world_.monitor.Crashed(world_.step, id_);
  // What was on its way to stable storage may have arrived, untold.
  const bool lose = world_.Strikes(Fault::kLoseUnsynced);
  for (uint32_t slot : snapshots_under_way_) {
    const SnapshotJob job = snapshot_jobs_.Take(slot);
    if (!lose || world_.choices.Below(2) == 0) disk_.SaveSnapshot(job.snapshot, job.content);
  }
  const bool torn = lose && world_.Strikes(Fault::kTornWrite);
  WriteId first_lost = 0;
  const size_t lost = disk_.Crash(lose, torn, world_.choices, &first_lost);
  if (lost != 0) world_.Inject(Fault::kLoseUnsynced, FaultPhase::kOnce, id_, kNoNode, static_cast<int64_t>(lost));
  if (torn && lost != 0) world_.Inject(Fault::kTornWrite, FaultPhase::kOnce, id_);
  const bool reached = installing_.has_value() && (first_lost == 0 || first_lost > installing_->after);
  if (reached && (!lose || world_.choices.Below(2) == 0)) {
    disk_.InstallSnapshot(installing_->snapshot, installing_->content);
  }
  snapshots_under_way_.clear();
  snapshots_.clear();
  installing_.reset();
  stored_ = {};
  loads_ = {};
  loaded_ = {};
  held_.clear();
  requests_.clear();
  batch_.clear();
  for (TimerSlot& timer : timers_) timer.queued = 0;
  // Messages that arrived during a pause are lost with the process; the rest of the backlog is of its life.
  for (const QueuedEvent& event : backlog_) {
    if (event.kind == EventKind::kDeliver) network_.Arrive(static_cast<uint32_t>(event.argument), false, received_);
    if (event.kind == EventKind::kRequest) world_.requests.Take(event.argument);
  }
  backlog_.clear();
}

void Node::Wipe() {
  disk_ = Disk();
  ++id_.incarnation;
  ++world_.counters.transitions[static_cast<size_t>(Transition::kRejoined)];
}

void Node::LoseDisk() {
  disk_ = Disk();
  world_.monitor.DiskLost(world_.step, id_);
}

void Node::Pause() { paused_ = true; }

void Node::Resume() {
  if (!paused_) return;
  paused_ = false;
  // What came meanwhile is handled at once, the kinds in any order among each other.
  std::vector<QueuedEvent> events;
  events.swap(backlog_);
  for (QueuedEvent& event : events) world_.After(world_.choices.Between(0, 3), event);
}

void Node::Repair() { slow_disk_until_ = disk_full_until_ = slow_apply_until_ = 0; }

RequestId Node::WithdrawAny() {
  const RequestId id = requests_.empty() ? 0 : requests_[world_.choices.Below(requests_.size())].id;
  world_.Inject(Fault::kCancel, FaultPhase::kOnce, id_, kNoNode, static_cast<int64_t>(id));
  Take(input::Cancel{id});
  return id;
}

// ---- Events --------------------------------------------------------------------------------------------

void Node::Handle(const QueuedEvent& event) {
  if (event.life != 0 && event.life != life_) return;
  if (paused_) {
    backlog_.push_back(event);
    return;
  }
  Dispatch(event);
}

void Node::Dispatch(const QueuedEvent& event) {
  switch (event.kind) {
    case EventKind::kDeliver:
      return Deliver(static_cast<uint32_t>(event.argument));
    case EventKind::kTimer:
      return FireTimer(static_cast<effect::Timer>(event.detail), event.argument);
    case EventKind::kWriteComplete:
      return CompleteWrite(event.argument);
    case EventKind::kApplied:
      return FinishApply(event.argument);
    case EventKind::kSnapshotWritten:
      return FinishSnapshot(static_cast<uint32_t>(event.argument));
    case EventKind::kChunkStored:
      return FinishChunk(event.argument);
    case EventKind::kSnapshotInstalled:
      return FinishInstall();
    case EventKind::kEntriesLoaded:
      return FinishLoad(static_cast<uint32_t>(event.argument));
    case EventKind::kRequest:
      return TakeRequest(static_cast<uint32_t>(event.argument));
    case EventKind::kProposeBatch:
      return ProposeBatch();
    case EventKind::kLookUp:
      return LookUp(event.argument);
    case EventKind::kUnreachable:
      return Take(input::PeerUnreachable{{event.detail, static_cast<uint32_t>(event.argument)}});
    default:
      return;
  }
}

void Node::Deliver(uint32_t slot) {
  if (!network_.Arrive(slot, up_, received_)) return;
  PayloadSource source;
  if (const auto* append = std::get_if<AppendEntries>(&received_.message.body)) {
    source = {append->previous.index + 1, received_.payloads.data(), received_.payloads.size(), 0};
  }
  TakeFrom(input::Receive{std::move(received_.message)}, source);
}

void Node::QueueTimer(effect::Timer timer) {
  TimerSlot& slot = timers_[static_cast<size_t>(timer)];
  slot.queued = slot.due;
  QueuedEvent event = Mine(EventKind::kTimer, ++slot.sequence);
  event.detail = static_cast<uint16_t>(timer);
  event.time = slot.due;
  world_.queue.Push(event);
}

void Node::FireTimer(effect::Timer timer, uint64_t sequence) {
  TimerSlot& slot = timers_[static_cast<size_t>(timer)];
  if (slot.sequence != sequence) return;
  if (slot.due > world_.now) return QueueTimer(timer);  // It has been set again since.
  slot.queued = 0;
  switch (timer) {
    case effect::Timer::kElection:
      return Take(input::ElectionTimeout{});
    case effect::Timer::kHeartbeat:
      return Take(input::HeartbeatTimeout{});
    case effect::Timer::kQuorumCheck:
      return Take(input::QuorumCheckTimeout{});
  }
}

void Node::CompleteWrite(WriteId id) {
  const bool full = world_.now < disk_full_until_;
  const bool fails = !disk_.settled(id) && (full || world_.Strikes(Fault::kWriteFailure));
  bool ok = false;
  durable_.clear();
  if (fails) {
    world_.Inject(full ? Fault::kDiskFull : Fault::kWriteFailure, FaultPhase::kOnce, id_);
    const bool torn = world_.Strikes(Fault::kTornWrite);
    if (torn) world_.Inject(Fault::kTornWrite, FaultPhase::kOnce, id_);
    disk_.Fail(id, torn, world_.choices, durable_);
  } else {
    ok = disk_.Complete(id, durable_);
  }
  if (!ReportDurable()) return;
  std::vector<HeldSend> waited = TakeHeld(id);
  if (!ok) waited.clear();
  // Messages that waited for this write leave before the core hears of it, or right after.
  const uint32_t life = life_;
  const bool sends_first = waited.empty() || world_.choices.Below(2) == 0;
  const auto send = [&] {
    for (HeldSend& held : waited) network_.Send(std::move(held.envelope));
  };
  if (sends_first) send();
  // What a failure has voided may be told either way: the core no longer asks.
  if (ok || (!fails && world_.choices.Below(2) == 0)) {
    Take(input::WriteDone{id});
  } else {
    Take(input::WriteFailed{id});
  }
  if (!sends_first && life_ == life) send();
}

std::vector<Node::HeldSend> Node::TakeHeld(WriteId id) {
  const auto waits =
      std::stable_partition(held_.begin(), held_.end(), [id](const HeldSend& held) { return held.after != id; });
  std::vector<HeldSend> taken(std::make_move_iterator(waits), std::make_move_iterator(held_.end()));
  held_.erase(waits, held_.end());
  return taken;
}

bool Node::ReportDurable() {
  for (WriteId written : durable_) {
    if (!world_.Check(world_.monitor.WriteDurable(world_.step, id_, written))) return false;
  }
  return true;
}

void Node::FinishApply(Index last) {
  for (Index index = store_.applied() + 1; index <= last; ++index) {
    if (index <= payloads_.base() || index > payloads_.last()) {
      return world_.Fail("PayloadAtHand", id_, "no payload to apply at index " + std::to_string(index));
    }
    const Payload payload = payloads_.At(index);
    const bool executed = store_.Apply(index, payload == 0 ? nullptr : &world_.commands[payload]);
    if (payload == 0) continue;
    const bool holds = world_.monitor.AppliedCommand(world_.step, id_, index, payload, executed ? payload : 0);
    if (!world_.Check(holds)) return;
  }
  AnswerApplied();
  Take(input::Applied{last});
}

void Node::FinishSnapshot(uint32_t slot) {
  const SnapshotJob job = snapshot_jobs_.Take(slot);
  std::erase(snapshots_under_way_, slot);
  const bool fails = world_.Strikes(Fault::kSnapshotFailure) || world_.now < disk_full_until_;
  if (fails) {
    world_.Inject(Fault::kSnapshotFailure, FaultPhase::kOnce, id_);
  } else if (job.snapshot.last_included.index > disk_.durable().snapshot.last_included.index) {
    disk_.SaveSnapshot(job.snapshot, job.content);
    // An old one stays for those to whom it is being sent, for a while.
    if (snapshots_.size() == 4) snapshots_.erase(snapshots_.begin());
    snapshots_.push_back(job);
    ++world_.counters.transitions[static_cast<size_t>(Transition::kSnapshotTaken)];
  }
  Take(input::SnapshotTaken{job.snapshot.last_included.index, job.snapshot.bytes, !fails});
}

void Node::FinishChunk(WriteId id) {
  const bool fails = world_.Strikes(Fault::kSnapshotFailure) || world_.now < disk_full_until_;
  if (fails) {
    world_.Inject(Fault::kSnapshotFailure, FaultPhase::kOnce, id_);
    stored_.whole = false;
  }
  Take(input::SnapshotChunkStored{id, !fails});
}

void Node::FinishInstall() {
  const InstallJob job = *installing_;
  installing_.reset();
  const bool fails = world_.Strikes(Fault::kSnapshotFailure) || world_.now < disk_full_until_;
  if (fails) {
    world_.Inject(Fault::kSnapshotFailure, FaultPhase::kOnce, id_);
  } else {
    durable_.clear();
    disk_.Flush(job.after, durable_);
    if (!ReportDurable()) return;
    disk_.InstallSnapshot(job.snapshot, job.content);
    store_ = world_.snapshots[job.content - 1];
    payloads_.Reset(job.snapshot.last_included.index);
    snapshots_.push_back({job.snapshot, job.content});
    ++world_.counters.transitions[static_cast<size_t>(Transition::kSnapshotInstalled)];
    AnswerApplied();
  }
  Take(input::SnapshotInstalled{job.snapshot.last_included, !fails});
}

void Node::FinishLoad(uint32_t slot) {
  input::EntriesLoaded loaded = loads_.Take(slot);
  loaded.ok = !world_.Strikes(Fault::kLoadFailure);
  if (loaded.ok) {
    loaded_[loaded.peer.number] = {loaded.first, loaded.last};
  } else {
    world_.Inject(Fault::kLoadFailure, FaultPhase::kOnce, id_, loaded.peer);
  }
  Take(loaded);
}

// ---- One step ------------------------------------------------------------------------------------------

void Node::Take(Event event) { TakeFrom(std::move(event), {}); }

void Node::TakeFrom(Event event, PayloadSource source) {
  if (!running() || world_.failed()) return;
  source_ = source;
  effects_.clear();
  input_.event = std::move(event);
  input_.now = ReadClock();
  ++world_.step;
  Step(state_, input_, effects_);
  world_.monitor.Stepped(world_.step, input_, state_, effects_);
  world_.Refined(id_, world_.refinement.Stepped(input_, effects_, state_));
  Book();
  const std::optional<size_t> cut = DrawCut();
  const size_t done = cut.value_or(effects_.size());
  if (world_.observer != nullptr) {
    world_.observer->OnStep({world_.step, world_.now, id_, input_, effects_, done, state_});
  }
  if (world_.failed()) return;
  CarryOut(done);
  if (!cut.has_value() || world_.failed()) return;
  world_.Inject(Fault::kCrashAtCut, FaultPhase::kOnce, id_, kNoNode, static_cast<int64_t>(done));
  Crash();
  QueuedEvent restart = Mine(EventKind::kRestart);
  restart.life = 0;
  world_.After(world_.choices.Between(0, world_.scenario.fault_duration_max_micros), restart);
}

std::optional<size_t> Node::DrawCut() {
  if (!world_.faults_on || effects_.empty()) return std::nullopt;
  const uint32_t ppm = world_.scenario.fault_ppm[Fault::kCrashAtCut];
  if (ppm == 0) return std::nullopt;
  // Likelier where something becomes durable: there a cut matters.
  uint32_t weight = 1;
  for (const Effect& effect : effects_) {
    if (std::holds_alternative<effect::SaveVote>(effect)) weight = 24;
    if (std::holds_alternative<effect::TruncateLog>(effect)) weight = 24;
    if (std::holds_alternative<effect::InstallSnapshot>(effect)) weight = 24;
    if (std::holds_alternative<effect::AppendLog>(effect)) weight = std::max(weight, 3u);
  }
  if (!world_.choices.Chance(std::min(ppm * weight, 200'000u))) return std::nullopt;
  return world_.choices.Below(effects_.size() + 1);
}

void Node::Book() {
  Counters& counters = world_.counters;
  const size_t action = ActionOf(input_.event);
  ++counters.actions[action];
  for (const Effect& effect : effects_) ++counters.effects[effect.index()];
  const LogPosition last = state_.last_log();
  Fingerprinter& digest = world_.digest;
  digest.Add(uint64_t{number_} << 56 | uint64_t{action} << 48 | static_cast<uint64_t>(world_.now));
  digest.Add(uint64_t{effects_.size()} << 56 | static_cast<uint64_t>(state_.role) << 48 | state_.current_term << 24 |
             last.term);
  digest.Add(state_.commit_index << 40 ^ last.index << 20 ^ state_.storage.durable_index);
}

Now Node::ReadClock() const {
  if (world_.scenario.options.lease_micros == 0) return {};
  return clock_.Read(world_.now);
}

}  // namespace lockstep::sim
