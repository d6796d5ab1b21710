#include "sim/stack/seams.h"

#include <algorithm>

namespace lockstep::sim {

runtime::TaskId LaneScheduler::RunAfter(int64_t delay_micros, runtime::Task task) {
  uint32_t at;
  if (free_.empty()) {
    at = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[at];
  slot.task = std::move(task);
  const runtime::TaskId id = uint64_t{slot.turn} << 32 | at;
  QueuedEvent event;
  event.kind = EventKind::kTask;
  event.node = static_cast<uint8_t>(server_);
  event.detail = static_cast<uint16_t>(lane_);
  event.life = life_;
  event.argument = id;
  // Only what a timer waits for goes by the node's own clock; wires and disks have no clock.
  if (lane_ == Lane::kTimers && delay_micros > 0) delay_micros = clock_.TrueDuration(delay_micros);
  world_.After(std::max<int64_t>(0, delay_micros), event);
  if (delay_micros <= 0) soon_.push_back(id);
  return id;
}

LaneScheduler::Slot* LaneScheduler::Find(runtime::TaskId id) {
  const auto at = static_cast<uint32_t>(id);
  if (at >= slots_.size() || slots_[at].turn != id >> 32 || slots_[at].task == nullptr) return nullptr;
  return &slots_[at];
}

void LaneScheduler::Cancel(runtime::TaskId id) {
  Slot* slot = Find(id);
  if (slot == nullptr) return;
  slot->task = nullptr;
  ++slot->turn;
  std::erase(soon_, id);
  free_.push_back(static_cast<uint32_t>(id));
}

bool LaneScheduler::Run(runtime::TaskId id) {
  Slot* slot = Find(id);
  if (slot == nullptr) return false;
  const runtime::Task task = std::exchange(slot->task, nullptr);
  ++slot->turn;
  std::erase(soon_, id);
  free_.push_back(static_cast<uint32_t>(id));
  task();
  return true;
}

void LaneScheduler::RunSoon() {
  constexpr int kTurnsMax = 10'000;
  for (int i = 0; i < kTurnsMax && !soon_.empty(); ++i) {
    Run(soon_.front());
  }
}

void LaneScheduler::Clear() {
  // Moved out first: what a task holds may, in ending, ask for another one to be called off.
  const std::vector<Slot> ended = std::exchange(slots_, {});
  free_.clear();
  slots_.clear();
  soon_.clear();
}

}  // namespace lockstep::sim
