// Histories for tests, written as text: one event per line, as `process type operation`.
//
//   0 invoke write x 1
//   1 invoke read x
//   0 ok
//   1 ok 1 @7
//
// Types are invoke, ok, fail, info. A value is an integer, nil, ?, a word (text), or [1,2] without spaces. After the
// result of a completion, @n gives its log index. A key may be left out by writing `-`.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_HISTORIES_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_HISTORIES_H_

#include <string_view>

#include "spec/linearizability/history.h"

namespace lockstep::linearizability {

// Aborts on text that is not as above: it is a mistake in the test.
History ReadHistory(std::string_view text);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_TESTING_HISTORIES_H_
