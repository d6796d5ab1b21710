// How far a search goes: the constants of raft.tla and of MC.tla, under the same names.
#ifndef LOCKSTEP_SPEC_MODEL_BOUNDS_H_
#define LOCKSTEP_SPEC_MODEL_BOUNDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "spec/model/actions.h"

namespace lockstep::model {

struct Bounds {
  std::string name;

  // raft.tla
  uint32_t servers = 3;   // Nodes 1, 2, ...
  uint32_t founders = 3;  // The first of them.
  uint32_t values = 1;
  Options options;
  std::vector<Change> changes;
  uint32_t page_max = 1;
  bool all_pages = true;

  // MC.tla
  Term max_term = 1;
  Index max_log = 1;
  uint32_t max_crashes = 0;
  uint32_t max_failures = 0;
  uint32_t max_writes = 2;
  uint32_t max_messages = 0;  // Under way at once; 0: no bound.
  uint32_t max_depth = 0;     // Steps from the beginning; 0: no bound.
  uint64_t max_round = 0;
  uint32_t max_reads = 0;
  uint32_t starters = 3;  // The first of them may start an election on their own.
  bool settle = true;
  bool commands = false;
  bool applying = false;
  bool snapshots = false;
  bool quorum_checks = false;
  bool transfers = false;
  bool cancels = false;
};

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_BOUNDS_H_
