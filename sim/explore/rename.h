// The same cluster with the nodes' names exchanged.
//
// Raft treats all nodes alike, so a state and its image under a permutation of names have the same future. A
// search that takes them for one sees a sixth of the states of three nodes.
#ifndef LOCKSTEP_SIM_EXPLORE_RENAME_H_
#define LOCKSTEP_SIM_EXPLORE_RENAME_H_

#include <array>
#include <vector>

#include "core/effect.h"
#include "core/message.h"
#include "core/start.h"
#include "core/state.h"
#include "sim/explore/bounds.h"

namespace lockstep::sim::explore {

// permutation[i]: the new slot of the node in slot i. A node's number is its slot + 1.
using Permutation = std::array<uint8_t, kNodesMax>;

// All permutations of slots that keep [0, voters) and [voters, nodes) apart; the first is the identity.
std::vector<Permutation> Permutations(uint32_t nodes, uint32_t voters);

NodeId Renamed(NodeId id, const Permutation& permutation);
Configuration Renamed(const Configuration& configuration, const Permutation& permutation);
Log Renamed(const Log& log, const Permutation& permutation);
State Renamed(const State& state, const Permutation& permutation);
DurableState Renamed(const DurableState& disk, const Permutation& permutation);
Message Renamed(const Message& message, const Permutation& permutation);
// Requires: an effect that a process waits for (Process::writes).
Effect Renamed(const Effect& write, const Permutation& permutation);

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_RENAME_H_
