// A log by its runs of terms: which term each index has, in a few words.
//
// Where LogMatching holds, an index and its term determine an entry and all before it, so the runs are the log:
//
//     index   1 2 3 4 5 6
//     term    1 1 1 4 4 5      runs: term 1 to 3, term 4 to 5, term 5 to 6
//
// A comparison of two prefixes is a comparison of one term. Copying costs what the number of terms costs. Whoever
// appends must have checked the entry against History (paper.h does).
#ifndef LOCKSTEP_SPEC_PROPERTIES_TERM_RUNS_H_
#define LOCKSTEP_SPEC_PROPERTIES_TERM_RUNS_H_

#include <limits>

#include "absl/container/inlined_vector.h"
#include "core/log.h"
#include "core/types.h"

namespace lockstep::spec {

// Of an index that a log does not hold.
inline constexpr Term kNoTerm = std::numeric_limits<Term>::max();

struct TermRun {
  Term term = 0;
  Index last = 0;
  friend bool operator==(const TermRun&, const TermRun&) = default;
};

class TermRuns {
 public:
  TermRuns() = default;
  explicit TermRuns(LogPosition base) : base_(base) {}
  // The runs of `log`. Cost: O(entries).
  static TermRuns Of(const Log& log);

  LogPosition base() const { return base_; }
  Index last_index() const { return runs_.empty() ? base_.index : runs_.back().last; }
  Term last_term() const { return runs_.empty() ? base_.term : runs_.back().term; }

  // The term at `index`; the base's own at the base; kNoTerm below it and above the end. Cost: O(1) near the end.
  Term TermAt(Index index) const {
    if (index > last_index() || index <= base_.index) return index == base_.index ? base_.term : kNoTerm;
    size_t at = runs_.size() - 1;
    while (at > 0 && runs_[at - 1].last >= index) --at;
    return runs_[at].term;
  }

  // The last index of the run that holds `index`. Requires: base().index < index <= last_index().
  Index EndOfRun(Index index) const {
    size_t at = runs_.size() - 1;
    while (at > 0 && runs_[at - 1].last >= index) --at;
    return runs_[at].last;
  }

  // Appends entries of `term` up to `last`. Requires: last > last_index().
  void Append(Term term, Index last) {
    if (!runs_.empty() && runs_.back().term == term) {
      runs_.back().last = last;
    } else {
      runs_.push_back({term, last});
    }
  }
  // Forgets everything: an empty log that goes on after `base`.
  void Reset(LogPosition base) {
    base_ = base;
    runs_.clear();
  }
  // Takes away everything after `last`; at or below the base: everything.
  void TruncateAfter(Index last);
  // Forgets everything up to `last`. Requires: base().index <= last <= last_index().
  void CompactTo(Index last);

  friend bool operator==(const TermRuns&, const TermRuns&) = default;

 private:
  LogPosition base_;
  absl::InlinedVector<TermRun, 4> runs_;  // Ascending by `last`; neighbours differ in term.
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_TERM_RUNS_H_
