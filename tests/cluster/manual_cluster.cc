#include "tests/cluster/manual_cluster.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/step.h"

namespace lockstep::cluster {
namespace {

constexpr uint64_t kSnapshotBytes = 8;
constexpr int kRoundsMax = 1000;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

// Replies leave with the write that they were waiting for, not with the next round of effects.
bool IsReply(const Message& message) {
  return std::holds_alternative<AppendEntriesReply>(message.body) ||
         std::holds_alternative<RequestVoteReply>(message.body) ||
         std::holds_alternative<HeartbeatReply>(message.body) ||
         std::holds_alternative<InstallSnapshotReply>(message.body);
}

bool IsWrite(const Effect& effect) {
  return std::holds_alternative<effect::SaveVote>(effect) || std::holds_alternative<effect::AppendLog>(effect) ||
         std::holds_alternative<effect::TruncateLog>(effect) ||
         std::holds_alternative<effect::StoreSnapshotChunk>(effect) ||
         std::holds_alternative<effect::InstallSnapshot>(effect);
}

WriteId WriteIdOf(const Effect& effect) {
  return std::visit(Overloaded{[](const effect::SaveVote& e) { return e.write_id; },
                               [](const effect::AppendLog& e) { return e.write_id; },
                               [](const effect::TruncateLog& e) { return e.write_id; },
                               [](const effect::StoreSnapshotChunk& e) { return e.write_id; },
                               [](const auto&) { return WriteId{0}; }},
                    effect);
}

void AppendTo(Log& log, const effect::AppendLog& write) {
  log.TruncateAfter(write.first - 1);
  for (size_t i = 0; i < write.entries.size(); ++i) {
    const Index index = write.first + i;
    const auto at = std::find_if(write.configurations.begin(), write.configurations.end(),
                                 [index](const ConfigurationEntry& entry) { return entry.index == index; });
    if (at == write.configurations.end()) {
      log.Append(write.entries[i]);
    } else {
      log.Append(write.entries[i], at->configuration);
    }
  }
}

}  // namespace

void ManualCluster::AddServer(const Options& options, const DurableState& disk, bool asynchronous) {
  Server server;
  EffectSink effects;
  const NodeId id{static_cast<uint32_t>(servers_.size() + 1)};
  server.state = Start(id, options, /*start=*/id.number, disk, effects).value();
  server.disk = disk;
  server.asynchronous = asynchronous;
  UpdateView(server);
  const spec::DiskView view{disk.term, disk.voted_for, server.disk.snapshot, server.disk.log};
  Check(monitor_.Started(++step_, view, server.state, effects));
  servers_.push_back(std::move(server));
}

void ManualCluster::UpdateView(Server& server) {
  const State& state = server.state;
  server.view = {state.role, state.leader, state.current_term, state.voted_for, state.commit_index};
}

void ManualCluster::Check(bool holds) {
  if (!holds && violation_.empty()) violation_ = ToString(*monitor_.violation());
}

void ManualCluster::Take(uint32_t number, Event event) { Step(server(number), std::move(event), false); }

void ManualCluster::Step(Server& server, Event event, bool send_replies) {
  EffectSink effects;
  const Input input{std::move(event), {}};
  lockstep::Step(server.state, input, effects);
  Check(monitor_.Stepped(++step_, input, server.state, effects));
  Absorb(server, effects, send_replies);
}

void ManualCluster::Absorb(Server& server, EffectSink& effects, bool send_replies) {
  for (Effect& effect : effects) {
    if (const auto* timer = std::get_if<effect::SetTimer>(&effect)) {
      if (timer->timer == effect::Timer::kElection) server.election_ticks = 0;
      if (timer->timer == effect::Timer::kQuorumCheck) server.quorum_check_ticks = 0;
    } else if (const auto* outcome = std::get_if<effect::Outcome>(&effect)) {
      outcomes_.emplace(outcome->request_id, *outcome);
    } else if (std::holds_alternative<effect::Halt>(effect)) {
      if (violation_.empty()) violation_ = "node " + ToString(server.state.id) + ": " + ToString(effect);
    } else if (const auto* send = std::get_if<effect::Send>(&effect);
               send != nullptr && send_replies && IsReply(send->message) && IsWritten(server, send->after)) {
      Enqueue(send->message);
    } else {
      server.pending.push_back(std::move(effect));
    }
  }
  if (server.pending.empty()) UpdateView(server);
}

// Whether no work that is still to be done holds this write.
bool ManualCluster::IsWritten(const Server& server, WriteId id) {
  if (id == 0) return true;
  const auto is_it = [id](const Effect& effect) { return WriteIdOf(effect) == id; };
  for (const StorageUnit& unit : server.append_thread) {
    if (std::any_of(unit.writes.begin(), unit.writes.end(), is_it)) return false;
  }
  return std::none_of(server.pending.begin(), server.pending.end(), is_it);
}

void ManualCluster::ProcessEffects(uint32_t number) {
  Server& target = server(number);
  UpdateView(target);
  StorageUnit unit;
  for (Effect& effect : std::exchange(target.pending, {})) {
    if (IsWrite(effect)) {
      unit.writes.push_back(std::move(effect));
    } else if (const auto* apply = std::get_if<effect::Apply>(&effect)) {
      RecordApply(target, *apply);
      target.apply_thread.push_back(*apply);
    } else if (auto* send = std::get_if<effect::Send>(&effect)) {
      const auto is_it = [&](const Effect& write) { return WriteIdOf(write) == send->after; };
      const bool waits = send->after != 0 && (std::any_of(unit.writes.begin(), unit.writes.end(), is_it) ||
                                              !IsWritten(target, send->after));
      if (waits || !target.asynchronous) {
        unit.sends.push_back(std::move(*send));
      } else {
        Enqueue(std::move(send->message));
      }
    }
  }
  if (!unit.writes.empty() || !unit.sends.empty()) target.append_thread.push_back(std::move(unit));
  if (target.asynchronous) return;
  while (ProcessAppendThread(number)) {
  }
  while (ProcessApplyThread(number)) {
  }
}

bool ManualCluster::ProcessAppendThread(uint32_t number) {
  Server& target = server(number);
  if (target.append_thread.empty()) return false;
  StorageUnit unit = std::move(target.append_thread.front());
  target.append_thread.pop_front();
  Perform(target, std::move(unit));
  return true;
}

void ManualCluster::Perform(Server& server, StorageUnit unit) {
  for (const Effect& write : unit.writes) WriteToDisk(server, write);
  for (effect::Send& send : unit.sends) Enqueue(std::move(send.message));
  for (const Effect& write : unit.writes) Complete(server, write);
}

void ManualCluster::WriteToDisk(Server& server, const Effect& write) {
  DurableState& disk = server.disk;
  if (const auto* vote = std::get_if<effect::SaveVote>(&write)) {
    disk.term = vote->term;
    disk.voted_for = vote->voted_for;
  } else if (const auto* append = std::get_if<effect::AppendLog>(&write)) {
    AppendTo(disk.log, *append);
  } else if (const auto* truncate = std::get_if<effect::TruncateLog>(&write)) {
    disk.log.TruncateAfter(truncate->last);
  } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) {
    disk.snapshot = {install->last_included, install->configuration, kSnapshotBytes};
    disk.log = Log(install->last_included, install->configuration);
  }
  if (const WriteId id = WriteIdOf(write); id != 0 && !std::holds_alternative<effect::StoreSnapshotChunk>(write)) {
    Check(monitor_.WriteDurable(++step_, server.state.id, id));
  }
}

