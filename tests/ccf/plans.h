// For each schedule: how it is played, and which of its expectations our nodes do not meet, and why.
//
// The lists are exact: what is listed and does not occur is a failure, like what occurs and is not listed.
#ifndef LOCKSTEP_TESTS_CCF_PLANS_H_
#define LOCKSTEP_TESTS_CCF_PLANS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tests/ccf/scenario.h"

namespace lockstep::ccf {

// Why our nodes differ, or need another directive to come to the same situation. README.md says more of each.
enum class Reason {
  kNoOpCommits,          // A new leader appends an entry at once, which is told, counts in elections, and commits.
  kSentWhenAppended,     // Entries and commits are sent when they happen, not with the next period.
  kQuorumCheckedInTurn,  // A leader's quorum is checked once per election timeout, for the time since the last check.
  kRefusalIsAnAnswer,    // A candidate that can no longer win is a follower.
  kLeaveIsAnEntry,       // Leaving a joint configuration is an entry; a candidate without it is behind.
  kRemovedLeaderLeaves,  // A removed leader hands over and steps down when the change commits.
  kRemovedIsNoPeer,      // A removed node is sent nothing more, and a removed one's word is not waited for.
};

struct PlannedAdaptation {
  Adaptation adaptation;
  Reason reason = Reason::kNoOpCommits;
};

struct Difference {
  Mismatch mismatch;
  Reason reason = Reason::kNoOpCommits;
};

struct Plan {
  const char* file = "";
  size_t compared = 0;      // Expectations that could be translated, the differences among them.
  size_t untranslated = 0;  // Those about phases of retirement that only CCF has.
  std::vector<PlannedAdaptation> adaptations;
  std::vector<Difference> differences;
};

// One for each of the 31 schedules.
const std::vector<Plan>& Plans();

}  // namespace lockstep::ccf

#endif  // LOCKSTEP_TESTS_CCF_PLANS_H_
