// For each interaction file: how it is played, and where our nodes differ from what it prints, and why.
//
// The lists are exact. A difference that does not occur, an adaptation that changes nothing and a stop where nothing
// differs are failures, like a difference that is not listed.
#ifndef LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PLANS_H_
#define LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PLANS_H_

#include <cstddef>
#include <vector>

#include "tests/datadriven/interaction/player.h"

namespace lockstep::datadriven {

// Why our nodes differ, or need another directive to come to the same situation. README.md says more of each.
enum class Reason {
  kConfigurationAtAppend,  // A configuration counts from the moment it is appended, not from when it is applied.
  kRemovedIsNoPeer,        // So a member that it removes is sent nothing more.
  kRemovedLeaderLeaves,    // A leader that is no voter once the change commits hands over and steps down at once.
  kChangeWaitsForTerm,     // A change is refused until the leader has committed an entry of its term.
  kRefusalLeavesNothing,   // A refused change leaves no empty entry in the log.
  kNoForwarding,           // A follower refuses a proposal and names the leader; the host sends it on.
  kDurableBeforeSaid,  // No message of a term, nor a request for votes, leaves before the term and vote are durable.
  kRefusedNotIgnored,  // A vote that is not heard because of a live leader is refused, not left unanswered.
  kNoForgetting,       // A follower keeps its leader until its election timeout: there is no forget-leader.
  kOneApplyAtATime,    // The next entries are given to the state machine when the last are applied.
  kNextAfterSnapshot,  // next_index moves when a snapshot is installed, not when it is sent.
};

struct PlannedAdaptation {
  Adaptation adaptation;
  Reason reason = Reason::kConfigurationAtAppend;
};

struct Difference {
  Mismatch mismatch;
  Reason reason = Reason::kConfigurationAtAppend;
};

struct Plan {
  const char* file = "";
  size_t compared = 0;  // Facts, the listed differences among them.
  std::vector<PlannedAdaptation> adaptations;
  std::vector<Difference> differences;
  // From this directive on the file is about a history that ours is not; 0: it is played to its end.
  int stop_line = 0;
  Reason stop_reason = Reason::kConfigurationAtAppend;
};

// One for each of the 28 files.
const std::vector<Plan>& Plans();

}  // namespace lockstep::datadriven

#endif  // LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_PLANS_H_
