// A history packed for the page that draws it: about ten bytes an operation.
//
// Idea: one record of variable-length integers per operation, in order of invocation; page.js decodes it. What a bar's
// place needs comes first; what only its label needs is behind a length and decoded when a label is drawn.
// Contract: page.js reads exactly this. A record is
//   invoke minus the previous one's | head: kind + outcome * 32, a byte | length of the bar in events, 0 for ever |
//   process | key + 1, or 0 for none | length of the rest, a byte at most | flags, a byte | argument | expected |
//   result | point minus invoke, rank there | lines of invocation and completion | log index
// where flags say which of the rest are there: 1 argument, 2 expected, 4 result, 8 point, 16 lines, 32 log index.
// A value is 2 * zigzag(integer), or 2 * index + 1 into the table of texts. Behind the records lie the times, if any:
// per event its time minus the previous one's, beginning with 0. Left to others: the page around it (page.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_DATA_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_DATA_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/linearizability/check.h"
#include "spec/linearizability/format/history_file.h"

namespace lockstep::linearizability::report {

struct PageData {
  std::string records;               // the bytes
  std::vector<std::string> values;   // the table of texts
  std::vector<OperationId> ids;      // the operation of each record
  std::vector<OperationId> related;  // the writes of what the offending operations answered, where that is one value
  Position first = 0;                // the first event shown
  Position events = 0;               // how many from there on
  bool has_times = false;
  bool has_points = false;
};

// Packs the operations, at most about `operations_max` of them: those around the violation, or the first ones, and all
// offending and related ones.
PageData PackPage(const format::HistoryFile& file, const CheckResult& result, size_t operations_max);

// The bytes as base64.
std::string Base64(std::string_view bytes);

}  // namespace lockstep::linearizability::report

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_DATA_H_
