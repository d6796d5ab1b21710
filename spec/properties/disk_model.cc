#include "spec/properties/disk_model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::spec {
namespace {

// Whether a disk whose log is `found` can be one whose log is `expected`, compaction apart.
bool SameLog(const TermRuns& expected, const TermRuns& found) {
  const Index base = found.base().index;
  if (std::max(expected.last_index(), base) != found.last_index()) return false;
  return found.last_index() == base || expected.TermAt(found.last_index()) == found.last_term();
}

std::string Text(const TermRuns& log) {
  return absl::StrCat(log.base().index + 1, "..", log.last_index(), " ending in term ", log.last_term());
}

}  // namespace

void DiskModel::Reset(const DiskView& disk) {
  installing_.reset();
  writes_.clear();
  void_until_told_ = 0;
  void_up_to_ = 0;
  last_asked_ = 0;
  vote_ = {disk.term, disk.voted_for};
  snapshot_ = disk.snapshot.last_included;
  log_ = TermRuns::Of(disk.log);
}

bool DiskModel::IsVoid(WriteId id) {
  last_asked_ = id;
  if (void_until_told_ == 0) return false;
  void_up_to_ = id;
  return true;
}

void DiskModel::Ask(const effect::SaveVote& write) {
  writes_.push_back({write.write_id, Kind::kVote, IsVoid(write.write_id), {write.term, write.voted_for}, 0, {}});
}

void DiskModel::Ask(const effect::AppendLog& write) {
  Write& added = writes_.emplace_back();
  added.id = write.write_id;
  added.kind = Kind::kAppend;
  added.uncertain = IsVoid(write.write_id);
  added.first = write.first;
  Index index = write.first;
  for (const EntryMeta& entry : write.entries) {
    if (!added.runs.empty() && added.runs.back().term == entry.term) {
      added.runs.back().last = index++;
    } else {
      added.runs.push_back({entry.term, index++});
    }
  }
}

void DiskModel::Ask(const effect::TruncateLog& write) {
  writes_.push_back({write.write_id, Kind::kTruncate, IsVoid(write.write_id), {}, write.last + 1, {}});
}

void DiskModel::Compact(LogPosition last) {
  if (log_.TermAt(last.index) == last.term) log_.CompactTo(last.index);
}

void DiskModel::Apply(const Write& write, TermRuns& log) {
  if (write.kind == Kind::kVote || write.first > log.last_index() + 1) return;
  log.TruncateAfter(write.first - 1);
  for (const TermRun& run : write.runs) {
    if (run.last > log.last_index()) log.Append(run.term, run.last);
  }
}

DiskModel::Write* DiskModel::FindWrite(WriteId id) {
  const auto at = std::lower_bound(writes_.begin(), writes_.end(), id,
                                   [](const Write& write, WriteId wanted) { return write.id < wanted; });
  return at == writes_.end() || at->id != id ? nullptr : &*at;
}

DiskModel::Votes DiskModel::Complete(WriteId id) {
  const Write* completed = FindWrite(id);
  if (completed == nullptr || completed->uncertain) return {};
  Votes votes;
  bool log_written = false;
  for (const Write& write : writes_) {
    if (write.id > id) break;
    if (write.uncertain) continue;
    if (write.kind == Kind::kVote) {
      vote_ = write.vote;
      votes.push_back(write.vote);
    } else {
      Apply(write, log_);
      log_written = true;
    }
  }
  // What a failure left uncertain is settled by the next write of its kind.
  std::erase_if(writes_, [&](const Write& write) {
    if (write.id > id) return false;
    return !write.uncertain || (write.kind == Kind::kVote ? !votes.empty() : log_written);
  });
  return votes;
}

void DiskModel::Fail(WriteId id) {
  const Write* failed = FindWrite(id);
  if (failed == nullptr ? id <= void_up_to_ : failed->uncertain) return;  // It was void already.
  void_up_to_ = std::max(id, last_asked_);
  void_until_told_ = id;
  for (Write& write : writes_) {
    if (write.id < id) continue;
    write.uncertain = true;
    if (write.kind != Kind::kVote) log_.TruncateAfter(write.first - 1);
  }
}

