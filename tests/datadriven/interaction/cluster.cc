#include "tests/datadriven/interaction/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "core/step.h"

namespace lockstep::datadriven {
namespace {

constexpr int kElectionTicks = 3;
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

void Cluster::AddNode(const Options& options, const DurableState& disk, bool asynchronous) {
  Node node;
  EffectSink effects;
  const NodeId id{static_cast<uint32_t>(nodes_.size() + 1)};
  absl::StatusOr<State> state = Start(id, options, /*start=*/id.number, disk, effects);
  ASSERT_TRUE(state.ok()) << state.status();
  node.state = *std::move(state);
  node.disk = disk;
  node.asynchronous = asynchronous;
  UpdateView(node);
  nodes_.push_back(std::move(node));
}

void Cluster::UpdateView(Node& node) {
  const State& state = node.state;
  node.view = {state.role, state.leader, state.current_term, state.voted_for, state.commit_index};
}

void Cluster::StepNode(uint32_t number, Event event) {
  Node& target = node(number);
  EffectSink effects;
  Step(target.state, Input{std::move(event), {}}, effects);
  Absorb(target, effects, /*send_replies=*/false);
}

void Cluster::StepAndSendReplies(Node& node, Event event) {
  EffectSink effects;
  Step(node.state, Input{std::move(event), {}}, effects);
  Absorb(node, effects, /*send_replies=*/true);
}

void Cluster::Absorb(Node& node, EffectSink& effects, bool send_replies) {
  for (Effect& effect : effects) {
    if (const auto* timer = std::get_if<effect::SetTimer>(&effect)) {
      if (timer->timer == effect::Timer::kElection) node.election_ticks = 0;
      if (timer->timer == effect::Timer::kQuorumCheck) node.quorum_check_ticks = 0;
    } else if (const auto* outcome = std::get_if<effect::Outcome>(&effect)) {
      const bool first = outcomes_.emplace(outcome->request_id, *outcome).second;
      EXPECT_TRUE(first) << "request " << outcome->request_id << " ended twice";
    } else if (const auto* halt = std::get_if<effect::Halt>(&effect)) {
      halts_.push_back(*halt);
    } else if (const auto* send = std::get_if<effect::Send>(&effect);
               send != nullptr && send_replies && IsReply(send->message) && IsWritten(node, send->after)) {
      queue_.push_back(send->message);
    } else {
      node.pending.push_back(std::move(effect));
    }
  }
  if (node.pending.empty()) UpdateView(node);
}

// Whether no work that is still to be done holds this write.
bool Cluster::IsWritten(const Node& node, WriteId id) {
  if (id == 0) return true;
  const auto is_it = [id](const Effect& effect) { return WriteIdOf(effect) == id; };
  for (const StorageUnit& unit : node.append_thread) {
    if (std::any_of(unit.writes.begin(), unit.writes.end(), is_it)) return false;
  }
  return std::none_of(node.pending.begin(), node.pending.end(), is_it);
}

void Cluster::ProcessEffects(uint32_t number) {
  Node& target = node(number);
  UpdateView(target);
  StorageUnit unit;
  std::vector<effect::Apply> applies;
  for (Effect& effect : std::exchange(target.pending, {})) {
    if (IsWrite(effect)) {
      unit.writes.push_back(std::move(effect));
    } else if (auto* apply = std::get_if<effect::Apply>(&effect)) {
      applies.push_back(*apply);
    } else if (auto* send = std::get_if<effect::Send>(&effect)) {
      const auto is_it = [&](const Effect& write) { return WriteIdOf(write) == send->after; };
      const bool waits = send->after != 0 && (std::any_of(unit.writes.begin(), unit.writes.end(), is_it) ||
                                              !IsWritten(target, send->after));
      if (waits || !target.asynchronous) {
        unit.sends.push_back(std::move(*send));
      } else {
        queue_.push_back(std::move(send->message));
      }
    }
  }
  if (!unit.writes.empty() || !unit.sends.empty()) target.append_thread.push_back(std::move(unit));
  for (const effect::Apply& apply : applies) {
    for (Index index = apply.first; index <= apply.last; ++index) {
      const bool first = target.applied.emplace(index, target.state.log.TermAt(index).value_or(0)).second;
      EXPECT_TRUE(first) << "node " << number << " applies entry " << index << " twice";
    }
    target.apply_thread.push_back(apply);
  }
  if (target.asynchronous) return;
  while (ProcessAppendThread(number)) {
  }
  while (ProcessApplyThread(number)) {
  }
}

bool Cluster::ProcessAppendThread(uint32_t number) {
  Node& target = node(number);
  if (target.append_thread.empty()) return false;
  StorageUnit unit = std::move(target.append_thread.front());
  target.append_thread.pop_front();
  Perform(target, std::move(unit));
  return true;
}

void Cluster::Perform(Node& node, StorageUnit unit) {
  for (const Effect& write : unit.writes) WriteToDisk(node, write);
  for (effect::Send& send : unit.sends) queue_.push_back(std::move(send.message));
  for (const Effect& write : unit.writes) Complete(node, write);
}

void Cluster::WriteToDisk(Node& node, const Effect& write) {
  DurableState& disk = node.disk;
  if (const auto* vote = std::get_if<effect::SaveVote>(&write)) {
    disk.term = vote->term;
    disk.voted_for = vote->voted_for;
  } else if (const auto* append = std::get_if<effect::AppendLog>(&write)) {
    AppendTo(disk.log, *append);
  } else if (const auto* truncate = std::get_if<effect::TruncateLog>(&write)) {
    disk.log.TruncateAfter(truncate->last);
  } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) {
    disk.snapshot = {install->last_included, install->configuration, kSnapshotBytes};
    if (install->keep_log) {
      disk.log.CompactTo(install->last_included.index);
    } else {
      disk.log = Log(install->last_included, install->configuration);
    }
  }
}

void Cluster::Complete(Node& node, const Effect& write) {
  if (const auto* chunk = std::get_if<effect::StoreSnapshotChunk>(&write)) {
    StepAndSendReplies(node, input::SnapshotChunkStored{chunk->write_id, true});
  } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&write)) {
    StepAndSendReplies(node, input::SnapshotInstalled{install->last_included, true});
  } else {
    StepAndSendReplies(node, input::WriteDone{WriteIdOf(write)});
  }
}

