#include "runtime/memory/memory_log.h"

#include <utility>

#include "core/check.h"

namespace lockstep::runtime {

void MemoryLog::Content::TruncateAfter(Index last) {
  if (last >= log.log.last_index()) return;
  log.log.TruncateAfter(last);
  payloads.resize(last - log.log.base_index());
  while (!log.outside.empty() && log.outside.back().position.index > last) log.outside.pop_back();
}

void MemoryLog::Content::Restart(LogPosition base, const ConfigurationEntry& configuration) {
  log.log = Log(base, configuration);
  log.outside.clear();
  payloads.clear();
}

void MemoryLog::Interrupt() {
  if (commit_ != 0) scheduler_.Cancel(commit_);
  commit_ = 0;
  for (const TaskId read : reads_) scheduler_.Cancel(read);
  reads_.clear();
  collected_.clear();
  collected_bytes_ = 0;
}

void MemoryLog::SaveVote(Term term, NodeId voted_for) {
  collected_.emplace_back([term, voted_for](Content& content) {
    content.log.term = term;
    content.log.voted_for = voted_for;
  });
}

void MemoryLog::Append(const effect::AppendLog& write, std::vector<Payload> payloads) {
  for (const EntryMeta& entry : write.entries) collected_bytes_ += entry.bytes;
  collected_.emplace_back([write, payloads = std::move(payloads)](Content& content) {
    content.TruncateAfter(write.first - 1);
    Log& log = content.log.log;
    LOCKSTEP_CHECK(log.last_index() + 1 == write.first);
    auto payload = payloads.begin();
    auto configuration = write.configurations.begin();
    for (const EntryMeta& entry : write.entries) {
      const Index index = log.last_index() + 1;
      if (entry.kind == EntryKind::kConfiguration) {
        log.Append(entry, configuration++->configuration);
      } else {
        log.Append(entry);
      }
      content.payloads.emplace_back();
      if (entry.kind != EntryKind::kCommand) continue;
      content.payloads.back() = *payload;
      if (payload->bytes.empty() && entry.bytes > 0) {
        content.log.outside.push_back({{index, entry.term}, entry.bytes, payload->crc32c});
      }
      ++payload;
    }
  });
}

void MemoryLog::Truncate(Index last) {
  collected_.emplace_back([last](Content& content) { content.TruncateAfter(last); });
}

void MemoryLog::Reset(LogPosition base, const ConfigurationEntry& configuration) {
  collected_.emplace_back([base, configuration](Content& content) { content.Restart(base, configuration); });
}

void MemoryLog::Compact(LogPosition base, const ConfigurationEntry& configuration) {
  collected_.emplace_back([base, configuration](Content& content) {
    Log& log = content.log.log;
    if (!log.Matches(base)) return content.Restart(base, configuration);
    for (Index index = log.base_index(); index < base.index; ++index) content.payloads.pop_front();
    log.CompactTo(base.index);
    std::erase_if(content.log.outside,
                  [base](const DataReference& reference) { return reference.position.index <= base.index; });
  });
}

void MemoryLog::Commit(Completion done) {
  LOCKSTEP_CHECK(!committing());
  auto writes = std::exchange(collected_, {});
  collected_bytes_ = 0;
  commit_ = scheduler_.RunAfter(commit_micros_, [this, writes = std::move(writes), done = std::move(done)] {
    commit_ = 0;
    if (commit_status_.ok()) {
      for (const Write& write : writes) write(durable_);
    } else {
      collected_.clear();
      collected_bytes_ = 0;
    }
    done(commit_status_);
  });
}

absl::StatusOr<std::vector<Payload>> MemoryLog::Read(Index first, Index last) {
  const Log& log = durable_.log.log;
  LOCKSTEP_CHECK(log.first_index() <= first && last <= log.last_index());
  std::vector<Payload> payloads;
  for (Index index = first; index <= last; ++index) {
    if (log.At(index).kind != EntryKind::kCommand) continue;
    payloads.push_back(durable_.payloads[index - log.first_index()]);
    LOCKSTEP_CHECK(payloads.back().bytes.size() == log.At(index).bytes);
  }
  return payloads;
}

void MemoryLog::ReadInBackground(Index first, Index last, ReadDone done) {
  reads_.push_back(scheduler_.RunAfter(0, [read = Read(first, last), done = std::move(done)] { done(read); }));
  if (reads_.size() > 64) reads_.erase(reads_.begin(), reads_.begin() + 32);  // Long told.
}

}  // namespace lockstep::runtime
