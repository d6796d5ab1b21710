// What has happened so far in the explored cluster, as far as a property asks for it, and the properties that do.
//
// Part of each explored state: two schedules that lead to the same nodes and messages but to other leaders or commits
// on the way are two states. The names are those of spec/properties; what one node's step can tell alone is checked
// there (lone_node.h).
#ifndef LOCKSTEP_SIM_EXPLORE_GHOST_H_
#define LOCKSTEP_SIM_EXPLORE_GHOST_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/process.h"
#include "spec/properties/registry.h"

namespace lockstep::sim::explore {

inline constexpr uint32_t kTermsMax = 16;
inline constexpr uint8_t kNobody = 0xff;

struct CommittedEntry {
  Term term = 0;
  EntryKind kind = EntryKind::kNoOp;
  Term commit_term = 0;  // Of the leader that committed it first.
  friend bool operator==(const CommittedEntry&, const CommittedEntry&) = default;
};

struct OpenRead {
  RequestId request_id = 0;
  Index committed = 0;  // Committed anywhere when it began.
  friend bool operator==(const OpenRead&, const OpenRead&) = default;
};

struct Ghost {
  std::array<uint8_t, kTermsMax> leaders;                       // By term: the slot of who led it.
  std::array<std::array<uint8_t, kNodesMax>, kTermsMax> votes;  // By term and voter: for whom it spoke.
  std::vector<CommittedEntry> committed;                        // From index 1.
  uint8_t commit_quorum = 0;                                    // Whose acknowledgements made the newest commit.
  Term commit_quorum_term = 0;                                  // The term of that commit.
  std::vector<OpenRead> reads;

  Ghost();
  friend bool operator==(const Ghost&, const Ghost&) = default;
};

Fingerprint FingerprintOf(const Ghost& ghost);
Ghost Renamed(const Ghost& ghost, const Permutation& permutation);

struct Broken {
  std::string property;  // Its name in spec/properties; "Refinement"; "Symmetry".
  std::string evidence;
};

// What an event changed of a process, as far as a property of the whole cluster may be concerned.
enum Change : uint8_t {
  kSpoke = 1,   // Votes were given or asked for.
  kRole = 2,    // Role or term.
  kLog = 4,     // The log, or the process began anew.
  kCommit = 8,  // The commit index.
  kDisk = 16,   // The log on disk.
  kDiskTerm = 32,
  kMatch = 64,    // What a leader takes its peers to have.
  kServed = 128,  // Reads.
};
uint8_t ChangesOf(const Process& before, const Happening& happening);

// Everything a property may look at: the processes before and after one event of the node in slot `actor`.
struct Scene {
  std::array<const Process*, kNodesMax> before;
  std::array<const Process*, kNodesMax> after;
  uint32_t nodes = 0;
  uint32_t actor = 0;
  uint8_t changes = 0;  // ChangesOf the event.
  const std::vector<Message>* sent = nullptr;
  const std::vector<Served>* reads = nullptr;
};

// Brings `ghost` up to date with the event and checks all properties. Cost: O(nodes * log), only for what changed.
std::optional<Broken> Advance(const Scene& scene, Ghost& ghost);

// Read `request_id` begins now.
void BeginRead(RequestId request_id, Ghost& ghost);

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_GHOST_H_
