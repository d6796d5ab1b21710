// A node's whole state as lines for people: what `replay --verbose` prints after each step.
//
// What is in its default state is left out, so that a quiet node takes two lines.
#ifndef LOCKSTEP_TRACES_STATE_TEXT_H_
#define LOCKSTEP_TRACES_STATE_TEXT_H_

#include <string>
#include <vector>

#include "core/state.h"

namespace lockstep::traces {

std::vector<std::string> StateLines(const State& state);

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_STATE_TEXT_H_
