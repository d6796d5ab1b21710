// How much a history can show at all: how ambiguous its values are, how much of it is unknown, how much overlaps.
//
// Idea: a checker can only find what a history records. A history without overlap tests no concurrency; where each
// value was written a hundred times, a stale read looks like a fresh one; an unknown write explains any later read of
// its value. Contract: counts, no judgement; InWords says what they mean. Cost: O(n log n) at most. Left to others: the
// verdict (../check.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_STATISTICS_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_STATISTICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "spec/linearizability/format/history_file.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability::report {

struct Statistics {
  static constexpr size_t kKinds = static_cast<size_t>(OperationKind::kTransfer) + 1;

  size_t operations = 0;
  std::array<size_t, kKinds> by_kind{};
  size_t ok = 0;
  size_t failed = 0;
  size_t unknown = 0;           // told or never completed
  size_t unknown_changing = 0;  // of these, operations that may have changed something
  size_t processes = 0;
  size_t keys = 0;

  // Of operations open at the moment another one begins; an operation told unknown counts until it was told.
  size_t open_most = 0;
  double open_mean = 0;
  size_t overlapping = 0;  // operations during which another one of the same key (or any transaction) was open

  // Of registers and key-value stores: for each read that answered a value, how many writes of that value to that key
  // had begun when it ended. One: it says exactly which write it saw.
  bool has_sources = false;
  size_t answers = 0;  // such reads
  size_t answers_one_source = 0;
  size_t answers_many_sources = 0;
  size_t answers_unknown_source = 0;  // some source's outcome is unknown
  size_t writes = 0;
  size_t values_written = 0;  // different (key, value) pairs among them

  size_t with_log_index = 0;
  size_t observing = 0;  // operations whose answer constrains the order
};

Statistics Measure(const format::HistoryFile& file);

// The report: a line per measure, then what the history can and cannot show.
std::string InWords(const Statistics& statistics, const format::HistoryFile& file);

}  // namespace lockstep::linearizability::report

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_STATISTICS_H_
