// Whether what the clients of a run were told can have happened, in real time, to one copy of the store.
//
// An exact search, key by key: the events are gone through in order, keeping every situation that explains them so far
// (the value, and which open operations have taken effect already). An operation takes effect only when that is needed
// to explain an answer; a read as soon as it can. Exact, because values are never written twice.
#ifndef LOCKSTEP_SIM_HISTORY_H_
#define LOCKSTEP_SIM_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/client.h"

namespace lockstep::sim {

// Whether `history` is linearizable; if not, `why` says at which operation it stops being so.
bool IsLinearizable(const std::vector<HistoryEvent>& history, uint32_t keys, std::string* why);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_HISTORY_H_
