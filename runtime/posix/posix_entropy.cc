#include "runtime/posix/posix_entropy.h"

#include <sys/random.h>

#include "core/check.h"

namespace lockstep::runtime {

uint64_t PosixEntropy::Draw() {
  uint64_t bits = 0;
  LOCKSTEP_CHECK(getrandom(&bits, sizeof bits, 0) == static_cast<ssize_t>(sizeof bits));
  return bits;
}

}  // namespace lockstep::runtime
