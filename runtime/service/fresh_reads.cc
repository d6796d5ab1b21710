#include "runtime/service/fresh_reads.h"

#include <utility>

#include "kvsm/errors.h"
#include "runtime/service/submitter.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kRetryMicros = 20'000;
// So long reads wait for the answer to those before, at most.
constexpr int64_t kTurnMicrosMax = 10'000;

}  // namespace

void FreshReads::Attach(Replica& replica) {
  replica_ = &replica;
  CatchUp();
}

void FreshReads::CatchUp() {
  Await([this](const RpcStatus& status) {
    if (!status.ok() && !replica_->state().halted) CatchUp();
  });
}

void FreshReads::Await(Done done) {
  if (next_ == nullptr) {
    next_ = std::make_shared<Batch>();
    next_->deadline_micros = clock_.ReadMonotonic().micros + options_.request_timeout_micros;
    FlushSoon();
  }
  ++waiting_count_;
  next_->reads.push_back(std::move(done));
}

// Each question costs several nodes the same, however many reads wait for it: while one is under way, reads gather for
// the next.
void FreshReads::FlushSoon() {
  flush_.Set(under_way_ == nullptr ? 0 : kTurnMicrosMax, [this] { Flush(); });
}

void FreshReads::Flush() {
  under_way_ = std::exchange(next_, nullptr);
  Ask(under_way_);
}

void FreshReads::Ask(std::shared_ptr<Batch> batch) {
  if (replica_ != nullptr) {
    const auto asked =
        replica_->Read("", ReadLevel::kLinearizable, [this, batch](const Answer& answer) { OnAnswer(batch, answer); });
    if (asked.ok()) return;
    if (!absl::IsResourceExhausted(asked.status())) return End(batch, StatusOf(kvsm::Error::kStopped));
  }
  scheduler_.RunAfter(kRetryMicros, [this, batch] { OnAnswer(batch, {absl::UnavailableError("not asked yet")}); });
}

// A read that was refused has done nothing: it is asked again as long as there is time.
void FreshReads::OnAnswer(std::shared_ptr<Batch> batch, const Answer& answer) {
  if (batch == under_way_) {
    under_way_ = nullptr;
    if (next_ != nullptr) FlushSoon();
  }
  if (answer.status.ok()) {
    caught_up_ = true;
    return End(batch, {});
  }
  if (clock_.ReadMonotonic().micros >= batch->deadline_micros) return End(batch, StatusOf(kvsm::Error::kTimeout));
  if (replica_ != nullptr && replica_->state().halted) return End(batch, StatusOf(kvsm::Error::kStopped));
  scheduler_.RunAfter(kRetryMicros, [this, batch = std::move(batch)] { Ask(batch); });
}

void FreshReads::End(const std::shared_ptr<Batch>& batch, const RpcStatus& status) {
  waiting_count_ -= batch->reads.size();
  for (Done& done : std::exchange(batch->reads, {})) done(status);
}

}  // namespace lockstep::runtime
