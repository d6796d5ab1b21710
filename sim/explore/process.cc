#include "sim/explore/process.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/step.h"

namespace lockstep::sim::explore {
namespace {

// Requests are named by what they are, so that their ids depend on nothing else.
constexpr RequestId kFirstRead = 1000;
constexpr RequestId kTransferId = 2000;
constexpr RequestId kChangeId = 3000;

WriteId IdOf(const Effect& write) {
  if (const auto* vote = std::get_if<effect::SaveVote>(&write)) return vote->write_id;
  if (const auto* append = std::get_if<effect::AppendLog>(&write)) return append->write_id;
  return std::get<effect::TruncateLog>(write).write_id;
}

void SetId(Effect& write, WriteId id) {
  if (auto* vote = std::get_if<effect::SaveVote>(&write)) {
    vote->write_id = id;
  } else if (auto* append = std::get_if<effect::AppendLog>(&write)) {
    append->write_id = id;
  } else {
    std::get<effect::TruncateLog>(write).write_id = id;
  }
}

// The disk after `write` has reached it.
void Persist(const Effect& write, DurableState& disk) {
  if (const auto* vote = std::get_if<effect::SaveVote>(&write)) {
    disk.term = vote->term;
    disk.voted_for = vote->voted_for;
  } else if (const auto* truncate = std::get_if<effect::TruncateLog>(&write)) {
    disk.log.TruncateAfter(std::max(truncate->last, disk.log.base_index()));
  } else {
    const auto& append = std::get<effect::AppendLog>(write);
    disk.log.TruncateAfter(std::max(append.first - 1, disk.log.base_index()));
    auto configuration = append.configurations.begin();
    for (size_t i = 0; i < append.entries.size(); ++i) {
      const Index index = append.first + i;
      const bool holds = configuration != append.configurations.end() && configuration->index == index;
      if (index > disk.log.base_index()) {
        if (holds) {
          disk.log.Append(append.entries[i], configuration->configuration);
        } else {
          disk.log.Append(append.entries[i]);
        }
      }
      if (holds) ++configuration;
    }
  }
}

// Runs the core on one process and carries out what it asks for.
class Host {
 public:
  Host(const Process& before, const Bounds& bounds, StepObserver* observer) : bounds_(bounds), observer_(observer) {
    happening_.after = before;
  }

  void Take(Event event) {
    queue_.push_back(std::move(event));
    while (!queue_.empty() && !happening_.halt.has_value()) {
      const Input input{std::move(queue_.front()), {}};
      queue_.pop_front();
      StepOnce(input);
    }
  }

  void CompleteWrite(size_t at) {
    auto& writes = process().writes;
    // A write on disk has everything before it there.
    for (size_t i = 0; i <= at; ++i) {
      if (!std::exchange(writes[i].on_disk, true)) Persist(writes[i].effect, process().disk);
    }
    const WriteId id = IdOf(writes[at].effect);
    writes.erase(writes.begin() + static_cast<ptrdiff_t>(at));
    Release(id);
    Take(input::WriteDone{id});
  }

  // The write and all later ones fail, without a trace on disk.
  void FailWrite(size_t at) {
    auto& writes = process().writes;
    const WriteId id = IdOf(writes[at].effect);
    writes.erase(writes.begin() + static_cast<ptrdiff_t>(at), writes.end());
    std::erase_if(process().held, [id](const HeldMessage& held) { return held.after >= id; });
    Take(input::WriteFailed{id});
  }

  void Crash(size_t surviving) {
    Process& p = process();
    for (size_t i = 0; i < surviving; ++i) {
      if (!p.writes[i].on_disk) Persist(p.writes[i].effect, p.disk);
    }
    p.writes.clear();
    p.held.clear();
    EffectSink effects;
    absl::StatusOr<State> started = Start(p.state.id, bounds_.CoreOptions(), p.state.start + 1, p.disk, effects);
    if (!started.ok()) {
      happening_.error = started.status();
      return;
    }
    p.state = *std::move(started);
    p.disk.log = p.state.log;  // What the snapshot replaces is dropped.
  }

