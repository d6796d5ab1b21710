#include "sim/explore/process.h"

#include <algorithm>
#include <deque>
#include <tuple>
#include <utility>

#include "core/step.h"

namespace lockstep::sim::explore {
namespace {

// Requests are named by what they are, so that their ids depend on nothing else.
constexpr RequestId kFirstRead = 1000;
constexpr RequestId kTransferId = 2000;
constexpr RequestId kChangeId = 3000;

// The id that the core gave `write`; null for a kind that has none.
WriteId* IdOf(Effect& write) {
  if (auto* vote = std::get_if<effect::SaveVote>(&write)) return &vote->write_id;
  if (auto* append = std::get_if<effect::AppendLog>(&write)) return &append->write_id;
  if (auto* truncate = std::get_if<effect::TruncateLog>(&write)) return &truncate->write_id;
  if (auto* chunk = std::get_if<effect::StoreSnapshotChunk>(&write)) return &chunk->write_id;
  return nullptr;
}

void PersistEntries(const effect::AppendLog& append, size_t count, Log& log) {
  log.TruncateAfter(std::max(append.first - 1, log.base_index()));
  auto configuration = append.configurations.begin();
  for (size_t i = 0; i < count; ++i) {
    const Index index = append.first + i;
    const bool holds = configuration != append.configurations.end() && configuration->index == index;
    if (index > log.base_index()) {
      if (holds) {
        log.Append(append.entries[i], configuration->configuration);
      } else {
        log.Append(append.entries[i]);
      }
    }
    if (holds) ++configuration;
  }
}

void PersistSnapshot(Snapshot snapshot, DurableState& disk) {
  if (snapshot.last_included.index > disk.snapshot.last_included.index) disk.snapshot = std::move(snapshot);
}

// The disk after `write` has reached it.
void Persist(const Effect& write, const Bounds& bounds, DurableState& disk) {
  if (const auto* vote = std::get_if<effect::SaveVote>(&write)) {
    disk.term = vote->term;
    disk.voted_for = vote->voted_for;
  } else if (const auto* truncate = std::get_if<effect::TruncateLog>(&write)) {
    disk.log.TruncateAfter(std::max(truncate->last, disk.log.base_index()));
  } else if (const auto* append = std::get_if<effect::AppendLog>(&write)) {
    PersistEntries(*append, append->entries.size(), disk.log);
  } else if (const auto* take = std::get_if<effect::TakeSnapshot>(&write)) {
    PersistSnapshot({take->last_included, take->configuration, bounds.snapshot_chunks}, disk);
  } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) {
    PersistSnapshot({install->last_included, install->configuration, bounds.snapshot_chunks}, disk);
    disk.log = Log(install->last_included, install->configuration);
  }
}

template <typename T>
bool Is(const Effect& effect) {
  return std::holds_alternative<T>(effect);
}

// Messages that wait for the same write leave together, into a network without an order.
void SortHeld(Process& process) {
  const auto key = [](const HeldMessage& held) {
    Fingerprinter f;
    AddTo(f, held.message);
    const Fingerprint fingerprint = f.Finish();
    return std::tuple(held.after, fingerprint.high, fingerprint.low);
  };
  std::sort(process.held.begin(), process.held.end(),
            [&key](const HeldMessage& a, const HeldMessage& b) { return key(a) < key(b); });
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
    // What is in the log's sequence, or replaces the log, has everything before it there.
    const bool in_order = IsLogWrite(writes[at].effect) || Is<effect::InstallSnapshot>(writes[at].effect);
    for (size_t i = in_order ? 0 : at; i <= at; ++i) {
      if (i < at && !IsLogWrite(writes[i].effect)) continue;
      if (!std::exchange(writes[i].on_disk, true)) Persist(writes[i].effect, bounds_, process().disk);
    }
    Effect write = std::move(writes[at].effect);
    writes.erase(writes.begin() + static_cast<ptrdiff_t>(at));
    if (IsLogWrite(write)) Release(*IdOf(write));
    Take(CompletionOf(write, true));
  }

