#include "core/replication.h"

#include <algorithm>
#include <utility>

#include "core/apply.h"
#include "core/membership.h"
#include "core/progress.h"
#include "core/read.h"
#include "core/snapshot.h"
#include "core/storage.h"
#include "core/transfer.h"

namespace lockstep {
namespace {

// The last index of a page that begins at `first`: at least one entry, then as many as fit.
Index EndOfPage(const State& state, Index first) {
  Index last = first;
  uint64_t bytes = state.log.At(first).bytes;
  while (last < state.log.last_index() && last - first + 1 < state.options.append_entries_max) {
    bytes += state.log.At(last + 1).bytes;
    if (bytes > state.options.append_bytes_max) break;
    ++last;
  }
  return last;
}

// Whether the payloads from `first` on are no longer at hand and have been asked for.
bool LoadIfNeeded(Context& context, Peer& peer, Index first, Index last) {
  const State& state = context.state;
  const uint64_t resident = state.options.resident_entries;
  if (resident == 0 || first + resident > state.log.last_index()) return false;
  peer.progress.loading_first = first;
  peer.progress.loading_last = last;
  context.effects.Add(effect::LoadEntries{peer.id, first, last});
  return true;
}

void SendPage(Context& context, Peer& peer, LogPosition previous, Index last) {
  State& state = context.state;
  AppendEntries request;
  request.previous = previous;
  request.commit_index = state.commit_index;
  uint64_t bytes = 0;
  request.entries.reserve(last - previous.index);
  for (Index i = previous.index + 1; i <= last; ++i) {
    request.entries.push_back(state.log.At(i));
    bytes += state.log.At(i).bytes;
  }
  for (const ConfigurationEntry& entry : state.log.configurations()) {
    if (entry.index > previous.index && entry.index <= last) request.configurations.push_back(entry);
  }
  RecordSent(peer.progress, last, bytes);
  peer.progress.sent_commit_index = std::max(peer.progress.sent_commit_index, std::min(state.commit_index, last));
  Send(context, peer.id, std::move(request));
}

void EndCommitted(Context& context, Index from) {
  State& state = context.state;
  LeaderState& leading = state.leading;
  for (Index i = from + 1; i <= state.commit_index; ++i) leading.uncommitted_bytes -= state.log.At(i).bytes;
  size_t done = 0;
  for (; done < leading.proposals.size() && leading.proposals[done].index <= state.commit_index; ++done) {
    const PendingProposal& proposal = leading.proposals[done];
    context.effects.Add(effect::Outcome{proposal.request_id, effect::OutcomeKind::kDone, effect::Reason::kNone,
                                        state.leader, proposal.index, *state.log.TermAt(proposal.index), 0});
  }
  leading.proposals.erase(leading.proposals.begin(), leading.proposals.begin() + static_cast<ptrdiff_t>(done));
}

}  // namespace

void Propose(Context& context, const input::Propose& request) {
  State& state = context.state;
  effect::Reason reason = effect::Reason::kNone;
  if (state.role != Role::kLeader) reason = effect::Reason::kNotLeader;
  if (state.role == Role::kLeader && state.transfer.has_value()) reason = effect::Reason::kTransferInProgress;
  bool appended = false;
  for (const input::Proposal& proposal : request.proposals) {
    const uint64_t uncommitted = state.leading.uncommitted_bytes;
    // The first rejection rejects the rest, so that what is accepted is a prefix.
    if (reason == effect::Reason::kNone && uncommitted > 0 &&
        uncommitted + proposal.bytes > state.options.uncommitted_bytes_max) {
      reason = effect::Reason::kQuotaExceeded;
    }
    if (reason != effect::Reason::kNone) {
      Finish(context, proposal.request_id, effect::OutcomeKind::kRejected, reason);
      continue;
    }
    state.log.Append({state.current_term, proposal.bytes, EntryKind::kCommand});
    state.leading.uncommitted_bytes += proposal.bytes;
    state.leading.proposals.push_back({state.log.last_index(), proposal.request_id});
    appended = true;
  }
  if (!appended) return;
  WriteLog(context);
  BroadcastAppend(context);
}

bool SendAppend(Context& context, Peer& peer, bool even_empty) {
  State& state = context.state;
  Progress& progress = peer.progress;
  if (!MaySend(progress, state.options)) return false;
  const Index previous = progress.next_index - 1;
  const std::optional<Term> previous_term = state.log.TermAt(previous);
  if (!previous_term.has_value()) return StartSnapshot(context, peer);
  const Index first = progress.next_index;
  if (first > state.log.last_index()) {
    if (even_empty) SendPage(context, peer, {previous, *previous_term}, previous);
    return even_empty;
  }
  const Index last = EndOfPage(state, first);
  if (LoadIfNeeded(context, peer, first, last)) return false;
  SendPage(context, peer, {previous, *previous_term}, last);
  return true;
}

void SendNews(Context& context, Peer& peer) {
  const Index told = std::min(context.state.commit_index, peer.progress.next_index - 1);
  const bool committed = peer.progress.sent_commit_index < told;
  if (!SendAppend(context, peer, committed)) return;
  while (SendAppend(context, peer, /*even_empty=*/false)) {
  }
}

void BroadcastAppend(Context& context) {
  for (Peer& peer : context.state.leading.peers) SendNews(context, peer);
}

void Acknowledge(Context& context, Peer& peer, Index match_index) {
  State& state = context.state;
  Progress& progress = peer.progress;
  const NodeId id = peer.id;
  const bool news = RecordMatch(progress, match_index);
  const bool reachable = progress.match_index >= state.log.base_index();
  if (progress.mode == ProgressMode::kProbe || (progress.mode == ProgressMode::kSnapshot && reachable)) {
    BecomeReplicate(progress);
  } else if (progress.mode == ProgressMode::kSnapshot &&
             progress.match_index >= progress.snapshot.snapshot.last_included.index) {
    BecomeProbe(progress, progress.match_index + 1);  // Installed, but the log is compacted further by now.
  }
  if (news) AdvanceCommitIndex(context);
  // Committing may have ended the leadership or changed the peers.
  Peer* still = FindPeer(state.leading.peers, id);
  if (still == nullptr) return;
  SendNews(context, *still);
  SendTimeoutNowWhenReady(context);
}

void ReceiveAppendEntriesReply(Context& context, const Message& message, const AppendEntriesReply& reply) {
  State& state = context.state;
  if (state.role != Role::kLeader) return;
  Peer* peer = FindPeer(state.leading.peers, message.source);
  if (peer == nullptr) return;
  Progress& progress = peer->progress;
  progress.recently_active = true;
  if (reply.accepted) {
    if (reply.match_index <= state.log.last_index()) Acknowledge(context, *peer, reply.match_index);
    return;
  }
  // A rejection never says anything about what was acknowledged; it only moves next_index, and only if it answers
  // what was last asked.
  if (progress.mode == ProgressMode::kSnapshot || reply.rejected_index <= progress.match_index) return;
  if (progress.mode == ProgressMode::kReplicate) {
    if (reply.rejected_index >= progress.next_index) return;
    BecomeProbe(progress, progress.match_index + 1);
  } else {
    if (reply.rejected_index != progress.next_index - 1) return;
    const LogPosition agree = state.log.LastAtMost(reply.hint.index, reply.hint.term);
    // At the base with a later term than the hint's: they agree only below, where only a snapshot reaches.
    const Index next = agree.term > reply.hint.term ? agree.index : agree.index + 1;
    BecomeProbe(progress, std::max<Index>(1, std::min(reply.rejected_index, next)));
  }
  SendAppend(context, *peer, /*even_empty=*/true);
}

void HeartbeatTimeout(Context& context) {
  State& state = context.state;
  if (state.role != Role::kLeader) return;
  SetTimer(context, effect::Timer::kHeartbeat);
  if (state.storage.failing) RetryWrites(context);
  BeginRound(context);
}

void ReceiveHeartbeatReply(Context& context, const Message& message, const HeartbeatReply& reply) {
  State& state = context.state;
  if (state.role != Role::kLeader || reply.round > state.leading.round) return;
  Peer* peer = FindPeer(state.leading.peers, message.source);
  if (peer == nullptr) return;
  Progress& progress = peer->progress;
  progress.recently_active = true;
  progress.probe_sent = false;
  progress.acked_round = std::max(progress.acked_round, reply.round);
  if (progress.mode == ProgressMode::kSnapshot) {
    ResendChunkIfStalled(context, *peer);
  } else if (progress.mode == ProgressMode::kProbe || progress.match_index < state.log.last_index() ||
             progress.sent_commit_index < state.commit_index) {
    // If what was sent is lost, the answer to an empty request shows it; a full window must not keep that from being
    // asked.
    if (!progress.inflight.empty() && !MaySend(progress, state.options) && progress.loading_first == 0) {
      progress.inflight_bytes -= progress.inflight.front().bytes;
      progress.inflight.erase(progress.inflight.begin());
    }
    SendAppend(context, *peer, /*even_empty=*/true);
  }
  ConfirmRounds(context);
}

void EntriesLoaded(Context& context, const input::EntriesLoaded& loaded) {
  State& state = context.state;
  if (state.role != Role::kLeader) return;
  Peer* peer = FindPeer(state.leading.peers, loaded.peer);
  if (peer == nullptr) return;
  Progress& progress = peer->progress;
  if (loaded.first == 0 || progress.loading_first != loaded.first || progress.loading_last != loaded.last) return;
  progress.loading_first = progress.loading_last = 0;
  const std::optional<Term> previous_term = state.log.TermAt(loaded.first - 1);
  if (!loaded.ok || progress.next_index != loaded.first || !previous_term.has_value()) return;
  SendPage(context, *peer, {loaded.first - 1, *previous_term}, loaded.last);
  while (SendAppend(context, *peer, /*even_empty=*/false)) {
  }
}

void PeerUnreachable(Context& context, NodeId id) {
  State& state = context.state;
  if (state.role != Role::kLeader) return;
  Peer* peer = FindPeer(state.leading.peers, id);
  if (peer == nullptr || peer->progress.mode == ProgressMode::kProbe) return;
  BecomeProbe(peer->progress, peer->progress.match_index + 1);
}

void AdvanceCommitIndex(Context& context) {
  State& state = context.state;
  const Index reached = state.configuration().QuorumValue([&state](NodeId id) -> Index {
    if (id == state.id) return state.storage.durable_index;
    const Peer* peer = FindPeer(state.leading.peers, id);
    return peer == nullptr ? 0 : peer->progress.match_index;
  });
  // Only an entry of this term commits by counting; those before it commit with it. [Raft Figure 8]
  if (reached <= state.commit_index || state.log.TermAt(reached) != state.current_term) return;
  const Index from = state.commit_index;
  SetCommitIndex(context, reached);
  EndCommitted(context, from);
  BroadcastAppend(context);
  if (!ConfigurationCommitted(context)) return;
  BeginRoundIfWaiting(context);
}

void EndProposals(Context& context, effect::Reason reason) {
  LeaderState& leading = context.state.leading;
  for (const PendingProposal& proposal : leading.proposals) {
    Finish(context, proposal.request_id, effect::OutcomeKind::kUnknown, reason);
  }
  if (leading.change.has_value()) {
    Finish(context, leading.change->request_id, effect::OutcomeKind::kUnknown, reason);
  }
  leading.proposals.clear();
  leading.change.reset();
}

}  // namespace lockstep
