#include "runtime/driver/applier.h"

#include <utility>

#include "core/check.h"

namespace lockstep::runtime {

void Applier::Apply(Index first, Index last, const Log& log) {
  LOCKSTEP_CHECK(idle() && first == applied_ + 1 && last >= first);
  next_ = first;
  last_ = last;
  log_ = &log;
  ApplySlice();
}

Index Applier::EndOfSlice(bool* held) const {
  *held = cache_.Find(next_) != nullptr;
  uint64_t bytes = log_->At(next_).bytes;
  Index last = next_;
  while (last < last_ && last - next_ + 1 < options_.apply_commands_max) {
    bytes += log_->At(last + 1).bytes;
    if (bytes > options_.apply_bytes_max || (cache_.Find(last + 1) != nullptr) != *held) break;
    ++last;
  }
  return last;
}

void Applier::ApplySlice() {
  bool held = false;
  const Index last = EndOfSlice(&held);
  if (!held) {
    host_.log.ReadInBackground(next_, last, [this, alive = alive_, last](absl::StatusOr<std::vector<Payload>> read) {
      if (!*alive) return;
      if (!read.ok()) return told_.failed(read.status());
      ApplyCommands(last, *read);
    });
    return;
  }
  std::vector<Payload> payloads;
  for (Index index = next_; index <= last; ++index) {
    if (log_->At(index).kind == EntryKind::kCommand) payloads.push_back(*cache_.Find(index));
  }
  ApplyCommands(last, payloads);
}

void Applier::ApplyCommands(Index last, const std::vector<Payload>& payloads) {
  commands_.clear();
  replies_.clear();
  for (Index index = next_; index <= last; ++index) {
    const EntryMeta& entry = log_->At(index);
    if (entry.kind != EntryKind::kCommand) continue;
    LOCKSTEP_CHECK(commands_.size() < payloads.size());
    commands_.push_back({index, entry.term, payloads[commands_.size()].bytes.view()});
  }
  if (!commands_.empty()) host_.machine.Apply(commands_, replies_);
  LOCKSTEP_CHECK(replies_.size() == commands_.size());
  applied_ = last;
  next_ = last + 1;
  for (size_t i = 0; i < commands_.size(); ++i) told_.reply(commands_[i].index, std::move(replies_[i]));
  if (!*alive_) return;
  if (idle()) {
    told_.applied(last);
    return;
  }
  host_.scheduler.RunAfter(0, [this, alive = alive_] {
    if (*alive) ApplySlice();
  });
}

}  // namespace lockstep::runtime
