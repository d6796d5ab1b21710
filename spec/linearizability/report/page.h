// One self-contained HTML page of a history: bars per process, the offending operations marked, zoom, pan and hover.
//
// Idea: the page holds the whole history, packed (page_data.h), and draws what is in view on a canvas; so it opens at
// the violation as quickly for a million operations as for ten. It loads nothing. Contract: any text of the history is
// data in the page, never markup. Left to others: the verdict and its explanation (../check.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "spec/linearizability/check.h"
#include "spec/linearizability/format/history_file.h"

namespace lockstep::linearizability::report {

struct PageOptions {
  std::vector<std::string> facts;     // shown beside the title: "305 operations", "zones, 0.4 ms"
  size_t operations_max = 2'000'000;  // of a longer history only so many are drawn, around the violation
};

// The page's HTML. Cost: about 14 bytes an operation.
std::string MakePage(const format::HistoryFile& file, const CheckResult& result, const PageOptions& options);

}  // namespace lockstep::linearizability::report

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_H_
