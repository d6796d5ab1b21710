#include "core/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace lockstep {
namespace {

std::atomic<BrokenInvariantHandler> installed{nullptr};

}  // namespace

void OnBrokenInvariant(BrokenInvariantHandler handler) { installed.store(handler); }

void BrokenInvariant(const char* file, int line, const char* condition) {
  if (const BrokenInvariantHandler handler = installed.load(); handler != nullptr) handler(file, line, condition);
  std::fprintf(stderr, "%s:%d: internal invariant broken: %s\n", file, line, condition);
  std::abort();
}

}  // namespace lockstep
