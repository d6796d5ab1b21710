#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace lockstep {

[[gnu::weak]] void BrokenInvariant(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: internal invariant broken: %s\n", file, line, condition);
  std::abort();
}

}  // namespace lockstep