void DiskModel::SnapshotTaken(LogPosition last_included) {
  if (last_included.index > snapshot_.index) snapshot_ = last_included;
}

void DiskModel::SnapshotInstalled(LogPosition last_included, bool drop_log) {
  installing_.reset();
  SnapshotTaken(last_included);
  if (!drop_log) return;
  log_.Reset(last_included);
  void_up_to_ = std::max(void_up_to_, last_asked_);
  std::erase_if(writes_, [](const Write& write) { return write.kind != Kind::kVote; });
}

DurableVote DiskModel::VoteAfter(WriteId id) const {
  DurableVote vote = vote_;
  for (const Write& write : writes_) {
    if (write.id <= id && write.kind == Kind::kVote && !write.uncertain) vote = write.vote;
  }
  return vote;
}

bool DiskModel::HoldsAfter(WriteId id, LogPosition position) const {
  if (Holds(position)) return true;
  if (id == 0) return false;
  TermRuns log = log_;
  for (const Write& write : writes_) {
    if (write.id <= id && !write.uncertain) Apply(write, log);
  }
  return log.TermAt(position.index) == position.term;
}

std::optional<LogPosition> DiskModel::EndOf(WriteId id) const {
  const Write* write = FindWrite(id);
  if (write == nullptr || write->runs.empty()) return std::nullopt;
  return LogPosition{write->runs.back().last, write->runs.back().term};
}

// Without failures: a prefix of the writes, the next one perhaps in part.
bool DiskModel::IsPrefixOfWrites(const DurableVote& vote, const TermRuns& found) const {
  DurableVote expected_vote = vote_;
  TermRuns log = log_;
  for (const Write& write : writes_) {
    if (vote == expected_vote && SameLog(log, found)) return true;
    if (write.kind == Kind::kVote) {
      expected_vote = write.vote;
      continue;
    }
    Apply(write, log);
    if (write.kind == Kind::kTruncate || vote != expected_vote) continue;
    // In part: its first entries, nothing behind them.
    const Index last = found.last_index();
    if (last + 1 < write.first || last > log.last_index()) continue;
    if (last <= found.base().index || log.TermAt(last) == found.last_term()) return true;
  }
  return vote == expected_vote && SameLog(log, found);
}

// After a failure: what is certain, in all of its possible readings.
bool DiskModel::IsPossible(const DurableVote& vote, const TermRuns& found) const {
  bool vote_possible = vote == vote_;
  TermRuns certain = log_;
  for (const Write& write : writes_) {
    if (write.kind == Kind::kVote) {
      vote_possible = vote_possible || vote == write.vote;
    } else {
      certain.TruncateAfter(write.first - 1);
    }
  }
  const Index last = certain.last_index();
  return vote_possible &&
         (last <= found.base().index || last <= certain.base().index || found.TermAt(last) == certain.last_term());
}

bool DiskModel::Allows(const DiskView& disk, std::string* why) const {
  const LogPosition snapshot = disk.snapshot.last_included;
  if (snapshot.index < snapshot_.index) {
    *why = absl::StrCat("snapshot ends at ", snapshot.index, ", but one up to ", snapshot_.index, " was durable");
    return false;
  }
  const DurableVote vote{disk.term, disk.voted_for};
  const TermRuns found = TermRuns::Of(disk.log);
  const bool failures = std::any_of(writes_.begin(), writes_.end(), [](const Write& write) { return write.uncertain; });
  if (failures ? IsPossible(vote, found) : IsPrefixOfWrites(vote, found)) return true;
  // The crash came after an installation, and before its end was told.
  if (installing_ == snapshot && found == TermRuns(snapshot)) return true;
  *why = absl::StrCat("found term ", vote.term, " vote ", ToString(vote.voted_for), " log ", Text(found),
                      "; durable were term ", vote_.term, " vote ", ToString(vote_.voted_for), " log ", Text(log_),
                      ", with ", writes_.size(), " writes on their way");
  return false;
}

}  // namespace lockstep::spec
