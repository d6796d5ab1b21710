// Random bits that a seed decides.
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_ENTROPY_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_ENTROPY_H_

#include "runtime/entropy.h"

namespace lockstep::runtime {

// SplitMix64.
class MemoryEntropy final : public Entropy {
 public:
  explicit MemoryEntropy(uint64_t seed) : state_(seed) {}
  uint64_t Draw() override {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_ENTROPY_H_
