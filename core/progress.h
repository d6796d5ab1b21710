// A leader's bookkeeping of one peer: what it has, what it may be sent, what is on its way. [Thesis §10.2.1]
//
// Pure changes of a Progress; sending is replication.h's and snapshot.h's matter.
#ifndef LOCKSTEP_CORE_PROGRESS_H_
#define LOCKSTEP_CORE_PROGRESS_H_

#include <vector>

#include "core/configuration.h"
#include "core/state.h"

namespace lockstep {

// The peer of that id, or null.
Peer* FindPeer(std::vector<Peer>& peers, NodeId id);
const Peer* FindPeer(const std::vector<Peer>& peers, NodeId id);

// Makes `peers` everyone in `configuration` but `self`: those known keep their progress, new ones begin at the end of
// the log, the others go.
void ReconcilePeers(const Configuration& configuration, NodeId self, Index last_index, std::vector<Peer>& peers);

void BecomeProbe(Progress& progress, Index next_index);
void BecomeReplicate(Progress& progress);
void BecomeSnapshot(Progress& progress, const Snapshot& snapshot);

// Whether another AppendEntries may be sent now.
bool MaySend(const Progress& progress, const Options& options);

// Accounts for entries up to `last`, of `bytes`, that are being sent. Requires: MaySend.
void RecordSent(Progress& progress, Index last, uint64_t bytes);

// The peer acknowledged everything up to `match_index`. Returns whether that was news.
// Ensures: match_index never falls, next_index > match_index, acknowledged messages leave the window.
bool RecordMatch(Progress& progress, Index match_index);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_PROGRESS_H_
