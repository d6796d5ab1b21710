// Chaos: three real processes under load, killed, stopped, restarted and cut off from each other; then a verdict.
//
// The clients' history is written in our NDJSON, for `./run check` and for anybody; it ends with a read of every key
// that was written once, so that an acknowledged write that is lost is a contradiction.
#ifndef LOCKSTEP_TESTS_PROCESSES_CHAOS_H_
#define LOCKSTEP_TESTS_PROCESSES_CHAOS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace lockstep::tests {

struct ChaosPlan {
  std::string program;  // Becomes a replica.
  std::string folder;   // Of the nodes' files.
  std::string history;  // The file to be written.
  double seconds = 30;
  uint64_t seed = 1;
  bool talks = false;  // Prints what it does.
};

struct ChaosReport {
  uint64_t acknowledged = 0;  // Writes.
  uint64_t failed = 0;        // Operations that did not happen,
  uint64_t unknown = 0;       // or may have.
  uint64_t reads = 0;
  uint64_t lost = 0;                  // Acknowledged writes to keys of their own that are not there.
  std::map<std::string, int> faults;  // How many of each kind.
  std::map<std::string, int> news;    // What the nodes said of themselves: roles, storage, stops.
  uint64_t snapshots = 0;             // Nodes that end with a snapshot.
};

// Errors: the cluster did not come back, or a node stopped for good.
absl::StatusOr<ChaosReport> RunChaos(const ChaosPlan& plan);

// Reads the history and decides it: the verdict in words, with the conflict if there is one.
struct HistoryVerdict {
  bool linearizable = false;
  std::string text;
  size_t operations = 0;
};
absl::StatusOr<HistoryVerdict> CheckHistory(const std::string& file);

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_PROCESSES_CHAOS_H_
