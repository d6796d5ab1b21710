#include "sim/disk.h"

#include <algorithm>
#include <utility>

namespace lockstep::sim {

Disk::Disk(DurableState durable) : durable_(std::move(durable)) {
  payloads_.Reset(durable_.log.base_index());
  while (payloads_.last() < durable_.log.last_index()) payloads_.Append(0);
}

bool Disk::pending(WriteId id) const { return Find(id) != nullptr; }

bool Disk::settled(WriteId id) const {
  const Write* write = Find(id);
  return write != nullptr && write->on_disk;
}

void Disk::Issue(const effect::SaveVote& write) {
  Write& pending = pending_.emplace_back();
  pending.id = write.write_id;
  pending.kind = Kind::kVote;
  pending.term = write.term;
  pending.voted_for = write.voted_for;
}

void Disk::Issue(effect::AppendLog&& write, Payloads payloads) {
  Write& pending = pending_.emplace_back();
  pending.id = write.write_id;
  pending.kind = Kind::kAppend;
  pending.first = write.first;
  pending.entries = std::move(write.entries);
  pending.configurations = std::move(write.configurations);
  pending.payloads = std::move(payloads);
}

void Disk::Issue(const effect::TruncateLog& write) {
  Write& pending = pending_.emplace_back();
  pending.id = write.write_id;
  pending.kind = Kind::kTruncate;
  pending.first = write.last + 1;
}

bool Disk::Complete(WriteId id, std::vector<WriteId>& durable) {
  const Write* write = Find(id);
  if (write == nullptr) return true;
  const bool is_void = write->is_void;
  if (!is_void) ApplyUpTo(id, durable);
  Erase(id);
  return !is_void;
}

void Disk::Fail(WriteId id, bool torn, Choices& choices, std::vector<WriteId>& durable) {
  const Write* write = Find(id);
  if (write == nullptr || write->on_disk) return;
  // What a void write does no longer matters to those behind it, which may have been asked for since.
  if (write->is_void) return Erase(id);
  if (torn) {
    if (write != pending_.data()) ApplyUpTo((write - 1)->id, durable);
    const size_t parts = write->kind == Kind::kAppend ? write->entries.size() : 1;
    Apply(*write, choices.Below(parts + 1));
  }
  for (Write& later : pending_) {
    if (later.id > id && !later.on_disk) later.is_void = true;
  }
  Erase(id);
}

size_t Disk::Crash(bool lose_unsynced, bool torn, Choices& choices, WriteId* first_lost) {
  std::vector<const Write*> open;
  for (const Write& write : pending_) {
    if (!write.on_disk && !write.is_void) open.push_back(&write);
  }
  const size_t kept = lose_unsynced ? choices.Below(open.size() + 1) : open.size();
  for (size_t i = 0; i < kept; ++i) Apply(*open[i], open[i]->entries.size() + 1);
  if (kept < open.size() && torn && open[kept]->kind == Kind::kAppend) {
    Apply(*open[kept], choices.Below(open[kept]->entries.size()));
  }
  const size_t lost = open.size() - kept;
  *first_lost = lost == 0 ? 0 : open[kept]->id;
  pending_.clear();
  return lost;
}

void Disk::SaveSnapshot(const Snapshot& snapshot, uint32_t content) {
  if (snapshot.last_included.index <= durable_.snapshot.last_included.index) return;
  durable_.snapshot = snapshot;
  snapshot_content_ = content;
}

void Disk::InstallSnapshot(const Snapshot& snapshot, uint32_t content) {
  durable_.snapshot = snapshot;
  snapshot_content_ = content;
  durable_.log = Log(snapshot.last_included, snapshot.configuration);
  payloads_.Reset(snapshot.last_included.index);
  for (Write& write : pending_) write.is_void = write.is_void || write.kind != Kind::kVote;
}

void Disk::Compact(LogPosition last) {
  if (last.index <= durable_.log.base_index()) return;
  if (durable_.log.Matches(last)) {
    durable_.log.CompactTo(last.index);
    payloads_.CompactTo(last.index);
  } else {
    durable_.log = Log(last, durable_.snapshot.configuration);
    payloads_.Reset(last.index);
  }
}

const Disk::Write* Disk::Find(WriteId id) const {
  const auto write = std::lower_bound(pending_.begin(), pending_.end(), id,
                                      [](const Write& pending, WriteId wanted) { return pending.id < wanted; });
  return write != pending_.end() && write->id == id ? &*write : nullptr;
}

void Disk::Erase(WriteId id) { pending_.erase(pending_.begin() + (Find(id) - pending_.data())); }

void Disk::ApplyUpTo(WriteId id, std::vector<WriteId>& durable) {
  for (Write& write : pending_) {
    if (write.id > id) return;
    if (write.on_disk || write.is_void) continue;
    Apply(write, write.entries.size() + 1);
    write.on_disk = true;
    durable.push_back(write.id);
  }
}

void Disk::Apply(const Write& write, size_t entries) {
  if (entries == 0) return;  // Also of a vote and a truncation: they are whole or not there.
  Log& log = durable_.log;
  switch (write.kind) {
    case Kind::kVote:
      durable_.term = write.term;
      durable_.voted_for = write.voted_for;
      return;
    case Kind::kTruncate:
      if (write.first <= log.base_index() || write.first > log.last_index()) return;
      log.TruncateAfter(write.first - 1);
      payloads_.TruncateAfter(write.first - 1);
      return;
    case Kind::kAppend:
      break;
  }
  if (write.first > log.last_index() + 1 || write.first <= log.base_index()) return;
  log.TruncateAfter(write.first - 1);
  payloads_.TruncateAfter(write.first - 1);
  entries = std::min(entries, write.entries.size());
  auto configuration = write.configurations.begin();
  for (size_t i = 0; i < entries; ++i) {
    if (configuration != write.configurations.end() && configuration->index == write.first + i) {
      log.Append(write.entries[i], configuration->configuration);
      ++configuration;
    } else {
      log.Append(write.entries[i]);
    }
    payloads_.Append(write.payloads[i]);
  }
}

}  // namespace lockstep::sim
