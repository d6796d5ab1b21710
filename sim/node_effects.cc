// What the host does for each effect of the core.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/node.h"

namespace lockstep::sim {

void Node::CarryOut(size_t effects) {
  for (size_t i = 0; i < effects && !world_.failed(); ++i) {
    std::visit([this](auto& effect) { Do(effect); }, effects_[i]);
  }
}

QueuedEvent Node::Mine(EventKind kind, uint64_t argument) const {
  QueuedEvent event;
  event.kind = kind;
  event.node = static_cast<uint8_t>(number_);
  event.life = life_;
  event.argument = argument;
  return event;
}

// ---- Durable writes ------------------------------------------------------------------------------------

// A slow disk is slow in everything: storing and installing a snapshot then outlast election timeouts.
int64_t Node::DiskDelay() {
  const int64_t delay = world_.DiskDelay();
  return world_.now < slow_disk_until_ ? delay * world_.choices.Between(8, 64) : delay;
}

void Node::ScheduleWrite(WriteId id) {
  int64_t delay = DiskDelay();
  if (world_.Strikes(Fault::kWriteReorder)) {
    delay += world_.choices.Between(0, 4 * world_.scenario.election_timeout_micros);
    world_.Inject(Fault::kWriteReorder, FaultPhase::kOnce, id_, kNoNode, delay);
  }
  world_.After(delay, Mine(EventKind::kWriteComplete, id));
}

void Node::Do(effect::SaveVote& write) {
  disk_.Issue(write);
  ScheduleWrite(write.write_id);
}

void Node::Do(effect::AppendLog& write) {
  const WriteId id = write.write_id;
  const Index known = payloads_.last();
  Payloads payloads;
  payloads.reserve(write.entries.size());
  for (size_t i = 0; i < write.entries.size(); ++i) {
    const Index index = write.first + i;
    Payload payload = 0;
    if (write.entries[i].kind != EntryKind::kCommand) {
      // Nothing comes with it.
    } else if (index - source_.message_first < source_.count && index >= source_.message_first) {
      payload = source_.payloads[index - source_.message_first];
    } else if (index <= known && index > payloads_.base()) {
      payload = payloads_.At(index);
    } else if (source_.proposed < proposed_.size()) {
      payload = proposed_[source_.proposed++];
    } else {
      return world_.Fail("PayloadAtHand", id_, "no payload to write at index " + std::to_string(index));
    }
    payloads.push_back(payload);
  }
  if (write.first > known + 1 || write.first <= payloads_.base()) {
    return world_.Fail(
        "PayloadAtHand", id_,
        "an append at index " + std::to_string(write.first) + " leaves a gap after " + std::to_string(known));
  }
  payloads_.TruncateAfter(write.first - 1);
  for (Payload payload : payloads) payloads_.Append(payload);
  disk_.Issue(std::move(write), std::move(payloads));
  ScheduleWrite(id);
}

void Node::Do(effect::TruncateLog& write) {
  payloads_.TruncateAfter(write.last);
  disk_.Issue(write);
  ScheduleWrite(write.write_id);
  ++world_.counters.transitions[static_cast<size_t>(Transition::kLogTruncated)];
}

void Node::Do(effect::CompactLog& compact) {
  payloads_.CompactTo(compact.last.index);
  disk_.Compact(compact.last);
  ++world_.counters.transitions[static_cast<size_t>(Transition::kLogCompacted)];
}

// ---- Messages ------------------------------------------------------------------------------------------

void Node::Do(effect::Send& send) {
  // A lease promises nothing any more once its holder asks another to take over: what relies on it ends before.
  if (std::holds_alternative<TimeoutNow>(send.message.body)) EndLeaseReads();
  Envelope envelope;
  envelope.message = std::move(send.message);
  if (!Attach(envelope)) return;
  if (send.after != 0 && disk_.pending(send.after)) {
    held_.push_back({send.after, std::move(envelope)});
  } else {
    network_.Send(std::move(envelope));
  }
}

bool Node::Attach(Envelope& envelope) {
  const Message& message = envelope.message;
  if (message.dest.number == 0 || message.dest.number > world_.scenario.servers || message.dest == id_) {
    world_.Fail("SendToPeer", id_, "a message to " + ToString(message.dest));
    return false;
  }
  if (const auto* append = std::get_if<AppendEntries>(&message.body)) {
    return AttachEntries(*append, message.dest, envelope.payloads);
  }
  if (const auto* install = std::get_if<InstallSnapshot>(&message.body)) {
    for (const SnapshotJob& job : snapshots_) {
      if (job.snapshot.last_included != install->last_included) continue;
      envelope.snapshot_content = job.content;
      return true;
    }
    // It has made room for newer ones: this cannot be sent.
    QueuedEvent event = Mine(EventKind::kUnreachable, message.dest.incarnation);
    event.detail = static_cast<uint16_t>(message.dest.number);
    world_.After(1, event);
    return false;
  }
  return true;
}

bool Node::AttachEntries(const AppendEntries& append, NodeId dest, Payloads& payloads) {
  const uint64_t resident = world_.scenario.options.resident_entries;
  payloads.reserve(append.entries.size());
  for (size_t i = 0; i < append.entries.size(); ++i) {
    const Index index = append.previous.index + 1 + i;
    if (append.entries[i].kind != EntryKind::kCommand) {
      payloads.push_back(0);
      continue;
    }
    const auto [first, last] = loaded_[dest.number];
    const bool at_hand = resident == 0 || index + resident > payloads_.last() || (first <= index && index <= last);
    if (!at_hand || index <= payloads_.base() || index > payloads_.last()) {
      world_.Fail("PayloadAtHand", id_,
                  "no payload to send to " + ToString(dest) + " at index " + std::to_string(index));
      return false;
    }
    payloads.push_back(payloads_.At(index));
  }
  return true;
}

void Node::Do(effect::LoadEntries& load) {
  const uint32_t slot = loads_.Put({load.peer, load.first, load.last, true});
  world_.After(world_.DiskDelay(), Mine(EventKind::kEntriesLoaded, slot));
}

// ---- State machine and snapshots -----------------------------------------------------------------------

void Node::Do(effect::Apply& apply) {
  int64_t delay = world_.choices.Between(0, world_.scenario.apply_delay_max_micros);
  if (world_.now < slow_apply_until_) delay += world_.choices.Between(0, world_.scenario.election_timeout_micros);
  world_.After(delay, Mine(EventKind::kApplied, apply.last));
}

void Node::Do(effect::TakeSnapshot& take) {
  if (store_.applied() != take.last_included.index) {
    return world_.Fail("SnapshotOfAppliedState", id_,
                       "a snapshot of index " + std::to_string(take.last_included.index) + " is wanted, applied is " +
                           std::to_string(store_.applied()));
  }
  world_.snapshots.push_back(store_);
  SnapshotJob job;
  job.snapshot = {take.last_included, take.configuration,
                  static_cast<uint64_t>(world_.choices.Between(1, world_.scenario.snapshot_bytes_max))};
  job.content = static_cast<uint32_t>(world_.snapshots.size());
  snapshots_under_way_.push_back(snapshot_jobs_.Put(job));
  world_.After(4 * world_.DiskDelay(), Mine(EventKind::kSnapshotWritten, snapshots_under_way_.back()));
}

void Node::TakeSnapshot(Index index) {
  // The state as it was then: from the last snapshot, the entries after it.
  Store store = disk_.snapshot_content() == 0 ? Store(world_.scenario.keys, world_.scenario.clients)
                                              : world_.snapshots[disk_.snapshot_content() - 1];
  while (store.applied() < index) {
    const Index next = store.applied() + 1;
    const Payload payload = next > payloads_.base() && next <= payloads_.last() ? payloads_.At(next) : 0;
    store.Apply(next, payload == 0 ? nullptr : &world_.commands[payload]);
  }
  world_.snapshots.push_back(std::move(store));
  SnapshotJob job;
  job.snapshot = {{index, state_.log.TermAt(index).value_or(0)},
                  state_.log.ConfigurationAt(index),
                  static_cast<uint64_t>(world_.choices.Between(1, world_.scenario.snapshot_bytes_max))};
  job.content = static_cast<uint32_t>(world_.snapshots.size());
  snapshots_under_way_.push_back(snapshot_jobs_.Put(job));
  world_.After(world_.DiskDelay(), Mine(EventKind::kSnapshotWritten, snapshots_under_way_.back()));
}

void Node::Do(effect::StoreSnapshotChunk& chunk) {
  const uint32_t content = received_.snapshot_content;
  if (chunk.offset == 0) stored_ = {chunk.last_included, content, 0, true};
  if (stored_.last_included != chunk.last_included || stored_.content != content || stored_.bytes != chunk.offset) {
    stored_.whole = false;
  }
  stored_.bytes = chunk.offset + chunk.bytes;
  // One after the other.
  chunks_stored_at_ = std::max(chunks_stored_at_, world_.now + DiskDelay());
  QueuedEvent event = Mine(EventKind::kChunkStored, chunk.write_id);
  event.time = chunks_stored_at_;
  world_.queue.Push(event);
}

void Node::Do(effect::InstallSnapshot& install) {
  if (!stored_.whole || stored_.last_included != install.last_included) {
    return world_.Fail("SnapshotWhole", id_,
                       "a snapshot of index " + std::to_string(install.last_included.index) +
                           " is to be installed from chunks of different ones, or with a gap");
  }
  installing_ =
      InstallJob{{install.last_included, install.configuration, stored_.bytes}, stored_.content, disk_.last_issued()};
  // A heavy tail: a large snapshot outlasts election timeouts.
  int64_t delay = 4 * DiskDelay();
  while (delay < world_.scenario.election_timeout_micros && world_.choices.Below(2) != 0) delay *= 2;
  world_.After(delay, Mine(EventKind::kSnapshotInstalled));
}

// ---- Timers, reports -----------------------------------------------------------------------------------

void Node::Do(effect::SetTimer& timer) {
  const Scenario& scenario = world_.scenario;
  int64_t duration = scenario.election_timeout_micros;
  if (timer.timer == effect::Timer::kHeartbeat) duration = scenario.heartbeat_micros;
  if (timer.timer == effect::Timer::kElection) duration += world_.choices.Between(0, duration - 1);
  TimerSlot& slot = timers_[static_cast<size_t>(timer.timer)];
  slot.due = world_.now + clock_.TrueDuration(duration);
  if (slot.queued == 0 || slot.queued > slot.due) QueueTimer(timer.timer);
}

void Node::Do(effect::ConfigurationChanged& changed) {
  if (const auto transition = ConfigurationTransition(counted_configuration_, changed.configuration)) {
    ++world_.counters.transitions[static_cast<size_t>(*transition)];
  }
  counted_configuration_ = changed.configuration;
}

void Node::Do(effect::RoleChanged& changed) {
  EndLeaseReads();
  if (const auto transition = RoleTransition(counted_role_, changed.role)) {
    ++world_.counters.transitions[static_cast<size_t>(*transition)];
  }
  if (changed.role == Role::kLeader && counted_role_ != Role::kLeader) world_.new_leader = {number_, changed.term};
  counted_role_ = changed.role;
}

// Whether it may, the monitor has judged.
void Node::Do(effect::Halt&) {}

}  // namespace lockstep::sim