  // A write of the log fails with all later ones of it; `parts` of it are on disk all the same. Others fail alone.
  void FailWrite(size_t at, uint32_t parts) {
    auto& writes = process().writes;
    Effect write = writes[at].effect;
    if (!IsLogWrite(write)) {
      writes.erase(writes.begin() + static_cast<ptrdiff_t>(at));
      Take(CompletionOf(write, false));
      return;
    }
    for (size_t i = 0; i < at && parts > 0; ++i) {
      if (IsLogWrite(writes[i].effect) && !std::exchange(writes[i].on_disk, true)) {
        Persist(writes[i].effect, bounds_, process().disk);
      }
    }
    PersistPart(write, parts);
    const WriteId id = *IdOf(write);
    size_t kept = 0;
    for (size_t i = 0; i < writes.size(); ++i) {
      if (i >= at && IsLogWrite(writes[i].effect)) continue;
      if (kept != i) writes[kept] = std::move(writes[i]);
      ++kept;
    }
    writes.resize(kept);
    std::erase_if(process().held, [id](const HeldMessage& held) { return held.after >= id; });
    Take(input::WriteFailed{id});
  }

  void Crash(size_t surviving, uint32_t parts) {
    Process& p = process();
    for (size_t i = 0; i < surviving; ++i) {
      if (!p.writes[i].on_disk) Persist(p.writes[i].effect, bounds_, p.disk);
    }
    if (parts > 0) PersistPart(p.writes[surviving].effect, parts);
    p.writes.clear();
    p.held.clear();
    p.applying = 0;
    EffectSink effects;
    absl::StatusOr<State> started = Start(p.state.id, bounds_.CoreOptions(), p.state.start + 1, p.disk, effects);
    if (!started.ok()) {
      happening_.error = started.status();
      return;
    }
    p.state = *std::move(started);
    if (observer_ != nullptr) observer_->Restarted(p.disk, p.state);
    p.disk.log = p.state.log;  // What the snapshot replaces is dropped.
  }

  void TakeSnapshot() {
    Process& p = process();
    const Index index = p.state.applied_index;
    CarryOut(effect::TakeSnapshot{{index, *p.state.log.TermAt(index)}, p.state.log.ConfigurationAt(index)});
  }

  void ConfirmApplied() { Take(input::Applied{std::exchange(process().applying, 0)}); }

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
    } else if (IsLogWrite(effect) || Is<effect::StoreSnapshotChunk>(effect) || Is<effect::InstallSnapshot>(effect) ||
               Is<effect::TakeSnapshot>(effect)) {
      process().writes.push_back({effect, false});
    } else if (const auto* apply = std::get_if<effect::Apply>(&effect)) {
      if (bounds_.prompt_apply) {
        queue_.push_back(input::Applied{apply->last});
      } else {
        process().applying = apply->last;
      }
    } else if (const auto* compact = std::get_if<effect::CompactLog>(&effect)) {
      DurableState& disk = process().disk;
      if (compact->last.index > disk.log.base_index() && compact->last.index <= disk.log.last_index()) {
        disk.log.CompactTo(compact->last.index);
      }
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

  // Some entries of an append; of anything else, all of it.
  void PersistPart(const Effect& write, uint32_t parts) {
    if (parts == 0) return;
    if (const auto* append = std::get_if<effect::AppendLog>(&write)) {
      PersistEntries(*append, parts, process().disk.log);
    } else {
      Persist(write, bounds_, process().disk);
    }
  }

  Event CompletionOf(Effect& write, bool ok) const {
    if (Is<effect::StoreSnapshotChunk>(write)) return input::SnapshotChunkStored{*IdOf(write), ok};
    if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) {
      return input::SnapshotInstalled{install->last_included, ok};
    }
    if (const auto* take = std::get_if<effect::TakeSnapshot>(&write)) {
      return input::SnapshotTaken{take->last_included.index, bounds_.snapshot_chunks, ok};
    }
    return input::WriteDone{*IdOf(write)};
  }

  // Ids of writes are opaque to the core: only which are equal, and which are earlier, matters.
  void Renumber() {
    Process& p = process();
    Storage& storage = p.state.storage;
    std::vector<WriteId> ids;
    for (Write& write : p.writes) {
      if (const WriteId* id = IdOf(write.effect)) ids.push_back(*id);
    }
    for (const PendingLogWrite& write : storage.pending_log_writes) ids.push_back(write.write_id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const auto renumber = [&ids](WriteId& id) {
      if (id != 0) id = static_cast<WriteId>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin()) + 1;
    };
    for (Write& write : p.writes) {
      if (WriteId* id = IdOf(write.effect)) renumber(*id);
    }
    for (HeldMessage& held : p.held) renumber(held.after);
    for (PendingLogWrite& write : storage.pending_log_writes) renumber(write.write_id);
    renumber(storage.pending_vote_write);
    if (p.state.incoming.has_value()) renumber(p.state.incoming->store_write_id);
    storage.next_write_id = ids.size() + 1;
    SortHeld(p);
  }

  const Bounds& bounds_;
  StepObserver* observer_;
  Happening happening_;
  std::deque<Event> queue_;
};

}  // namespace

