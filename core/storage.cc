#include "core/storage.h"

#include <algorithm>
#include <utility>

#include "core/apply.h"
#include "core/check.h"
#include "core/election.h"
#include "core/following.h"
#include "core/replication.h"
#include "core/transfer.h"

namespace lockstep {

bool VoteDurable(const State& state) {
  return state.storage.durable_term == state.current_term && state.storage.durable_vote == state.voted_for;
}

void SetTermAndVote(State& state, Term term, NodeId voted_for) {
  if (state.current_term == term && state.voted_for == voted_for) return;
  state.current_term = term;
  state.voted_for = voted_for;
  state.storage.pending_vote_write = 0;
}

void SaveVote(Context& context) {
  State& state = context.state;
  if (VoteDurable(state) || state.storage.pending_vote_write != 0) return;
  const WriteId id = state.storage.next_write_id++;
  state.storage.pending_vote_write = id;
  context.effects.Add(effect::SaveVote{id, state.current_term, state.voted_for});
}

void WriteLog(Context& context) {
  State& state = context.state;
  const Log& log = state.log;
  const Index first = std::max(state.storage.issued_index, log.base_index()) + 1;
  if (first > log.last_index()) return;
  // A crash keeps a prefix of the writes: no log may be of a later term than the one stored.
  SaveVote(context);
  effect::AppendLog write{state.storage.next_write_id++, first, {}, {}};
  write.entries.reserve(log.last_index() - first + 1);
  for (Index i = first; i <= log.last_index(); ++i) write.entries.push_back(log.At(i));
  for (const ConfigurationEntry& entry : log.configurations()) {
    if (entry.index >= first) write.configurations.push_back(entry);
  }
  state.storage.pending_log_writes.push_back({write.write_id, log.last_index(), false});
  state.storage.issued_index = log.last_index();
  context.effects.Add(std::move(write));
}

void TruncateLog(Context& context, Index last) {
  State& state = context.state;
  LOCKSTEP_CHECK(last >= state.commit_index);
  if (last >= state.log.last_index()) return;
  SaveVote(context);  // What was acknowledged in a term stays on disk until a later term is there.
  if (state.log.configuration().index > last) context.configuration_changed = true;
  state.log.TruncateAfter(last);
  state.storage.durable_index = std::min(state.storage.durable_index, last);
  state.storage.issued_index = std::min(state.storage.issued_index, last);
  for (PendingLogWrite& write : state.storage.pending_log_writes) write.last = std::min(write.last, last);
  const WriteId id = state.storage.next_write_id++;
  state.storage.pending_log_writes.push_back({id, std::min(last, state.storage.issued_index), false});
  context.effects.Add(effect::TruncateLog{id, last});
}

namespace {

// Whether something is to be written that no write under way covers.
bool Owes(const State& state) {
  const Storage& storage = state.storage;
  return storage.issued_index < state.log.last_index() || (!VoteDurable(state) && storage.pending_vote_write == 0);
}

// The longest confirmed prefix of the log writes becomes durable, and whatever waited for that goes on.
void AdvanceDurableIndex(Context& context) {
  State& state = context.state;
  auto& writes = state.storage.pending_log_writes;
  size_t confirmed = 0;
  Index durable = state.storage.durable_index;
  for (; confirmed < writes.size() && writes[confirmed].done; ++confirmed) {
    durable = std::max(durable, writes[confirmed].last);
  }
  if (confirmed == 0) return;
  writes.erase(writes.begin(), writes.begin() + static_cast<ptrdiff_t>(confirmed));
  if (!Owes(state)) state.storage.failing = false;
  if (durable == state.storage.durable_index) return;
  state.storage.durable_index = durable;
  if (state.role == Role::kLeader) {
    AdvanceCommitIndex(context);
  } else {
    AcknowledgeDurable(context);
  }
  MaybeApply(context);
}

}  // namespace

void WriteDone(Context& context, WriteId write_id) {
  State& state = context.state;
  Storage& storage = state.storage;
  if (write_id == 0) return;
  if (write_id == storage.pending_vote_write) {
    storage.pending_vote_write = 0;
    storage.durable_term = state.current_term;
    storage.durable_vote = state.voted_for;
    if (!Owes(state)) storage.failing = false;
    CountOwnVote(context);
    return;
  }
  for (PendingLogWrite& write : storage.pending_log_writes) {
    if (write.write_id != write_id) continue;
    write.done = true;
    AdvanceDurableIndex(context);
    return;
  }
}

void WriteFailed(Context& context, WriteId write_id) {
  State& state = context.state;
  Storage& storage = state.storage;
  auto& writes = storage.pending_log_writes;
  if (write_id == 0 || write_id >= storage.next_write_id) return;
  // What was asked for later follows a hole: it is void as well, whatever becomes of it, and even if the failed write
  // itself matters no more (a vote of an earlier term).
  const auto from = std::find_if(writes.begin(), writes.end(),
                                 [write_id](const PendingLogWrite& write) { return write.write_id >= write_id; });
  const bool of_log = from != writes.end();
  writes.erase(from, writes.end());
  storage.issued_index = writes.empty() ? storage.durable_index : writes.back().last;
  if (storage.pending_vote_write >= write_id) storage.pending_vote_write = 0;
  if (Owes(state)) storage.failing = true;
  if (of_log && state.role == Role::kLeader) HandOverAndStepDown(context, effect::Reason::kStorageFailed);
}

void RetryWrites(Context& context) {
  State& state = context.state;
  // Behind an installation nothing of the old log may be written.
  if (state.incoming.has_value() && state.incoming->installing) return;
  WriteLog(context);
  SaveVote(context);
  // Nothing is owed any more: what failed has since been truncated or superseded.
  if (state.storage.pending_log_writes.empty() && state.storage.pending_vote_write == 0) state.storage.failing = false;
}

}  // namespace lockstep
