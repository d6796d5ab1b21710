// How alike two messages are, for finding again in one run what was delivered in another.
#ifndef LOCKSTEP_SIM_SCRIPT_LIKENESS_H_
#define LOCKSTEP_SIM_SCRIPT_LIKENESS_H_

#include "core/message.h"

namespace lockstep::sim {

// The more the two have in common the larger; 0 for different kinds. Equal messages are the most alike.
int Likeness(const Message& a, const Message& b);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_LIKENESS_H_
