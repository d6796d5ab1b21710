// A canonical 128-bit fingerprint of states, messages and inputs: the same on every machine and in every run.
//
// For digests of runs and for the sets of states that an exhaustive search has seen. Every field counts.
#ifndef LOCKSTEP_CORE_FINGERPRINT_H_
#define LOCKSTEP_CORE_FINGERPRINT_H_

#include <compare>
#include <cstdint>

#include "core/effect.h"
#include "core/input.h"
#include "core/message.h"
#include "core/state.h"

namespace lockstep {

struct Fingerprint {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

// Accumulates words; order matters.
class Fingerprinter {
 public:
  void Add(uint64_t word) {
    high_ = Mix(high_ ^ word);
    low_ = Mix(low_ + word * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u);
  }
  Fingerprint Finish() const { return {Mix(high_ ^ (low_ >> 32)), Mix(low_ ^ (high_ << 32))}; }

 private:
  static uint64_t Mix(uint64_t x) {
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 32;
    x *= 0xc4ceb9fe1a85ec53u;
    return x ^ (x >> 29);
  }
  uint64_t high_ = 0x243f6a8885a308d3u;
  uint64_t low_ = 0x13198a2e03707344u;
};

void AddTo(Fingerprinter& fingerprinter, const State& state);
void AddTo(Fingerprinter& fingerprinter, const Message& message);
void AddTo(Fingerprinter& fingerprinter, const Event& event);
void AddTo(Fingerprinter& fingerprinter, const Effect& effect);

template <typename T>
Fingerprint FingerprintOf(const T& value) {
  Fingerprinter fingerprinter;
  AddTo(fingerprinter, value);
  return fingerprinter.Finish();
}

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_FINGERPRINT_H_
