// What is certainly on a node's disk, told from the writes it asked for and the completions it got.
//
// Writes take effect in the order in which they are asked for. A completion says that a write, and with it every
// earlier one, survives any crash; a crash keeps a prefix of the others, the last of them perhaps in part. A failed
// write may be there or not, and voids all that were asked for after it, until the node has been told. So the disk
// after a crash is one of a few that the model can name (Allows).
#ifndef LOCKSTEP_SPEC_PROPERTIES_DISK_MODEL_H_
#define LOCKSTEP_SPEC_PROPERTIES_DISK_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/state.h"
#include "spec/properties/term_runs.h"

namespace lockstep::spec {

// What a node's disk holds at a start (the members of core's DurableState).
struct DiskView {
  Term term = 0;
  NodeId voted_for;
  const Snapshot& snapshot;
  const Log& log;
};

struct DurableVote {
  Term term = 0;
  NodeId voted_for;
  friend bool operator==(const DurableVote&, const DurableVote&) = default;
};

class DiskModel {
 public:
  using Votes = absl::InlinedVector<DurableVote, 2>;

  // The disk is known to hold this and nothing else.
  void Reset(const DiskView& disk);

  // Writes that the node asks for, in this order.
  void Ask(const effect::SaveVote& write);
  void Ask(const effect::AppendLog& write);
  void Ask(const effect::TruncateLog& write);
  void Ask(const effect::InstallSnapshot& write) { installing_ = write.last_included; }
  void Compact(LogPosition last);

  // Write `id` is durable, and so are those asked for before. Returns the votes among them: each was durable for a
  // while.
  Votes Complete(WriteId id);
  // Write `id` failed: those behind it are void, and so are those to come until the node has been told. NodeTold: it
  // has.
  void Fail(WriteId id);
  void NodeTold(WriteId id) {
    if (id == void_until_told_) void_until_told_ = 0;
  }
  void SnapshotTaken(LogPosition last_included);
  // `drop_log`: the log goes on after the snapshot, nothing of the old one is left.
  void SnapshotInstalled(LogPosition last_included, bool drop_log);

  // Certain.
  const DurableVote& vote() const { return vote_; }
  const TermRuns& log() const { return log_; }
  LogPosition snapshot() const { return snapshot_; }
  // Whether everything up to `position` is certainly there, in the log or under the snapshot.
  bool Holds(LogPosition position) const {
    return position.index <= snapshot_.index || log_.TermAt(position.index) == position.term;
  }
  // Whether write `id` failed or is void: what waits for it never happens.
  bool Failed(WriteId id) const {
    const Write* write = FindWrite(id);
    return write != nullptr && write->uncertain;
  }
  // (term, vote) once write `id` is done; 0 or an unknown id: as it is.
  DurableVote VoteAfter(WriteId id) const;
  // Whether Holds(position) once write `id` is done too.
  bool HoldsAfter(WriteId id, LogPosition position) const;
  // The log write `id` that is not complete: where it ends, and whether it is there.
  std::optional<LogPosition> EndOf(WriteId id) const;
  // Writes that a crash may take.
  size_t pending_writes() const { return writes_.size(); }

  // Whether a crash now can leave `disk`; if not, why.
  bool Allows(const DiskView& disk, std::string* why) const;

  friend bool operator==(const DiskModel&, const DiskModel&) = default;

 private:
  enum class Kind : uint8_t { kVote, kAppend, kTruncate };
  struct Write {
    WriteId id = 0;
    Kind kind = Kind::kVote;
    bool uncertain = false;  // Failed or void: on the disk in part, whole or not at all.
    DurableVote vote;
    Index first = 0;  // kAppend; kTruncate: the first index taken away.
    absl::InlinedVector<TermRun, 1> runs;
    friend bool operator==(const Write&, const Write&) = default;
  };

  bool IsVoid(WriteId id);  // Takes note of a write asked for now. Returns whether it is void.
  static void Apply(const Write& write, TermRuns& log);
  Write* FindWrite(WriteId id);
  const Write* FindWrite(WriteId id) const { return const_cast<DiskModel*>(this)->FindWrite(id); }
  bool IsPrefixOfWrites(const DurableVote& vote, const TermRuns& found) const;
  bool IsPossible(const DurableVote& vote, const TermRuns& found) const;

  DurableVote vote_;
  LogPosition snapshot_;
  std::optional<LogPosition> installing_;
  TermRuns log_;
  std::vector<Write> writes_;    // Not certain yet, ascending by id.
  WriteId void_until_told_ = 0;  // The failed write of which the node does not know yet; 0: none.
  WriteId last_asked_ = 0;
  WriteId void_up_to_ = 0;  // The last write that a failure has voided, or an installation overtaken.
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_DISK_MODEL_H_
