// Snapshots: when to take one, how one travels in chunks, what becomes of the log. [Raft §7]
//
// The core decides about ranges and positions; the bytes stay with the hosts.
#ifndef LOCKSTEP_CORE_SNAPSHOT_H_
#define LOCKSTEP_CORE_SNAPSHOT_H_

#include "core/action.h"
#include "core/input.h"

namespace lockstep {

// Actions.
void SnapshotTaken(Context& context, const input::SnapshotTaken& taken);
void SnapshotChunkStored(Context& context, const input::SnapshotChunkStored& stored);
void SnapshotInstalled(Context& context, const input::SnapshotInstalled& installed);
void ReceiveInstallSnapshot(Context& context, const Message& message, const InstallSnapshot& chunk);
void ReceiveInstallSnapshotReply(Context& context, const Message& message, const InstallSnapshotReply& reply);

// Asks for a snapshot once enough has been applied since the last one.
void MaybeTakeSnapshot(Context& context);

// The entries that `peer` needs are compacted: begins to send it the snapshot, if it is known to live. Returns whether
// it did.
bool StartSnapshot(Context& context, Peer& peer);

// A heartbeat was answered: a chunk that has been unanswered for two of them is sent again.
void ResendChunkIfStalled(Context& context, Peer& peer);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_SNAPSHOT_H_
