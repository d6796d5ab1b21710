#include "spec/properties/term_runs.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace lockstep::spec {
namespace {

TEST(TermRunsTest, FindsTermsAndEnds) {
  TermRuns log({3, 1});  // index 4 5 6 7 8, term 1 1 4 4 5
  log.Append(1, 5);
  log.Append(4, 7);
  log.Append(5, 8);
  EXPECT_EQ(log.TermAt(2), kNoTerm);
  EXPECT_EQ(log.TermAt(3), 1u);
  EXPECT_EQ(log.TermAt(5), 1u);
  EXPECT_EQ(log.TermAt(6), 4u);
  EXPECT_EQ(log.TermAt(8), 5u);
  EXPECT_EQ(log.TermAt(9), kNoTerm);
  EXPECT_EQ(log.EndOfRun(6), 7u);
  EXPECT_EQ(log.last_index(), 8u);
}

// Against the plainest log there is.
RC_GTEST_PROP(TermRunsProperty, IsTheLogOfItsTerms, (const std::vector<uint8_t>& moves)) {
  TermRuns runs;
  LogPosition base;
  std::vector<Term> terms;  // Of base.index + 1, ...
  Term term = 1;
  for (uint8_t move : moves) {
    const Index last = base.index + terms.size();
    const Index at = base.index + (terms.empty() ? 0 : move % (terms.size() + 1));
    switch (move % 5) {
      case 0:
        ++term;
        break;
      case 1:
      case 2:
        terms.push_back(term);
        runs.Append(term, last + 1);
        break;
      case 3:
        terms.resize(at - base.index);
        runs.TruncateAfter(at);
        break;
      case 4: {
        const LogPosition next{at, at == base.index ? base.term : terms[at - base.index - 1]};
        terms.erase(terms.begin(), terms.begin() + static_cast<ptrdiff_t>(at - base.index));
        base = next;
        runs.CompactTo(at);
        break;
      }
    }
    RC_ASSERT(runs.base() == base);
    RC_ASSERT(runs.last_index() == base.index + terms.size());
    RC_ASSERT(runs.last_term() == (terms.empty() ? base.term : terms.back()));
    for (size_t i = 0; i < terms.size(); ++i) RC_ASSERT(runs.TermAt(base.index + 1 + i) == terms[i]);
    if (terms.empty()) continue;
    const Index end = runs.EndOfRun(base.index + 1);
    RC_ASSERT(runs.TermAt(end) == terms.front());
    RC_ASSERT(end == runs.last_index() || runs.TermAt(end + 1) != terms.front());
  }
}

}  // namespace
}  // namespace lockstep::spec
