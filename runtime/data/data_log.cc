#include "runtime/data/data_log.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

constexpr uint64_t kWriteBytes = 64;  // Of a write without payloads, about.

}  // namespace

DataLog::DataLog(LogStore& log, DataStore& data, Files& files, std::span<const DataReference> references)
    : log_(log), data_(data), files_(files) {
  for (const DataReference& reference : references) references_[reference.position.index] = reference;
}

DataLog::~DataLog() { *alive_ = false; }

// ---- Collecting ----------------------------------------------------------------------------------------

void DataLog::Collect(uint64_t bytes, Write write) {
  collected_.bytes += bytes;
  collected_.writes.push_back(std::move(write));
}

void DataLog::SaveVote(Term term, NodeId voted_for) {
  Collect(kWriteBytes, {[term, voted_for](LogStore& log) { log.SaveVote(term, voted_for); }, nullptr});
}

void DataLog::Append(const effect::AppendLog& write, std::vector<Payload> payloads) {
  uint64_t bytes = kWriteBytes;
  std::vector<DataReference> outside;
  auto payload = payloads.begin();
  for (size_t i = 0; i < write.entries.size(); ++i) {
    const EntryMeta& entry = write.entries[i];
    if (entry.kind != EntryKind::kCommand) continue;
    LOCKSTEP_CHECK(payload != payloads.end());
    bytes += entry.bytes;
    if (entry.bytes > 0 && data_.Takes(entry.bytes)) {
      const DataReference reference{{write.first + i, entry.term}, entry.bytes, payload->crc32c};
      outside.push_back(reference);
      collected_.data.push_back({reference, std::exchange(payload->bytes, {})});
    }
    ++payload;
  }
  Collect(bytes, {[write, payloads = std::move(payloads)](LogStore& log) { log.Append(write, payloads); },
                  [first = write.first, outside = std::move(outside)](DataLog& self) {
                    self.Drop(self.references_.lower_bound(first), self.references_.end());
                    for (const DataReference& reference : outside) {
                      self.references_[reference.position.index] = reference;
                    }
                  }});
}

void DataLog::Truncate(Index last) {
  Collect(kWriteBytes,
          {[last](LogStore& log) { log.Truncate(last); },
           [last](DataLog& self) { self.Drop(self.references_.upper_bound(last), self.references_.end()); }});
}

void DataLog::Reset(LogPosition base, const ConfigurationEntry& configuration) {
  Collect(kWriteBytes, {[base, configuration](LogStore& log) { log.Reset(base, configuration); },
                        [](DataLog& self) { self.Drop(self.references_.begin(), self.references_.end()); }});
}

// If the log does not hold `base` and is emptied, references above it stay until their places are taken.
void DataLog::Compact(LogPosition base, const ConfigurationEntry& configuration) {
  Collect(kWriteBytes,
          {[base, configuration](LogStore& log) { log.Compact(base, configuration); },
           [base](DataLog& self) { self.Drop(self.references_.begin(), self.references_.upper_bound(base.index)); }});
}

// ---- Committing ----------------------------------------------------------------------------------------

void DataLog::Commit(Completion done) {
  LOCKSTEP_CHECK(!committing_);
  committing_ = true;
  writing_ = std::exchange(collected_, {});
  if (writing_.data.empty()) return PassOn(std::move(done));
  auto data = std::make_shared<std::vector<Datum>>(std::move(writing_.data));
  files_.RunInBackground([&store = data_, data] { return store.Store(*data); },
                         [this, alive = alive_, data, done = std::move(done)](const absl::Status& status) {
                           if (!*alive) return;
                           if (!status.ok()) return End(status, done);
                           PassOn(done);
                         });
}

void DataLog::PassOn(Completion done) {
  for (const Write& write : writing_.writes) write.log(log_);
  log_.Commit([this, alive = alive_, done = std::move(done)](const absl::Status& status) {
    if (*alive) End(status, done);
  });
}

void DataLog::End(const absl::Status& status, const Completion& done) {
  const Batch batch = std::exchange(writing_, {});
  committing_ = false;
  if (status.ok()) {
    for (const Write& write : batch.writes) {
      if (write.references != nullptr) write.references(*this);
    }
    ForgetDropped();
  } else {
    collected_ = {};
  }
  done(status);
}

