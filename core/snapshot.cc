#include "core/snapshot.h"

#include <algorithm>
#include <utility>

#include "core/apply.h"
#include "core/following.h"
#include "core/progress.h"
#include "core/read.h"
#include "core/replication.h"
#include "core/storage.h"

namespace lockstep {
namespace {

void SendChunk(Context& context, Peer& peer) {
  OutgoingSnapshot& outgoing = peer.progress.snapshot;
  InstallSnapshot chunk;
  chunk.last_included = outgoing.snapshot.last_included;
  chunk.configuration = outgoing.snapshot.configuration;
  chunk.offset = outgoing.offset;
  chunk.bytes = static_cast<uint32_t>(
      std::min<uint64_t>(context.state.options.snapshot_chunk_bytes, outgoing.snapshot.bytes - outgoing.offset));
  chunk.total_bytes = outgoing.snapshot.bytes;
  outgoing.waiting = true;
  outgoing.stalled = false;
  Send(context, peer.id, std::move(chunk));
}

// The log reaches `last_included` by itself, or has been replaced by the snapshot.
bool Covers(const State& state, LogPosition last_included) {
  return last_included.index <= state.commit_index && last_included.index <= state.storage.durable_index;
}

// Where the log may begin once a snapshot covers it up to `taken`: before the entries that shall trail.
Index LastToCompact(const State& state, Index taken) {
  const uint64_t entries_max = std::min<uint64_t>(state.options.snapshot_trailing_entries, taken);
  const uint64_t bytes_max = state.options.snapshot_trailing_bytes;
  if (bytes_max == 0) return taken - entries_max;
  const Index least = std::max(taken - entries_max, state.log.base_index());
  uint64_t bytes = 0;
  for (Index last = taken; last > least; --last) {
    bytes += state.log.At(last).bytes;
    if (bytes > bytes_max) return last;
  }
  return least;
}

void ReplaceLog(State& state, const IncomingSnapshot& incoming) {
  const LogPosition last = incoming.last_included;
  // It is of another history, or too short: nothing of it may survive the snapshot.
  state.log = Log(last, incoming.configuration);
  state.storage.pending_log_writes.clear();
  state.storage.durable_index = state.storage.issued_index = last.index;
  state.snapshot = {last, incoming.configuration, incoming.total_bytes};
}

}  // namespace

void MaybeTakeSnapshot(Context& context) {
  State& state = context.state;
  const uint64_t interval = state.options.snapshot_interval_entries;
  if (interval == 0 || state.snapshot_wanted || state.apply_index != state.applied_index) return;
  if (state.applied_index - state.snapshot.last_included.index < interval) return;
  if (state.log.ConfigurationAt(state.applied_index).configuration.voters.empty()) return;
  state.snapshot_wanted = true;
  context.effects.Add(effect::TakeSnapshot{{state.applied_index, *state.log.TermAt(state.applied_index)},
                                           state.log.ConfigurationAt(state.applied_index)});
}

void SnapshotTaken(Context& context, const input::SnapshotTaken& taken) {
  State& state = context.state;
  state.snapshot_wanted = false;
  if (!taken.ok || taken.index > state.applied_index || taken.index <= state.snapshot.last_included.index) return;
  if (state.log.ConfigurationAt(taken.index).configuration.voters.empty()) return;
  state.snapshot = {{taken.index, *state.log.TermAt(taken.index)}, state.log.ConfigurationAt(taken.index), taken.bytes};
  const Index last = LastToCompact(state, taken.index);
  if (last <= state.log.base_index()) return;
  state.log.CompactTo(last);
  context.effects.Add(effect::CompactLog{state.log.base()});
}

bool StartSnapshot(Context& context, Peer& peer) {
  if (!peer.progress.recently_active) return false;
  BecomeSnapshot(peer.progress, context.state.snapshot);
  SendChunk(context, peer);
  return true;
}

void ResendChunkIfStalled(Context& context, Peer& peer) {
  OutgoingSnapshot& outgoing = peer.progress.snapshot;
  if (outgoing.waiting && !outgoing.stalled) {
    outgoing.stalled = true;
  } else {
    SendChunk(context, peer);
  }
}

void ReceiveInstallSnapshot(Context& context, const Message& message, const InstallSnapshot& chunk) {
  State& state = context.state;
  if (!AcceptLeader(context, message)) return;
  if (state.incoming.has_value() && state.incoming->installing) return;
  InstallSnapshotReply reply{chunk.last_included, 0, false};
  // What this log holds needs no snapshot: what the snapshot covers is committed.
  if (state.log.Matches(chunk.last_included)) SetCommitIndex(context, chunk.last_included.index);
  if (chunk.last_included.index <= state.commit_index) {
    state.incoming.reset();
    if (!Covers(state, chunk.last_included)) return;  // Not durable yet: the leader asks again.
    reply.installed = true;
    reply.next_offset = chunk.total_bytes;
    Send(context, message.source, reply);
    return;
  }
  const bool same = state.incoming.has_value() && state.incoming->source == message.source &&
                    state.incoming->last_included == chunk.last_included &&
                    state.incoming->total_bytes == chunk.total_bytes;
  if (!same) {
    IncomingSnapshot incoming;
    incoming.source = message.source;
    incoming.last_included = chunk.last_included;
    incoming.configuration = chunk.configuration;
    incoming.total_bytes = chunk.total_bytes;
    state.incoming = std::move(incoming);
  }
  IncomingSnapshot& incoming = *state.incoming;
  if (incoming.store_write_id != 0) return;
  if (chunk.offset != incoming.next_offset) {
    reply.next_offset = incoming.next_offset;
    Send(context, message.source, reply);
    return;
  }
  incoming.store_write_id = state.storage.next_write_id++;
  incoming.storing_end = chunk.offset + chunk.bytes;
  context.effects.Add(effect::StoreSnapshotChunk{incoming.store_write_id, message.source, chunk.last_included,
                                                 chunk.offset, chunk.bytes, chunk.total_bytes});
}

void SnapshotChunkStored(Context& context, const input::SnapshotChunkStored& stored) {
  State& state = context.state;
  if (!state.incoming.has_value() || stored.write_id == 0) return;
  IncomingSnapshot& incoming = *state.incoming;
  if (incoming.store_write_id != stored.write_id) return;
  if (!stored.ok) {
    state.incoming.reset();
    return;
  }
  incoming.store_write_id = 0;
  incoming.next_offset = std::exchange(incoming.storing_end, 0);
  if (incoming.next_offset < incoming.total_bytes) {
    if (state.leader != incoming.source) return;
    Send(context, incoming.source, InstallSnapshotReply{incoming.last_included, incoming.next_offset, false});
    return;
  }
  // Meanwhile the log may have got there by itself: then it needs no snapshot, and the leader asks again.
  if (state.log.Matches(incoming.last_included)) SetCommitIndex(context, incoming.last_included.index);
  if (incoming.last_included.index <= state.commit_index) {
    state.incoming.reset();
  } else {
    incoming.installing = true;
    SaveVote(context);  // The snapshot may be of a later term than the one stored.
    context.effects.Add(effect::InstallSnapshot{incoming.last_included, incoming.configuration});
  }
}

void SnapshotInstalled(Context& context, const input::SnapshotInstalled& installed) {
  State& state = context.state;
  if (!state.incoming.has_value() || !state.incoming->installing) return;
  if (state.incoming->last_included != installed.last_included) return;
  const IncomingSnapshot incoming = *std::move(state.incoming);
  state.incoming.reset();
  if (!installed.ok) return;
  ReplaceLog(state, incoming);
  context.configuration_changed = true;
  const Index index = incoming.last_included.index;
  state.commit_index = std::max(state.commit_index, index);
  state.apply_index = std::max(state.apply_index, index);
  state.applied_index = std::max(state.applied_index, index);
  if (state.leader == incoming.source) {
    state.following.verified_index = std::max(state.following.verified_index, index);
    state.following.acked_index = std::max(state.following.acked_index, index);
    Send(context, incoming.source, InstallSnapshotReply{incoming.last_included, incoming.total_bytes, true});
  }
  FinishReads(context);
  MaybeApply(context);
}

void ReceiveInstallSnapshotReply(Context& context, const Message& message, const InstallSnapshotReply& reply) {
  State& state = context.state;
  if (state.role != Role::kLeader) return;
  Peer* peer = FindPeer(state.leading.peers, message.source);
  if (peer == nullptr) return;
  Progress& progress = peer->progress;
  progress.recently_active = true;
  if (reply.installed) {
    if (reply.last_included.index <= state.commit_index) Acknowledge(context, *peer, reply.last_included.index);
    return;
  }
  OutgoingSnapshot& outgoing = progress.snapshot;
  if (progress.mode != ProgressMode::kSnapshot || outgoing.snapshot.last_included != reply.last_included) return;
  if (reply.next_offset > outgoing.snapshot.bytes) return;
  if (outgoing.waiting && reply.next_offset == outgoing.offset) return;  // Said already.
  outgoing.offset = reply.next_offset;
  SendChunk(context, *peer);
}

}  // namespace lockstep
