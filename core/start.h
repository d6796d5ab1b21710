// How a node begins: from nothing, or from what its disk kept.
#ifndef LOCKSTEP_CORE_START_H_
#define LOCKSTEP_CORE_START_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "core/effect.h"
#include "core/state.h"

namespace lockstep {

// What a disk holds of a node. The default is an empty disk.
struct DurableState {
  Term term = 0;
  NodeId voted_for;
  Snapshot snapshot;
  // The log as written: its base is a compaction's, its first configuration the snapshot's or an older one.
  Log log;

  friend bool operator==(const DurableState&, const DurableState&) = default;
};

// The disk of a founding member: an empty log under `configuration`. Every founder of a cluster must
// be given the same one. A node that joins later starts from an empty disk, and waits to be added.
DurableState Founding(const Configuration& configuration);

// A node as it is after (re)start, a follower of its last durable term, and its first effects.
// `start` must differ between all starts of a node (draw 64 random bits).
// A log that the snapshot replaces (shorter, or of another history) is dropped, with effect::CompactLog.
// Errors: InvalidArgument for options or an id that no node can have; DataLoss where the disk contradicts itself (a gap
// between snapshot and log, a log of a later term than the vote's), with what was found: entries this node acknowledged
// may be missing, so it must not vote; rejoin it under a new incarnation.
absl::StatusOr<State> Start(NodeId id, const Options& options, uint64_t start, const DurableState& durable,
                            EffectSink& effects);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_START_H_
