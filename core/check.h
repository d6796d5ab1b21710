// LOCKSTEP_CHECK: an internal invariant, on in every build.
//
// For what no input may ever break: a failure is a defect of this program, so it stops at once and says where.
// Input, however malformed, is never checked this way.
#ifndef LOCKSTEP_CORE_CHECK_H_
#define LOCKSTEP_CORE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define LOCKSTEP_CHECK(condition)                                                                     \
  do {                                                                                                \
    if (!(condition)) [[unlikely]] {                                                                  \
      std::fprintf(stderr, "%s:%d: internal invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                                   \
    }                                                                                                 \
  } while (false)

#endif  // LOCKSTEP_CORE_CHECK_H_
