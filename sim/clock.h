// A node's clock: how far it is off, how fast it runs, and what it knows of that.
//
// A clock reports the time with an error bound that is honest: true time lies within. Where between the bounds it lies
// drifts and jumps. Timers run at the clock's rate.
#ifndef LOCKSTEP_SIM_CLOCK_H_
#define LOCKSTEP_SIM_CLOCK_H_

#include <algorithm>
#include <cstdint>

#include "core/types.h"

namespace lockstep::sim {

class Clock {
 public:
  // A clock that runs `drift_ppm` fast (slow if negative), knowing only that it is at most `drift_ppm_max` off.
  void SetRate(int64_t drift_ppm, int64_t drift_ppm_max) {
    drift_ppm_ = drift_ppm;
    drift_ppm_max_ = drift_ppm_max;
  }
  // At true time `now` it jumps to `offset` off, and reports at least `error` from then on.
  // Requires: |offset| <= error.
  void Set(int64_t now, int64_t offset, int64_t error) {
    set_at_ = now;
    offset_ = offset;
    error_ = error;
  }
  // What it says at true time `now`.
  Now Read(int64_t now) const {
    const int64_t since = now - set_at_;
    return {now + offset_ + since * drift_ppm_ / 1'000'000, error_ + (since * drift_ppm_max_ + 999'999) / 1'000'000};
  }
  // How long a timer of `micros` on this clock takes.
  int64_t TrueDuration(int64_t micros) const {
    return std::max<int64_t>(1, micros - micros * drift_ppm_ / (1'000'000 + drift_ppm_));
  }

 private:
  int64_t set_at_ = 0;
  int64_t offset_ = 0;
  int64_t error_ = 0;
  int64_t drift_ppm_ = 0;
  int64_t drift_ppm_max_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_CLOCK_H_
