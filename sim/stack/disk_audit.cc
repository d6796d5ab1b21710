#include "sim/stack/disk_audit.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/crc32c.h"
#include "runtime/data/file_data_store.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/snapshots/file_snapshot_store.h"
#include "runtime/snapshots/image.h"
#include "runtime/wal/replay.h"

namespace lockstep::sim {
namespace {

std::string Path(uint32_t segment) { return "log/" + runtime::SegmentName(segment); }

std::string Text(LogPosition position) { return absl::StrCat(position.index, ":", position.term); }

}  // namespace

std::string LogAudit::Begin() {
  runtime::MemoryDisk durable = disk_.Durable();
  runtime::MemoryClock clock;
  runtime::DiskFaults none;
  runtime::MemoryFiles files(durable, clock, none);
  auto replayed = runtime::ReplayLog(files, "log", identity_);
  if (!replayed.ok()) return std::string(replayed.status().message());
  index_ = std::move(replayed->index);
  salt_ = replayed->salt;
  segment_ = replayed->end.segment;
  places_ = {{replayed->end.offset, replayed->chain}};
  compared_ = 0;
  return "";
}

void LogAudit::Take(const runtime::Record& record) {
  switch (record.type) {
    case runtime::RecordType::kEntry:
    case runtime::RecordType::kReference:
      compared_ = std::min(compared_, record.index - 1);
      return;
    case runtime::RecordType::kTruncate:
      compared_ = std::min(compared_, record.last.index);
      return;
    case runtime::RecordType::kReset:
      compared_ = record.base.index;
      return;
    default:
      return;
  }
}

bool LogAudit::GoToNextSegment(std::string* problem) {
  for (uint32_t next = segment_ + 1;; ++next) {
    const std::optional<std::string> content = disk_.DurableContent(Path(next));
    if (!content.has_value()) return false;
    if (GoTo(next, *content, problem)) return true;
    if (!problem->empty()) return false;
  }
}

bool LogAudit::GoTo(uint32_t segment, const std::string& content, std::string* problem) {
  const auto header = runtime::DecodeSegmentHeader(content);
  if (!header.ok() || header->segment != segment || header->salt != salt_) return false;
  const auto begin = runtime::DecodeRecord(runtime::SharedBytes(content), runtime::kSegmentHeaderBytes, salt_, segment);
  if (!begin.has_value() || begin->record.type != runtime::RecordType::kBegin) return false;
  const runtime::LogAddress end = begin->record.previous_end;
  const bool follows = std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
    return end == runtime::LogAddress{segment_, place.offset} && begin->previous_crc == place.chain;
  });
  if (!follows || !index_.Matches(begin->record)) {
    *problem = absl::StrCat(Path(segment), " does not begin with what ", Path(segment_), " ends with");
    return false;
  }
  segment_ = segment;
  places_ = {{static_cast<uint32_t>(runtime::kSegmentHeaderBytes + begin->bytes), begin->crc}};
  return true;
}

std::string LogAudit::ReadOn() {
  std::string problem;
  while (true) {
    std::optional<std::string> content = disk_.DurableContent(Path(segment_));
    // It has been freed, after what nobody was told of: the log begins behind it, and is read anew.
    if (!content.has_value()) return Begin();
    const runtime::SharedBytes bytes(*std::move(content));
    while (true) {
      const Place at = places_.back();
      const auto decoded = runtime::DecodeRecord(bytes, at.offset, salt_, segment_);
      if (!decoded.has_value() || decoded->previous_crc != at.chain) break;
      if (!index_.Apply(decoded->record, {segment_, at.offset}).ok()) {
        return absl::StrCat(Path(segment_), ", offset ", at.offset, ": a record that cannot follow");
      }
      Take(decoded->record);
      places_.push_back({static_cast<uint32_t>(at.offset + decoded->bytes), decoded->crc});
    }
    if (!GoToNextSegment(&problem)) return problem;
  }
}

// A reference is worth what it refers to.
std::string LogAudit::CompareData(Index index) const {
  const runtime::IndexedEntry& entry = index_.At(index);
  if (!entry.outside) return "";
  const std::string path = "data/" + runtime::DataFileName({index, entry.meta.term});
  const std::optional<std::string> content = disk_.DurableContent(path);
  if (content.has_value() && content->size() == entry.meta.bytes && runtime::Crc32c(*content) == entry.payload_crc) {
    return "";
  }
  return absl::StrCat("entry ", index, " is taken for durable; its data in ", path, " is not there or is other");
}

std::string LogAudit::CompareLog(const State& state) {
  const Index durable = state.storage.durable_index;
  const Log& log = state.log;
  if (index_.last().index < durable) {
    return absl::StrCat("takes the log for durable up to ", durable, "; on the disk it ends at ", Text(index_.last()));
  }
  const Index first = std::max({compared_, index_.floor().index, log.base_index()}) + 1;
  for (Index index = first; index <= durable; ++index) {
    const EntryMeta& there = index_.At(index).meta;
    if (there == log.At(index)) {
      if (std::string problem = CompareData(index); !problem.empty()) return problem;
      continue;
    }
    return absl::StrCat("entry ", index, " has term ", log.At(index).term, " and ", log.At(index).bytes,
                        " bytes; on the disk it has term ", there.term, " and ", there.bytes, " bytes");
  }
  compared_ = std::max(compared_, durable);
  const bool writing = !state.storage.pending_log_writes.empty() || state.storage.failing;
  if (!writing && durable == log.last_index() && index_.last() != state.last_log()) {
    return absl::StrCat("the log ends at ", Text(state.last_log()),
                        " and no write is under way; on the disk it ends at ", Text(index_.last()));
  }
  return "";
}

std::string LogAudit::Check(const State& state) {
  if (std::string problem = ReadOn(); !problem.empty()) return problem;
  const Storage& storage = state.storage;
  const bool same = index_.term() == storage.durable_term && index_.voted_for() == storage.durable_vote;
  // A later vote may be there already, untold; an earlier one may not.
  if (!same && (storage.pending_vote_write == 0 || index_.term() < storage.durable_term)) {
    return absl::StrCat("takes term ", storage.durable_term, " vote ", ToString(storage.durable_vote),
                        " for durable; on the disk are term ", index_.term(), " vote ", ToString(index_.voted_for()));
  }
  // While a snapshot is being installed the disk's log is emptied before the core's.
  if (state.incoming.has_value() && state.incoming->installing) return "";
  return CompareLog(state);
}

std::string CheckDurableSnapshot(const runtime::MemoryDisk& disk, const runtime::LogIdentity& identity,
                                 LogPosition last_included) {
  runtime::MemoryDisk durable = disk.Durable();
  runtime::MemoryClock clock;
  runtime::DiskFaults none;
  runtime::MemoryFiles files(durable, clock, none);
  const auto store = runtime::FileSnapshotStore::Open(files, {.cluster = identity.cluster, .group = identity.group});
  if (!store.ok()) return std::string(store.status().message());
  const auto& current = (*store)->current();
  if (!current.has_value() || current->last_included.index < last_included.index) {
    return absl::StrCat("the snapshot at ", Text(last_included), " was told to be durable; on the disk is ",
                        current.has_value() ? Text(current->last_included) : "none");
  }
  auto source = (*store)->OpenCurrent();
  if (!source.ok()) return std::string(source.status().message());
  while (true) {
    const auto piece = (*source)->Read(1 << 20);
    if (!piece.ok()) return std::string(piece.status().message());
    if (piece->empty()) return "";
  }
}

}  // namespace lockstep::sim
