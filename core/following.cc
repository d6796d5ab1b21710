#include "core/following.h"

#include <algorithm>

#include "core/apply.h"
#include "core/election.h"
#include "core/read.h"
#include "core/storage.h"
#include "core/transfer.h"

namespace lockstep {
namespace {

// The log agrees with the leader's up to `index`. Acknowledge as much of that as is durable: never more than the
// request covered, never what only sits in memory.
void Accept(Context& context, NodeId leader, Index index) {
  State& state = context.state;
  AppendEntriesReply reply;
  reply.accepted = true;
  reply.match_index = std::min(index, state.storage.durable_index);
  state.following.acked_index = std::max(state.following.acked_index, reply.match_index);
  Send(context, leader, reply);
}

void Reject(Context& context, NodeId leader, LogPosition previous) {
  AppendEntriesReply reply;
  reply.rejected_index = previous.index;
  reply.hint = context.state.log.LastAtMost(previous.index, previous.term);
  Send(context, leader, reply);
}

// Takes the configuration that entry `index` of `request` holds.
const Configuration& ConfigurationOf(const AppendEntries& request, Index index) {
  return std::find_if(request.configurations.begin(), request.configurations.end(),
                      [index](const ConfigurationEntry& entry) { return entry.index == index; })
      ->configuration;
}

// Appends what the log does not have of the request's entries, from `first` on. A real conflict of terms, and nothing
// else, takes entries away. False (and halted) if the conflict is with a committed entry.
bool AppendNew(Context& context, const Message& message, const AppendEntries& request, Index first) {
  State& state = context.state;
  const auto entry_at = [&request](Index index) -> const EntryMeta& {
    return request.entries[index - request.previous.index - 1];
  };
  Index next = first;
  while (next <= request.last_index() && state.log.TermAt(next) == entry_at(next).term) ++next;
  if (next > request.last_index()) return true;
  if (next <= state.log.last_index()) {
    if (next <= state.commit_index) {
      Halt(context, effect::HaltReason::kCommittedConflict, message.source, {next, *state.log.TermAt(next)},
           {next, entry_at(next).term});
      return false;
    }
    TruncateLog(context, next - 1);
  }
  for (; next <= request.last_index(); ++next) {
    if (entry_at(next).kind == EntryKind::kConfiguration) {
      state.log.Append(entry_at(next), ConfigurationOf(request, next));
      context.configuration_changed = true;
    } else {
      state.log.Append(entry_at(next));
    }
  }
  WriteLog(context);
  return true;
}

}  // namespace

bool AcceptLeader(Context& context, const Message& message) {
  State& state = context.state;
  if (state.role == Role::kLeader || (state.leader != kNoNode && state.leader != message.source)) {
    Halt(context, effect::HaltReason::kTwoLeaders, message.source, state.last_log(), {0, message.term});
    return false;
  }
  if (state.role != Role::kFollower) BecomeFollower(context, kNoNode, effect::Reason::kNone);
  if (state.leader == kNoNode) {
    state.leader = message.source;
    FinishTransfer(context, message.source);
  }
  state.vote_withheld = false;
  if (state.storage.failing) RetryWrites(context);
  SetTimer(context, effect::Timer::kElection);
  return true;
}

void ReceiveAppendEntries(Context& context, const Message& message, const AppendEntries& request) {
  State& state = context.state;
  if (!AcceptLeader(context, message)) return;
  // The base of the log is about to change: the leader sends again.
  if (state.incoming.has_value() && state.incoming->installing) return;

  // Below the base everything is committed, and so the leader has the same.
  const LogPosition base = state.log.base();
  const bool below_base = request.previous.index < base.index;
  if (!below_base && !state.log.Matches(request.previous)) {
    if (request.previous.index <= state.commit_index) {
      Halt(context, effect::HaltReason::kCommittedConflict, message.source,
           {request.previous.index, *state.log.TermAt(request.previous.index)}, request.previous);
      return;
    }
    Reject(context, message.source, request.previous);
    return;
  }
  if (below_base && request.last_index() >= base.index) {
    const Term term = request.entries[base.index - request.previous.index - 1].term;
    if (term != base.term) {
      Halt(context, effect::HaltReason::kCommittedConflict, message.source, base, {base.index, term});
      return;
    }
  }
  const Index first = std::max(request.previous.index, base.index) + 1;
  if (!AppendNew(context, message, request, first)) return;

  const Index agreed = request.last_index();
  state.following.verified_index = std::max(state.following.verified_index, agreed);
  SetCommitIndex(context, std::min({request.commit_index, agreed, state.log.last_index()}));
  // What is on its way to the disk is acknowledged when it is there.
  if (request.entries.empty() || state.storage.durable_index >= agreed) Accept(context, message.source, agreed);
}

void ReceiveHeartbeat(Context& context, const Message& message, const Heartbeat& request) {
  State& state = context.state;
  if (!AcceptLeader(context, message)) return;
  // The leader names only what this node has acknowledged to it. [TLA HeartbeatCommitWithinAcknowledged]
  if (request.commit_index > state.log.last_index()) {
    Halt(context, effect::HaltReason::kAcknowledgedEntriesLost, message.source, state.last_log(),
         {request.commit_index, message.term});
    return;
  }
  SetCommitIndex(context, request.commit_index);
  Send(context, message.source, HeartbeatReply{request.round});
  ResendForwardedReads(context);
}

void AcknowledgeDurable(Context& context) {
  State& state = context.state;
  if (state.role != Role::kFollower || state.leader == kNoNode) return;
  const Index match = std::min(state.following.verified_index, state.storage.durable_index);
  if (match > state.following.acked_index) Accept(context, state.leader, match);
}

}  // namespace lockstep