  void TakeSnapshot() {
    Process& p = process();
    const Index index = p.state.applied_index;
    PersistSnapshot({{index, *p.state.log.TermAt(index)}, p.state.log.ConfigurationAt(index), 1});
    Take(input::SnapshotTaken{index, 1, true});
  }

  Happening Finish() {
    Renumber();
    return std::move(happening_);
  }

 private:
  Process& process() { return happening_.after; }

  void StepOnce(const Input& input) {
    std::optional<State> before;
    if (observer_ != nullptr) before = process().state;
    EffectSink effects;
    Step(process().state, input, effects);
    if (observer_ != nullptr) observer_->Stepped(*before, input, effects, process().state);
    happening_.inputs.push_back(input);
    for (const Effect& effect : effects) CarryOut(effect);
  }

  void CarryOut(const Effect& effect) {
    if (const auto* send = std::get_if<effect::Send>(&effect)) {
      if (send->after == 0) {
        happening_.sent.push_back(send->message);
      } else {
        process().held.push_back({send->after, send->message});
      }
    } else if (std::holds_alternative<effect::SaveVote>(effect) || std::holds_alternative<effect::AppendLog>(effect) ||
               std::holds_alternative<effect::TruncateLog>(effect)) {
      process().writes.push_back({effect, false});
    } else if (const auto* apply = std::get_if<effect::Apply>(&effect)) {
      queue_.push_back(input::Applied{apply->last});
    } else if (const auto* compact = std::get_if<effect::CompactLog>(&effect)) {
      DurableState& disk = process().disk;
      if (compact->last.index > disk.log.base_index() && compact->last.index <= disk.log.last_index()) {
        disk.log.CompactTo(compact->last.index);
      }
    } else if (const auto* store = std::get_if<effect::StoreSnapshotChunk>(&effect)) {
      queue_.push_back(input::SnapshotChunkStored{store->write_id, true});
    } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&effect)) {
      Install(*install);
    } else if (const auto* outcome = std::get_if<effect::Outcome>(&effect)) {
      if (outcome->kind == effect::OutcomeKind::kDone && outcome->request_id >= kFirstRead &&
          outcome->request_id < kTransferId) {
        happening_.reads.push_back({outcome->request_id - kFirstRead, process().state.applied_index});
      }
    } else if (const auto* halt = std::get_if<effect::Halt>(&effect)) {
      happening_.halt = *halt;
    }
  }

  void Release(WriteId id) {
    auto& held = process().held;
    for (HeldMessage& message : held) {
      if (message.after == id) happening_.sent.push_back(std::move(message.message));
    }
    std::erase_if(held, [id](const HeldMessage& message) { return message.after == id; });
  }

  void PersistSnapshot(Snapshot snapshot) { process().disk.snapshot = std::move(snapshot); }

  // Durable and atomic, and after the writes that were asked for before it.
  void Install(const effect::InstallSnapshot& install) {
    Process& p = process();
    for (Write& write : p.writes) {
      if (!std::exchange(write.on_disk, true)) Persist(write.effect, p.disk);
    }
    PersistSnapshot({install.last_included, install.configuration, 1});
    if (install.keep_log && p.disk.log.Matches(install.last_included)) {
      p.disk.log.CompactTo(install.last_included.index);
    } else {
      p.disk.log = Log(install.last_included, install.configuration);
    }
    queue_.push_back(input::SnapshotInstalled{install.last_included, true});
  }

  // Ids of writes are opaque to the core: only which are equal, and which are earlier, matters.
  void Renumber() {
    Process& p = process();
    Storage& storage = p.state.storage;
    // What the core no longer waits for needs no completion; what was put on disk stays there.
    std::vector<WriteId> ids;
    for (Write& write : p.writes) ids.push_back(IdOf(write.effect));
    for (const PendingLogWrite& write : storage.pending_log_writes) ids.push_back(write.write_id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const auto renumbered = [&ids](WriteId id) -> WriteId {
      if (id == 0) return 0;
      return static_cast<WriteId>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin()) + 1;
    };
    for (Write& write : p.writes) SetId(write.effect, renumbered(IdOf(write.effect)));
    for (HeldMessage& held : p.held) held.after = renumbered(held.after);
    for (PendingLogWrite& write : storage.pending_log_writes) write.write_id = renumbered(write.write_id);
    storage.pending_vote_write = renumbered(storage.pending_vote_write);
    storage.next_write_id = ids.size() + 1;
  }

