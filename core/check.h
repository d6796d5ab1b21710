// LOCKSTEP_CHECK: an internal invariant, on in every build.
//
// For what no input may ever break: a failure is a defect of this program, so it stops at once and says where.
// Input, however malformed, is never checked this way.
#ifndef LOCKSTEP_CORE_CHECK_H_
#define LOCKSTEP_CORE_CHECK_H_

namespace lockstep {

// Says where on standard error and ends the process. A weak symbol: a program that runs many nodes in one process may
// define its own, which throws to end one of them (sim/invariant.cc).
[[noreturn]] void BrokenInvariant(const char* file, int line, const char* condition);

}  // namespace lockstep

#define LOCKSTEP_CHECK(condition)                                  \
  do {                                                             \
    if (!(condition)) [[unlikely]]                                 \
      ::lockstep::BrokenInvariant(__FILE__, __LINE__, #condition); \
  } while (false)

#endif  // LOCKSTEP_CORE_CHECK_H_