bool Cluster::ProcessApplyThread(uint32_t number) {
  Node& target = node(number);
  if (target.apply_thread.empty()) return false;
  const effect::Apply apply = target.apply_thread.front();
  target.apply_thread.pop_front();
  ApplyNow(target, apply);
  return true;
}

void Cluster::ApplyNow(Node& node, const effect::Apply& apply) {
  StepAndSendReplies(node, input::Applied{apply.last});
  // The newest applied state is always at hand as a snapshot; the log is kept until it is compacted on purpose.
  StepAndSendReplies(node, input::SnapshotTaken{apply.last, kSnapshotBytes, true});
  node.disk.snapshot = node.state.snapshot;
}

std::vector<Message> Cluster::Take(uint32_t number, const Chosen& chosen) {
  std::vector<Message> taken;
  std::erase_if(queue_, [&](const Message& message) {
    if (message.dest.number != number || (chosen && !chosen(message))) return false;
    taken.push_back(message);
    return true;
  });
  return taken;
}

size_t Cluster::Deliver(uint32_t number, const Chosen& chosen) {
  const std::vector<Message> messages = Take(number, chosen);
  if (number > size()) return 0;  // Sent to nobody.
  for (const Message& message : messages) StepNode(number, input::Receive{message});
  return messages.size();
}

size_t Cluster::Drop(uint32_t number) { return Take(number, nullptr).size(); }

void Cluster::Tick(uint32_t number) {
  Node& target = node(number);
  if (target.state.role != Role::kLeader) {
    if (++target.election_ticks >= target.election_ticks_max) StepNode(number, input::ElectionTimeout{});
    return;
  }
  if (++target.quorum_check_ticks >= kElectionTicks) StepNode(number, input::QuorumCheckTimeout{});
  StepNode(number, input::HeartbeatTimeout{});
}

bool Cluster::Stabilize(const std::vector<uint32_t>& numbers) {
  for (int round = 0; round < kRoundsMax; ++round) {
    bool busy = false;
    for (uint32_t number : numbers) {
      if (node(number).pending.empty()) continue;
      ProcessEffects(number);
      busy = true;
    }
    for (uint32_t number : numbers) busy |= Deliver(number) > 0;
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

const effect::Outcome* Cluster::FindOutcome(RequestId id) const {
  const auto at = outcomes_.find(id);
  return at == outcomes_.end() ? nullptr : &at->second;
}

}  // namespace lockstep::datadriven