void DataLog::Drop(References::iterator first, References::iterator last) {
  for (auto at = first; at != last; ++at) dropped_.push_back(at->second);
  references_.erase(first, last);
}

// One that was written again is referred to as before.
void DataLog::ForgetDropped() {
  std::erase_if(dropped_, [this](const DataReference& reference) {
    const auto at = references_.find(reference.position.index);
    return at != references_.end() && at->second.position == reference.position;
  });
  if (dropped_.empty()) return;
  files_.RunInBackground(
      [&store = data_, gone = std::exchange(dropped_, {})] {
        store.Forget(gone);
        return absl::OkStatus();
      },
      [](const absl::Status&) {});
}

void DataLog::Rest() {
  if (!committing_ && !has_collected()) log_.Rest();
}

// ---- Reading -------------------------------------------------------------------------------------------

std::vector<DataLog::Part> DataLog::PartsOf(Index first, Index last) const {
  std::vector<Part> parts;
  for (auto at = references_.lower_bound(first); at != references_.end() && at->first <= last; ++at) {
    if (first < at->first) parts.push_back({first, at->first - 1, nullptr});
    parts.push_back({at->first, at->first, &at->second});
    first = at->first + 1;
  }
  if (first <= last) parts.push_back({first, last, nullptr});
  return parts;
}

absl::StatusOr<std::vector<Payload>> DataLog::Load(DataStore& data, const DataReference& reference) {
  auto bytes = data.Load(reference);
  if (!bytes.ok()) return bytes.status();
  Payload payload{*std::move(bytes), reference.crc32c};
  if (payload.bytes.size() == reference.bytes && payload.intact()) return std::vector<Payload>{std::move(payload)};
  return absl::DataLossError(absl::StrCat("the data of entry ", reference.position.index, ", term ",
                                          reference.position.term, ", kept outside the log, is ", payload.bytes.size(),
                                          " bytes that do not have the checksum its proposer gave ", reference.bytes,
                                          " bytes: replace the device if a restart does not help"));
}

absl::StatusOr<std::vector<Payload>> DataLog::Read(Index first, Index last) {
  std::vector<Payload> all;
  for (const Part& part : PartsOf(first, last)) {
    auto read = part.outside != nullptr ? Load(data_, *part.outside) : log_.Read(part.first, part.last);
    if (!read.ok()) return read.status();
    std::move(read->begin(), read->end(), std::back_inserter(all));
  }
  return all;
}

// All parts are asked for at once: later the log may no longer hold them.
void DataLog::ReadInBackground(Index first, Index last, ReadDone done) {
  const std::vector<Part> parts = PartsOf(first, last);
  if (parts.size() == 1 && parts[0].outside == nullptr) {
    return log_.ReadInBackground(first, last, [alive = alive_, done = std::move(done)](auto read) {
      if (*alive) done(std::move(read));
    });
  }
  struct Reading {
    std::vector<absl::StatusOr<std::vector<Payload>>> parts;
    size_t open = 0;
    ReadDone done;
  };
  auto reading = std::make_shared<Reading>();
  reading->parts.resize(parts.size());
  reading->open = parts.size();
  reading->done = std::move(done);
  const auto told = [alive = alive_, reading] {
    if (!*alive || --reading->open > 0) return;
    std::vector<Payload> all;
    for (auto& part : reading->parts) {
      if (!part.ok()) return reading->done(part.status());
      std::move(part->begin(), part->end(), std::back_inserter(all));
    }
    reading->done(std::move(all));
  };
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].outside == nullptr) {
      log_.ReadInBackground(parts[i].first, parts[i].last, [reading, told, i](auto read) {
        reading->parts[i] = std::move(read);
        told();
      });
      continue;
    }
    files_.RunInBackground(
        [&store = data_, reading, i, reference = *parts[i].outside] {
          reading->parts[i] = Load(store, reference);
          return absl::OkStatus();
        },
        [told](const absl::Status&) { told(); });
  }
}

}  // namespace lockstep::runtime
