// The leader's side of replication: proposals, pages of entries, acknowledgements, commitment, heartbeats.
// [Raft §5.3, §5.4.2; Thesis §10.2.1]
#ifndef LOCKSTEP_CORE_REPLICATION_H_
#define LOCKSTEP_CORE_REPLICATION_H_

#include "core/action.h"
#include "core/input.h"

namespace lockstep {

// Actions.
void Propose(Context& context, const input::Propose& request);
void HeartbeatTimeout(Context& context);
void ReceiveAppendEntriesReply(Context& context, const Message& message, const AppendEntriesReply& reply);
void ReceiveHeartbeatReply(Context& context, const Message& message, const HeartbeatReply& reply);
void EntriesLoaded(Context& context, const input::EntriesLoaded& loaded);
void PeerUnreachable(Context& context, NodeId id);

// Sends `peer` the next page of entries, if there is one and the window allows; `even_empty`: also without
// entries, to carry the commit index or to ask where the logs agree. A peer that needs compacted entries gets a
// snapshot. Returns whether something was sent.
bool SendAppend(Context& context, Peer& peer, bool even_empty);

// Sends `peer` what it does not have and the window allows: entries, or the news of a commit.
void SendNews(Context& context, Peer& peer);

// As SendNews, for every peer.
void BroadcastAppend(Context& context);

// The peer's log is known to agree, and to be durable, up to `match_index`: account for it and go on sending.
void Acknowledge(Context& context, Peer& peer, Index match_index);

// Commits what a quorum has made durable, if it is of this term. [Raft §5.4.2, TLA AdvanceCommitIndex]
// Requires: role == kLeader. May end the leadership (a removed leader).
void AdvanceCommitIndex(Context& context);

// All waiting proposals end: they may have happened.
void EndProposals(Context& context, effect::Reason reason);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_REPLICATION_H_