void ManualCluster::Complete(Server& server, const Effect& write) {
  if (const auto* chunk = std::get_if<effect::StoreSnapshotChunk>(&write)) {
    Step(server, input::SnapshotChunkStored{chunk->write_id, true}, true);
  } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) {
    Step(server, input::SnapshotInstalled{install->last_included, true}, true);
  } else {
    Step(server, input::WriteDone{WriteIdOf(write)}, true);
  }
}

bool ManualCluster::ProcessApplyThread(uint32_t number) {
  Server& target = server(number);
  if (target.apply_thread.empty()) return false;
  const effect::Apply apply = target.apply_thread.front();
  target.apply_thread.pop_front();
  ApplyNow(target, apply);
  return true;
}

void ManualCluster::RecordApply(Server& server, const effect::Apply& apply) {
  for (Index index = apply.first; index <= apply.last; ++index) {
    const Term term = server.state.log.TermAt(index).value_or(0);
    LOCKSTEP_CHECK(server.applied.emplace(index, term).second);
    const bool command = server.state.log.At(index).kind == EntryKind::kCommand;
    // The term stands for the payload: a term has one leader, which puts one command at an index.
    if (command) Check(monitor_.AppliedCommand(++step_, server.state.id, index, term, 0));
  }
}

void ManualCluster::ApplyNow(Server& server, const effect::Apply& apply) {
  Step(server, input::Applied{apply.last}, true);
  // The newest applied state is always at hand as a snapshot; the log is kept until it is compacted on purpose.
  Step(server, input::SnapshotTaken{apply.last, kSnapshotBytes, true}, true);
  server.disk.snapshot = server.state.snapshot;
}

