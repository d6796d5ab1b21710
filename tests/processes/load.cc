#include "tests/processes/load.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/check.h"
#include "runtime/machine/sessions.h"

namespace lockstep::tests {
namespace {

constexpr uint64_t kStateBytes = 16 << 20;  // The map grows to about this much.

}  // namespace

Load::Load(runtime::EventLoop& loop, runtime::Node& node, const LoadPlan& plan, std::function<void(std::string)> done)
    : loop_(loop), node_(node), plan_(plan), done_(std::move(done)) {
  begin_micros_ = loop_.ReadMonotonic().micros;
  end_micros_ = begin_micros_ + static_cast<int64_t>(plan_.seconds * 1e6);
  for (uint32_t i = 0; i < plan_.window; ++i) Propose();
}

void Load::Propose() {
  std::string command = runtime::EncodePlainCommand(loop_.ReadWallMillis(),
                                                    absl::StrFormat("key%d=", count_++ % (kStateBytes / plan_.bytes)));
  command.resize(std::max<size_t>(command.size(), plan_.bytes), 'x');
  ++under_way_;
  const int64_t now = loop_.ReadMonotonic().micros;
  const auto id = node_.Propose(runtime::SharedBytes(std::move(command)),
                                [this, now](const runtime::Answer& answer) { Answered(now, answer); });
  LOCKSTEP_CHECK(id.ok());
}

void Load::Answered(int64_t asked_micros, const runtime::Answer& answer) {
  --under_way_;
  const int64_t now = loop_.ReadMonotonic().micros;
  latencies_.push_back(static_cast<int32_t>(now - asked_micros));
  if (!answer.status.ok()) ++failed_;
  if (now < end_micros_ && answer.status.ok()) return Propose();
  if (under_way_ > 0) return;
  std::sort(latencies_.begin(), latencies_.end());
  const size_t n = latencies_.size();
  done_(absl::StrFormat("commands %d failed %d seconds %.6f p50 %d p99 %d max %d", n, failed_,
                        static_cast<double>(now - begin_micros_) / 1e6, latencies_[n / 2], latencies_[n * 99 / 100],
                        latencies_.back()));
}

}  // namespace lockstep::tests
