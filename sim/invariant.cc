#include "sim/invariant.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "core/check.h"

namespace lockstep {
namespace sim {
namespace {

thread_local bool within = false;

}  // namespace

InvariantScope::InvariantScope() : outer_(std::exchange(within, true)) {}

InvariantScope::~InvariantScope() { within = outer_; }

}  // namespace sim

// Takes the place of the one in core/check.cc.
void BrokenInvariant(const char* file, int line, const char* condition) {
  const std::string what = std::string(file) + ":" + std::to_string(line) + ": internal invariant broken: " + condition;
  // From a destructor that runs because of one, a second exception would hide the first.
  if (sim::within && std::uncaught_exceptions() == 0) throw sim::InvariantError(what);
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

}  // namespace lockstep
