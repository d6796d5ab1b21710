#include "core/quorum.h"

namespace lockstep {

const char* ToString(VoteResult result) {
  switch (result) {
    case VoteResult::kPending:
      return "pending";
    case VoteResult::kLost:
      return "lost";
    case VoteResult::kWon:
      return "won";
  }
  return "unknown";
}

}  // namespace lockstep