  const Bounds& bounds_;
  StepObserver* observer_;
  Happening happening_;
  std::deque<Event> queue_;
};

}  // namespace

const char* Name(EventKind kind) {
  static constexpr const char* kNames[] = {
      "deliver",  "election timeout", "heartbeat timeout", "quorum check timeout", "propose",      "read",
      "transfer", "change",           "snapshot",          "write done",           "write failed", "crash"};
  return kNames[static_cast<size_t>(kind)];
}

Fingerprint FingerprintOf(const Process& process) {
  Fingerprinter f;
  AddTo(f, process.state);
  const auto add_log = [&f](const Log& log) {
    f.Add(log.base_index());
    f.Add(log.last_index());
    for (Index i = log.first_index(); i <= log.last_index(); ++i) {
      f.Add(log.At(i).term);
      f.Add(static_cast<uint64_t>(log.At(i).kind));
    }
  };
  f.Add(process.disk.term);
  f.Add(process.disk.voted_for.number);
  f.Add(process.disk.snapshot.last_included.index);
  add_log(process.disk.log);
  f.Add(process.writes.size());
  for (const Write& write : process.writes) {
    AddTo(f, write.effect);
    f.Add(write.on_disk ? 1 : 0);
  }
  f.Add(process.held.size());
  for (const HeldMessage& held : process.held) {
    f.Add(held.after);
    AddTo(f, held.message);
  }
  return f.Finish();
}

Process Renamed(const Process& process, const Permutation& permutation) {
  Process renamed{Renamed(process.state, permutation), Renamed(process.disk, permutation), process.writes,
                  process.held};
  for (Write& write : renamed.writes) write.effect = Renamed(write.effect, permutation);
  for (HeldMessage& held : renamed.held) held.message = Renamed(held.message, permutation);
  // The order in which messages to different nodes wait does not matter; names must not decide it.
  return renamed;
}

Process Founder(uint32_t slot, const Bounds& bounds) {
  Configuration configuration;
  const uint32_t voters = bounds.voters == 0 ? bounds.nodes : bounds.voters;
  for (uint32_t i = 1; i <= voters; ++i) configuration.voters.insert({i, 0});
  Process process;
  process.disk = slot < voters ? Founding(configuration) : DurableState{};
  EffectSink effects;
  process.state = *Start({slot + 1, 0}, bounds.CoreOptions(), 0, process.disk, effects);
  return process;
}

Happening Happen(const Process& before, EventKind kind, uint32_t argument, const Message* message, const Bounds& bounds,
                 StepObserver* observer) {
  Host host(before, bounds, observer);
  switch (kind) {
    case EventKind::kDeliver:
      host.Take(input::Receive{*message});
      break;
    case EventKind::kElectionTimeout:
      host.Take(input::ElectionTimeout{});
      break;
    case EventKind::kHeartbeatTimeout:
      host.Take(input::HeartbeatTimeout{});
      break;
    case EventKind::kQuorumCheckTimeout:
      host.Take(input::QuorumCheckTimeout{});
      break;
    case EventKind::kPropose:
      host.Take(input::Propose{{{argument + 1, 1}}});
      break;
    case EventKind::kRead:
      host.Take(input::Read{kFirstRead + argument, input::ReadMode::kReadIndex});
      break;
    case EventKind::kTransfer:
      host.Take(input::TransferLeadership{kTransferId, {argument + 1, 0}});
      break;
    case EventKind::kChange:
      host.Take(input::ProposeConfiguration{kChangeId, bounds.targets[argument]});
      break;
    case EventKind::kSnapshot:
      host.TakeSnapshot();
      break;
    case EventKind::kWriteDone:
      host.CompleteWrite(argument);
      break;
    case EventKind::kWriteFailed:
      host.FailWrite(argument);
      break;
    case EventKind::kCrash:
      host.Crash(argument);
      break;
  }
  return host.Finish();
}

}  // namespace lockstep::sim::explore
