// A node's disk: what is on it for good, and what is on its way.
//
// Writes take effect in the order in which they were asked for; a crash keeps a prefix of those not confirmed, and
// maybe a part of the next one. Completions are told in any order: told means that a crash no longer takes the write
// back, so every earlier one is on the disk too. A write that fails may be on disk whole, in part or not at all; those
// that were on their way behind it are void. The disk does not know time: its host says when a write completes.
#ifndef LOCKSTEP_SIM_DISK_H_
#define LOCKSTEP_SIM_DISK_H_

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "core/effect.h"
#include "core/start.h"
#include "sim/choices.h"
#include "sim/command.h"

namespace lockstep::sim {

using Payloads = absl::InlinedVector<Payload, 8>;

class Disk {
 public:
  Disk() = default;
  // A disk with this on it; its entries carry no commands.
  explicit Disk(DurableState durable);

  // What a start would find now, if nothing on its way arrived.
  const DurableState& durable() const { return durable_; }
  const PayloadLog& payloads() const { return payloads_; }
  // The number of the snapshot's content; 0 without a snapshot.
  uint32_t snapshot_content() const { return snapshot_content_; }
  bool idle() const { return pending_.empty(); }
  // Whether this write is on its way, or its completion untold.
  bool pending(WriteId id) const;

  // Whether it is on disk already, since a later one was told: then it can no longer fail.
  bool settled(WriteId id) const;

  // Puts a write on its way. `payloads`: one for each entry, 0 for those without a command.
  void Issue(const effect::SaveVote& write);
  void Issue(effect::AppendLog&& write, Payloads payloads);
  void Issue(const effect::TruncateLog& write);

  // Write `id` is on disk, and so are all before it: their ids are appended to `durable`, oldest first. Returns false
  // if the write was void: then it has failed. Unknown ids: true, and nothing.
  bool Complete(WriteId id, std::vector<WriteId>& durable);
  // Write `id` fails; with `torn`, a part of it (drawn) reaches the disk, and what was before it does so too.
  void Fail(WriteId id, bool torn, Choices& choices, std::vector<WriteId>& durable);
  // All writes up to `id` are on disk.
  void Flush(WriteId id, std::vector<WriteId>& durable) { ApplyUpTo(id, durable); }
  // The id of the last write on its way; 0: none is.
  WriteId last_issued() const { return pending_.empty() ? 0 : pending_.back().id; }
  // The process ended, the power maybe with it: a drawn prefix of what is on its way survives, all of it if not
  // `lose_unsynced`; with `torn`, maybe a part of the next write. Returns how many writes were lost;
  // `first_lost` is the first of them, or 0.
  size_t Crash(bool lose_unsynced, bool torn, Choices& choices, WriteId* first_lost);

  // At once and atomically, as their callers saw to the waiting:
  void SaveSnapshot(const Snapshot& snapshot, uint32_t content);
  // A received snapshot: the log is emptied and goes on after it, and what was on its way is void.
  void InstallSnapshot(const Snapshot& snapshot, uint32_t content);
  void Compact(LogPosition last);

 private:
  enum class Kind : uint8_t { kVote, kAppend, kTruncate };
  struct Write {
    WriteId id = 0;
    Kind kind = Kind::kVote;
    bool on_disk = false;  // Applied to durable_; only the completion has not been told.
    bool is_void = false;
    Term term = 0;
    NodeId voted_for;
    Index first = 0;  // kAppend; kTruncate: the first one taken away.
    std::vector<EntryMeta> entries;
    std::vector<ConfigurationEntry> configurations;
    Payloads payloads;
  };

  const Write* Find(WriteId id) const;
  void Erase(WriteId id);
  // Applies writes up to and including `id`.
  void ApplyUpTo(WriteId id, std::vector<WriteId>& durable);
  // Applies a write, of an append only the first `entries` ones; of 0 nothing.
  void Apply(const Write& write, size_t entries);

  DurableState durable_;
  PayloadLog payloads_;
  uint32_t snapshot_content_ = 0;
  std::vector<Write> pending_;  // Ascending by id, in the order of issue.
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_DISK_H_
