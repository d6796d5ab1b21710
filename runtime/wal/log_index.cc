#include "runtime/wal/log_index.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/codec/configuration_codec.h"

namespace lockstep::runtime {

namespace {

// The configuration in effect at the base of a begin, compact or reset record.
absl::StatusOr<ConfigurationEntry> DecodeBaseConfiguration(const Record& record) {
  auto configuration = DecodeConfiguration(record.payload.bytes.view());
  if (configuration.ok() && configuration->index > record.base.index) {
    return absl::InvalidArgumentError("the configuration at the base is of a later entry");
  }
  return configuration;
}

}  // namespace

absl::Status LogIndex::Begin(const Record& begin) {
  auto configuration = DecodeBaseConfiguration(begin);
  if (!configuration.ok()) return configuration.status();
  if (begin.last.index < begin.base.index) {
    return absl::InvalidArgumentError("the log ends before it begins");
  }
  term_ = begin.term;
  voted_for_ = begin.voted_for;
  base_ = begin.base;
  base_configuration_ = *std::move(configuration);
  floor_ = begin.last;
  return absl::OkStatus();
}

absl::Status LogIndex::Apply(const Record& record, LogAddress address) {
  switch (record.type) {
    case RecordType::kVote:
      term_ = record.term;
      voted_for_ = record.voted_for;
      return absl::OkStatus();
    case RecordType::kEntry:
    case RecordType::kReference:
      return PutEntry(record, address);
    case RecordType::kTruncate:
      if (record.last.index < base_.index) return BelowBase(record.last.index + 1);
      TruncateAfter(record.last.index);
      return absl::OkStatus();
    case RecordType::kCompact:
    case RecordType::kReset: {
      auto configuration = DecodeBaseConfiguration(record);
      if (!configuration.ok()) return configuration.status();
      if (record.type == RecordType::kReset || !Holds(record.base)) {
        entries_.clear();
        configurations_.clear();
        floor_ = record.base;
      }
      CompactTo(record.base, *std::move(configuration));
      return absl::OkStatus();
    }
    case RecordType::kMark:
      return absl::OkStatus();
    case RecordType::kBegin:
      break;
  }
  return absl::InvalidArgumentError("a record that begins a segment stands within one");
}

absl::Status LogIndex::BelowBase(Index index) const {
  return absl::InvalidArgumentError(
      absl::StrCat("changes entry ", index, ", but everything up to ", base_.index, " is compacted"));
}

absl::Status LogIndex::PutEntry(const Record& record, LogAddress address) {
  if (record.index > last().index + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("entry ", record.index, " follows entry ", last().index, ": those between are missing"));
  }
  if (record.index <= base_.index) return BelowBase(record.index);
  const bool outside = record.type == RecordType::kReference;
  if (outside && record.entry.kind != EntryKind::kCommand) {
    return absl::InvalidArgumentError("a reference to something that is no command");
  }
  const uint64_t bytes = record.payload.bytes.size();
  if (!outside && record.entry.kind == EntryKind::kCommand && bytes != record.entry.bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("an entry that says ", record.entry.bytes, " bytes with a command of ", bytes));
  }
  TruncateAfter(record.index - 1);
  if (record.entry.kind == EntryKind::kConfiguration) {
    auto configuration = DecodeConfiguration(record.payload.bytes.view());
    if (!configuration.ok()) return configuration.status();
    if (configuration->index != record.index) return absl::InvalidArgumentError("a configuration of another entry");
    configurations_.push_back(*std::move(configuration));
  }
  const uint64_t head = EncodedBytes({.type = RecordType::kEntry});
  address.offset += static_cast<uint32_t>(head);
  entries_.push_back({record.entry, address, record.payload.crc32c, outside});
  return absl::OkStatus();
}

void LogIndex::TruncateAfter(Index last) {
  while (!configurations_.empty() && configurations_.back().index > last) configurations_.pop_back();
  if (last < floor_.index) {
    entries_.clear();
    floor_ = last == base_.index ? base_ : LogPosition{last, 0};
    return;
  }
  while (floor_.index + entries_.size() > last) entries_.pop_back();
}

void LogIndex::CompactTo(LogPosition base, ConfigurationEntry configuration) {
  base_ = base;
  base_configuration_ = std::move(configuration);
  while (!configurations_.empty() && configurations_.front().index <= base.index) {
    configurations_.erase(configurations_.begin());
  }
  if (floor_.index > base.index) return;
  while (floor_.index < base.index) {
    entries_.pop_front();
    ++floor_.index;
  }
  floor_ = base;
}

LogPosition LogIndex::last() const {
  if (entries_.empty()) return floor_;
  return {floor_.index + entries_.size(), entries_.back().meta.term};
}

bool LogIndex::Matches(const Record& begin) const {
  const LogPosition end = last();
  const bool same_end = end.index == begin.last.index && (end.term == begin.last.term || end.term == 0);
  return same_end && begin.term == term_ && begin.voted_for == voted_for_ && begin.base == base_;
}

bool LogIndex::Holds(LogPosition position) const {
  if (position.index > last().index) return false;
  if (position.index < floor_.index) return true;  // As far as is known.
  if (position.index == floor_.index) return floor_.term == 0 || floor_.term == position.term;
  return At(position.index).meta.term == position.term;
}

Record LogIndex::InBrief() const {
  Record begin;
  begin.type = RecordType::kBegin;
  begin.term = term_;
  begin.voted_for = voted_for_;
  begin.base = base_;
  begin.last = last();
  begin.payload = MakePayload(SharedBytes(EncodeConfiguration(base_configuration_)));
  return begin;
}

StoredLog LogIndex::ToStoredLog() const {
  LOCKSTEP_CHECK(floor_.index <= base_.index);
  StoredLog stored{term_, voted_for_, Log(base_, base_configuration_), {}};
  auto configuration = configurations_.begin();
  Index index = floor_.index;
  for (const IndexedEntry& entry : entries_) {
    ++index;
    if (entry.outside) stored.outside.push_back({{index, entry.meta.term}, entry.meta.bytes, entry.payload_crc});
    if (entry.meta.kind == EntryKind::kConfiguration) {
      stored.log.Append(entry.meta, configuration++->configuration);
    } else {
      stored.log.Append(entry.meta);
    }
  }
  return stored;
}

}  // namespace lockstep::runtime
