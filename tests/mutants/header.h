// What the head of a patch says of the bug that it plants.
//
//     id: C1
//     plants: entries of earlier terms are committed by counting (Raft Figure 8)
//     caught by: simulation, CommitOnlyCurrentTermProp, 200
//     caught by: explorer, CommitOnlyCurrentTermProp|LeaderCompleteness, 500000
//     --- a/core/replication.cc
//
// A "caught by" line names a layer, the properties that may tell (joined by |), and a budget in the layer's own unit:
// seeds of a simulation, distinct states of the explorer. Where no layer catches the bug, "missed: " and the reason
// stand in their place.
#ifndef LOCKSTEP_TESTS_MUTANTS_HEADER_H_
#define LOCKSTEP_TESTS_MUTANTS_HEADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/mutants/layers.h"

namespace lockstep::mutants {

struct Expectation {
  Layer layer = Layer::kSimulation;
  std::vector<std::string> properties;
  uint64_t budget = 0;
};

struct Header {
  std::string id;
  std::string plants;
  std::vector<Expectation> expectations;
  std::string missed;  // Why no layer catches it; empty if one does.
  // The layer that runs all of what it changes: kSimulation if core/ is among that, kService for the services and
  // their state machine, else kFullStack.
  Layer runs = Layer::kFullStack;
};

// Errors: InvalidArgument naming the line that is wrong.
absl::StatusOr<Header> ParseHeader(const std::string& patch);

}  // namespace lockstep::mutants

#endif  // LOCKSTEP_TESTS_MUTANTS_HEADER_H_
