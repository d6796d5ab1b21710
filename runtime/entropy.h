// Entropy: where every random number of the host comes from.
#ifndef LOCKSTEP_RUNTIME_ENTROPY_H_
#define LOCKSTEP_RUNTIME_ENTROPY_H_

#include <cstdint>

namespace lockstep::runtime {

class Entropy {
 public:
  virtual ~Entropy() = default;
  // 64 independent random bits.
  virtual uint64_t Draw() = 0;

  // A number in [low, high]. Requires: low <= high. The bias is below (high - low) / 2^64.
  int64_t DrawBetween(int64_t low, int64_t high) {
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
    if (span == UINT64_MAX) return static_cast<int64_t>(Draw());
    return static_cast<int64_t>(static_cast<uint64_t>(low) + Draw() % (span + 1));
  }
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_ENTROPY_H_
