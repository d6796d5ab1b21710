// The words of the protocol as types: terms, indexes, nodes, entries.
//
// Every other header of core/ and the specification's model build on these and on nothing else of
// each other. Only values live here; no rule of the protocol does.
#ifndef LOCKSTEP_CORE_TYPES_H_
#define LOCKSTEP_CORE_TYPES_H_

#include <compare>
#include <cstdint>
#include <string>

namespace lockstep {

using Term = uint64_t;   // An election epoch; 0 before the first election. [Raft §5.1]
using Index = uint64_t;  // A position in the log; the first entry has index 1, 0 is "before all".

// A request of the host's own (proposal, read, configuration change, transfer), chosen by the host and
// unique among the requests it has open. It comes back in exactly one effect::Outcome.
using RequestId = uint64_t;

// A durable write asked for by the core, numbered upwards from 1 since the node's start; 0 is "none".
using WriteId = uint64_t;

// One server, during one life of its disk.
//
// A server whose disk was lost comes back under the same `number` with another `incarnation`, and is
// a different node for every rule of the protocol: it cannot vote or acknowledge under its old name.
struct NodeId {
  uint32_t number = 0;       // The server's name in the cluster, from 1.
  uint32_t incarnation = 0;  // The life of its disk; 0 for the first.

  friend constexpr auto operator<=>(const NodeId&, const NodeId&) = default;
};

// "No node": no vote cast, no leader known.
inline constexpr NodeId kNoNode{};

// "3", or "3.1" for the second life of server 3; "none" for kNoNode.
std::string ToString(NodeId id);

// What an entry is for.
enum class EntryKind : uint8_t {
  kNoOp,           // Appended by a new leader to commit its predecessors' entries. [Raft §8]
  kCommand,        // A client's command; its bytes stay with the host.
  kConfiguration,  // A membership; its content is in the core. [Raft §6]
};

// All that the core keeps of an entry. The payload travels and rests beside it, with the host.
struct EntryMeta {
  Term term = 0;
  uint32_t bytes = 0;  // Size of the payload; counts against windows and quotas.
  EntryKind kind = EntryKind::kNoOp;

  friend bool operator==(const EntryMeta&, const EntryMeta&) = default;
};

enum class Role : uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

const char* ToString(EntryKind kind);
const char* ToString(Role role);

// Host time, for leases alone: the true monotonic time lies in [micros - error, micros + error].
// A host that grants no leases may leave it zero throughout.
struct Now {
  int64_t micros = 0;
  int64_t error_micros = 0;

  friend bool operator==(const Now&, const Now&) = default;
};

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_TYPES_H_
