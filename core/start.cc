#include "core/start.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep {
namespace {

std::string Text(LogPosition position) { return absl::StrCat(position.index, ":", position.term); }

// Contradictions that only lost or foreign data can explain.
absl::Status CheckConsistent(const DurableState& durable) {
  const Log& log = durable.log;
  const LogPosition snapshot = durable.snapshot.last_included;
  if (log.base_index() > snapshot.index) {
    return absl::DataLossError(absl::StrCat(
        "the log begins after ", Text(log.base()), " but the snapshot ends at ", Text(snapshot),
        ": the entries between are gone; rejoin this node under a new incarnation, or restore the snapshot"));
  }
  Term previous = log.base().term;
  for (Index i = log.first_index(); i <= log.last_index(); ++i) {
    if (log.At(i).term < previous) {
      return absl::DataLossError(absl::StrCat("log entry ", i, " has term ", log.At(i).term, " after an entry of term ",
                                              previous,
                                              ": the log is damaged; rejoin this node under a new incarnation"));
    }
    previous = log.At(i).term;
  }
  if (std::max(previous, snapshot.term) > durable.term) {
    return absl::DataLossError(absl::StrCat(
        "the log reaches term ", std::max(previous, snapshot.term), " but the stored term is ", durable.term,
        ": a vote may have been lost, so this node must not vote; rejoin it under a new incarnation"));
  }
  return absl::OkStatus();
}

}  // namespace

DurableState Founding(const Configuration& configuration) {
  DurableState durable;
  durable.log = Log({}, {0, configuration});
  durable.snapshot.configuration = {0, configuration};
  return durable;
}

absl::StatusOr<State> Start(NodeId id, const Options& options, uint64_t start, const DurableState& durable,
                            EffectSink& effects) {
  if (id.number == 0) return absl::InvalidArgumentError("node number 0 names nobody: number nodes from 1");
  if (absl::Status status = ValidateOptions(options); !status.ok()) return status;
  if (absl::Status status = CheckConsistent(durable); !status.ok()) return status;
  State state;
  state.id = id;
  state.options = options;
  state.start = start;
  state.current_term = durable.term;
  state.voted_for = durable.voted_for;
  state.snapshot = durable.snapshot;
  state.log = durable.log;
  const LogPosition snapshot = durable.snapshot.last_included;
  if (!state.log.Matches(snapshot)) {
    // The crash came between the snapshot and the emptying of the log that it replaces.
    state.log = Log(snapshot, durable.snapshot.configuration);
    effects.Add(effect::CompactLog{snapshot});
  }
  state.storage.durable_term = state.current_term;
  state.storage.durable_vote = state.voted_for;
  state.storage.durable_index = state.storage.issued_index = state.log.last_index();
  state.commit_index = state.apply_index = state.applied_index = snapshot.index;
  state.vote_withheld = options.lease_micros > 0 && state.current_term > 0;
  effects.Add(effect::SetTimer{effect::Timer::kElection});
  return state;
}

}  // namespace lockstep
