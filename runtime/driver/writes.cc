#include "runtime/driver/writes.h"

#include <utility>

namespace lockstep::runtime {

void Writes::Collect(const effect::SaveVote& write) {
  if (failing_ != 0) return;
  log_.SaveVote(write.term, write.voted_for);
  collected_.ids.push_back(write.write_id);
}

void Writes::Collect(const effect::AppendLog& write, std::vector<Payload> payloads) {
  if (failing_ != 0) return;
  log_.Append(write, std::move(payloads));
  collected_.ids.push_back(write.write_id);
}

void Writes::Collect(const effect::TruncateLog& write) {
  if (failing_ != 0) return;
  log_.Truncate(write.last);
  collected_.ids.push_back(write.write_id);
}

void Writes::Compact(LogPosition base, const ConfigurationEntry& configuration) { log_.Compact(base, configuration); }

void Writes::Reset(LogPosition base, const ConfigurationEntry& configuration, Completion done) {
  log_.Reset(base, configuration);
  collected_.resets.push_back(std::move(done));
}

void Writes::Hold(WriteId after, Envelope envelope) {
  if (failing_ == 0) held_.emplace(after, std::move(envelope));
}

void Writes::MaybeCommit() {
  if (log_.committing() || !log_.has_collected()) return;
  committing_ = std::exchange(collected_, {});
  log_.Commit([this](const absl::Status& status) { Committed(status); });
}

void Writes::Committed(const absl::Status& status) {
  Batch batch = std::exchange(committing_, {});
  if (!status.ok()) {
    // The store has dropped what was collected meanwhile, too.
    Batch dropped = std::exchange(collected_, {});
    batch.ids.insert(batch.ids.end(), dropped.ids.begin(), dropped.ids.end());
    for (Completion& reset : dropped.resets) batch.resets.push_back(std::move(reset));
    if (!batch.ids.empty()) failing_ = batch.ids.back();
  }
  for (const WriteId id : batch.ids) {
    if (status.ok()) {
      input_(input::WriteDone{id});
    } else {
      input_(input::WriteFailed{id});
    }
  }
  for (const Completion& reset : batch.resets) reset(status);
  committed_(status);
}

std::vector<Envelope> Writes::Told(WriteId id, bool done) {
  std::vector<Envelope> free;
  if (id == failing_) failing_ = 0;
  const auto [first, last] = held_.equal_range(id);
  if (done) {
    for (auto at = first; at != last; ++at) free.push_back(std::move(at->second));
  }
  held_.erase(first, last);
  return free;
}

}  // namespace lockstep::runtime
