// The production Entropy: the operating system's.
#ifndef LOCKSTEP_RUNTIME_POSIX_POSIX_ENTROPY_H_
#define LOCKSTEP_RUNTIME_POSIX_POSIX_ENTROPY_H_

#include "runtime/entropy.h"

namespace lockstep::runtime {

class PosixEntropy final : public Entropy {
 public:
  uint64_t Draw() override;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_POSIX_ENTROPY_H_
