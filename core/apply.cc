#include "core/apply.h"

#include <algorithm>

#include "core/check.h"
#include "core/read.h"
#include "core/snapshot.h"

namespace lockstep {

void SetCommitIndex(Context& context, Index index) {
  State& state = context.state;
  if (index <= state.commit_index) return;
  LOCKSTEP_CHECK(index <= state.log.last_index());
  state.commit_index = index;
  MaybeApply(context);
}

void MaybeApply(Context& context) {
  State& state = context.state;
  const bool busy = state.apply_index > state.applied_index;
  const bool installing = state.incoming.has_value() && state.incoming->installing;
  const Index limit = std::min(state.commit_index, state.storage.durable_index);
  if (busy || installing || limit <= state.apply_index) return;
  const Index first = state.apply_index + 1;
  state.apply_index = std::min<Index>(limit, state.apply_index + state.options.apply_entries_max);
  context.effects.Add(effect::Apply{first, state.apply_index});
}

void Applied(Context& context, Index index) {
  State& state = context.state;
  if (index <= state.applied_index || index > state.apply_index) return;
  state.applied_index = index;
  FinishReads(context);
  MaybeTakeSnapshot(context);
  MaybeApply(context);
}

}  // namespace lockstep
