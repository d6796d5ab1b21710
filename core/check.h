// LOCKSTEP_CHECK: an internal invariant, on in every build.
//
// For what no input may ever break: a failure is a defect of this program, so it stops at once and says where.
// Input, however malformed, is never checked this way. A simulator, which runs many programs in one process, takes the
// failure of one for itself (OnBrokenInvariant).
#ifndef LOCKSTEP_CORE_CHECK_H_
#define LOCKSTEP_CORE_CHECK_H_

namespace lockstep {

// Hears of a broken invariant first, on the thread that broke it. It throws to end what is run there; if it returns,
// the process ends.
using BrokenInvariantHandler = void (*)(const char* file, int line, const char* condition);
// Replaces the handler of this process, null at first.
void OnBrokenInvariant(BrokenInvariantHandler handler);

// Says where on standard error and ends the process, if no handler throws.
[[noreturn]] void BrokenInvariant(const char* file, int line, const char* condition);

}  // namespace lockstep

#define LOCKSTEP_CHECK(condition)                                  \
  do {                                                             \
    if (!(condition)) [[unlikely]]                                 \
      ::lockstep::BrokenInvariant(__FILE__, __LINE__, #condition); \
  } while (false)

#endif  // LOCKSTEP_CORE_CHECK_H_