const char* Name(EventKind kind) {
  static constexpr const char* kNames[] = {"deliver",
                                           "election timeout",
                                           "heartbeat timeout",
                                           "quorum check timeout",
                                           "propose",
                                           "read",
                                           "transfer",
                                           "change",
                                           "snapshot",
                                           "write done",
                                           "write failed",
                                           "crash",
                                           "applied",
                                           "unreachable",
                                           "cancel",
                                           "lose"};
  return kNames[static_cast<size_t>(kind)];
}

bool IsLogWrite(const Effect& effect) {
  return Is<effect::SaveVote>(effect) || Is<effect::AppendLog>(effect) || Is<effect::TruncateLog>(effect);
}

uint32_t PartsOf(const Effect& write) {
  const auto* append = std::get_if<effect::AppendLog>(&write);
  return append == nullptr ? 0 : static_cast<uint32_t>(append->entries.size()) - 1;
}

Fingerprint FingerprintOf(const Process& process) {
  Fingerprinter f;
  AddTo(f, process.state);
  const auto add_log = [&f](const Log& log) {
    f.Add(log.base_index());
    f.Add(log.last_index());
    for (Index i = log.first_index(); i <= log.last_index(); ++i) {
      f.Add(log.At(i).term);
      f.Add(static_cast<uint64_t>(log.At(i).kind) << 32 | log.At(i).bytes);
    }
    // Of what else a log holds, an effect has a canonical form.
    AddTo(f, Effect{effect::AppendLog{0, log.first_index(), {}, log.configurations()}});
  };
  f.Add(process.disk.term);
  f.Add(uint64_t{process.disk.voted_for.incarnation} << 32 | process.disk.voted_for.number);
  const Snapshot& snapshot = process.disk.snapshot;
  AddTo(f, Effect{effect::InstallSnapshot{snapshot.last_included, snapshot.configuration}});
  f.Add(snapshot.bytes);
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
  f.Add(process.applying);
  return f.Finish();
}

Process Renamed(const Process& process, const Permutation& permutation) {
  Process renamed{Renamed(process.state, permutation), Renamed(process.disk, permutation), process.writes, process.held,
                  process.applying};
  for (Write& write : renamed.writes) write.effect = Renamed(write.effect, permutation);
  for (HeldMessage& held : renamed.held) held.message = Renamed(held.message, permutation);
  SortHeld(renamed);
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
      host.FailWrite(argument % kPart, argument / kPart);
      break;
    case EventKind::kCrash:
      host.Crash(argument % kPart, argument / kPart);
      break;
    case EventKind::kApplied:
      host.ConfirmApplied();
      break;
    case EventKind::kUnreachable:
      host.Take(input::PeerUnreachable{{argument + 1, 0}});
      break;
    case EventKind::kCancel:
      host.Take(input::Cancel{argument});
      break;
    case EventKind::kLose:
      break;
  }
  return host.Finish();
}

}  // namespace lockstep::sim::explore