void ManualCluster::Enqueue(Message message) {
  Check(monitor_.Sent(++step_, message));
  queue_.push_back(std::move(message));
}

std::vector<Message> ManualCluster::TakeFromQueue(const Chosen& chosen, size_t limit) {
  std::vector<Message> taken;
  std::deque<Message> left;
  for (Message& message : queue_) {
    if (taken.size() < limit && chosen(message)) {
      taken.push_back(std::move(message));
    } else {
      left.push_back(std::move(message));
    }
  }
  queue_ = std::move(left);
  return taken;
}

size_t ManualCluster::Deliver(const Chosen& chosen, size_t limit, const Chosen& arrives) {
  const std::vector<Message> messages = TakeFromQueue(chosen, limit);
  for (const Message& message : messages) {
    if (message.dest.number > size() || (arrives && !arrives(message))) continue;
    Take(message.dest.number, input::Receive{message});
  }
  return messages.size();
}

size_t ManualCluster::Drop(const Chosen& chosen) { return TakeFromQueue(chosen, kAll).size(); }

size_t ManualCluster::CountQueued(const Chosen& chosen) const {
  return static_cast<size_t>(std::count_if(queue_.begin(), queue_.end(), chosen));
}

void ManualCluster::Tick(uint32_t number) {
  Server& target = server(number);
  if (target.state.role != Role::kLeader) {
    if (++target.election_ticks >= target.election_ticks_max) Take(number, input::ElectionTimeout{});
    return;
  }
  if (++target.quorum_check_ticks >= election_ticks_) Take(number, input::QuorumCheckTimeout{});
  Take(number, input::HeartbeatTimeout{});
}

bool ManualCluster::Stabilize(const std::vector<uint32_t>& numbers) {
  for (int round = 0; round < kRoundsMax; ++round) {
    bool busy = false;
    for (uint32_t number : numbers) {
      if (server(number).pending.empty()) continue;
      ProcessEffects(number);
      busy = true;
    }
    for (uint32_t number : numbers) {
      busy |= Deliver([number](const Message& message) { return message.dest.number == number; }) > 0;
    }
    for (uint32_t number : numbers) {
      while (ProcessAppendThread(number)) busy = true;
    }
    for (uint32_t number : numbers) {
      while (ProcessApplyThread(number)) busy = true;
    }
    if (!busy) return true;
  }
  return false;
}

const effect::Outcome* ManualCluster::FindOutcome(RequestId id) const {
  const auto at = outcomes_.find(id);
  return at == outcomes_.end() ? nullptr : &at->second;
}

}  // namespace lockstep::cluster
