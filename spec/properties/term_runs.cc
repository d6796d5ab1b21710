#include "spec/properties/term_runs.h"

#include <algorithm>

namespace lockstep::spec {

TermRuns TermRuns::Of(const Log& log) {
  TermRuns runs(log.base());
  for (Index i = log.first_index(); i <= log.last_index(); ++i) runs.Append(log.At(i).term, i);
  return runs;
}

void TermRuns::TruncateAfter(Index last) {
  if (last <= base_.index) {
    runs_.clear();
    return;
  }
  while (runs_.size() > 1 && runs_[runs_.size() - 2].last >= last) runs_.pop_back();
  if (!runs_.empty()) runs_.back().last = std::min(runs_.back().last, last);
}

void TermRuns::CompactTo(Index last) {
  if (last <= base_.index) return;
  base_ = {last, TermAt(last)};
  const auto kept = std::find_if(runs_.begin(), runs_.end(), [last](const TermRun& run) { return run.last > last; });
  runs_.erase(runs_.begin(), kept);
}

}  // namespace lockstep::spec
