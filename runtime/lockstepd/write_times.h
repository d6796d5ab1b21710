// WriteTimes: how long the log's writes take until they are on the disk, seen from the core's inputs and effects.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_WRITE_TIMES_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_WRITE_TIMES_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <variant>

#include "core/effect.h"
#include "core/input.h"
#include "runtime/clock.h"
#include "runtime/lockstepd/metrics.h"

namespace lockstep::runtime {

class WriteTimes {
 public:
  explicit WriteTimes(const Clock& clock) : clock_(clock) {}

  // As DriverObserver::OnStep is called.
  void OnStep(const Input& input, const EffectSink& effects) {
    if (const auto* done = std::get_if<input::WriteDone>(&input.event)) OnDone(done->write_id);
    for (const Effect& effect : effects) {
      const auto* append = std::get_if<effect::AppendLog>(&effect);
      if (append != nullptr) begun_.emplace_back(append->write_id, clock_.ReadMonotonic().micros);
    }
    // Of writes that failed nobody says that they are done.
    while (begun_.size() > kBegunMax) begun_.pop_front();
  }
  const Durations& durations() const { return durations_; }

 private:
  static constexpr size_t kBegunMax = 10'000;

  void OnDone(WriteId id) {
    const auto at = std::find_if(begun_.begin(), begun_.end(), [id](const auto& begun) { return begun.first == id; });
    if (at == begun_.end()) return;
    durations_.Add(clock_.ReadMonotonic().micros - at->second);
    begun_.erase(at);
  }

  const Clock& clock_;
  std::deque<std::pair<WriteId, int64_t>> begun_;
  Durations durations_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_WRITE_TIMES_H_
