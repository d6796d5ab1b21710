#include "sim/invariant.h"

#include <exception>
#include <string>

#include "core/check.h"

namespace lockstep::sim {
namespace {

thread_local bool within = false;

void ThrowIfWithin(const char* file, int line, const char* condition) {
  // From a destructor that runs because of one, a second exception would hide the first.
  if (!within || std::uncaught_exceptions() != 0) return;
  throw InvariantError(std::string(file) + ":" + std::to_string(line) + ": internal invariant broken: " + condition);
}

}  // namespace

InvariantScope::InvariantScope() : outer_(within) {
  OnBrokenInvariant(&ThrowIfWithin);
  within = true;
}

InvariantScope::~InvariantScope() { within = outer_; }

}  // namespace lockstep::sim
