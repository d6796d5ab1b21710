#include "core/membership.h"

#include <utility>

#include "core/progress.h"
#include "core/read.h"
#include "core/replication.h"
#include "core/storage.h"
#include "core/transfer.h"

namespace lockstep {
namespace {

void AppendConfiguration(Context& context, Configuration configuration) {
  State& state = context.state;
  // New members begin at what the log was before: their first AppendEntries brings the configuration itself.
  ReconcilePeers(configuration, state.id, state.log.last_index(), state.leading.peers);
  state.log.Append({state.current_term, 0, EntryKind::kConfiguration}, std::move(configuration));
  context.configuration_changed = true;
  WriteLog(context);
  BroadcastAppend(context);
  // Other voters, other quorums: what is known may already suffice.
  ConfirmRounds(context);
}

effect::Reason WhyNot(const State& state) {
  if (state.role != Role::kLeader) return effect::Reason::kNotLeader;
  if (state.transfer.has_value()) return effect::Reason::kTransferInProgress;
  if (state.log.configuration().index > state.commit_index) return effect::Reason::kChangeInProgress;
  if (state.commit_index < state.leading.term_start_index) return effect::Reason::kTermNotCommitted;
  return effect::Reason::kNone;
}

}  // namespace

void ProposeConfiguration(Context& context, const input::ProposeConfiguration& request) {
  State& state = context.state;
  const effect::Reason reason = WhyNot(state);
  if (reason != effect::Reason::kNone) {
    Finish(context, request.request_id, effect::OutcomeKind::kRejected, reason);
    return;
  }
  absl::StatusOr<Configuration> next = NextConfiguration(state.configuration(), request.change);
  if (!next.ok()) {
    Finish(context, request.request_id, effect::OutcomeKind::kRejected, effect::Reason::kInvalidChange);
    return;
  }
  state.leading.change = PendingProposal{state.log.last_index() + 1, request.request_id};
  AppendConfiguration(context, *std::move(next));
}

bool ConfigurationCommitted(Context& context) {
  State& state = context.state;
  const ConfigurationEntry& current = state.log.configuration();
  if (current.index > state.commit_index) return true;
  if (current.configuration.joint() && current.configuration.auto_leave) {
    if (state.leading.change.has_value()) state.leading.change->index = state.log.last_index() + 1;
    AppendConfiguration(context, *LeaveJoint(current.configuration));
    return true;
  }
  if (state.leading.change.has_value() && state.leading.change->index <= state.commit_index) {
    const PendingProposal change = *state.leading.change;
    state.leading.change.reset();
    context.effects.Add(effect::Outcome{change.request_id, effect::OutcomeKind::kDone, effect::Reason::kNone,
                                        state.leader, change.index, *state.log.TermAt(change.index), 0});
  }
  if (current.configuration.IsVoter(state.id)) return true;
  HandOverAndStepDown(context, effect::Reason::kLeadershipLost);
  return false;
}

}  // namespace lockstep
