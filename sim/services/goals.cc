#include "sim/services/goals.h"

#include <iterator>

namespace lockstep::sim {
namespace {

constexpr const char* kNames[] = {
    "put",
    "range",
    "range of the past",
    "serializable read",
    "serializable read behind",
    "delete",
    "transaction, then",
    "transaction, else",
    "transaction that reads",
    "compaction",
    "read of what is compacted",
    "request too large",
    "refused for want of space",
    "refused by the alarm",
    "alarm ended",
    "room made, then written",
    "lease granted",
    "lease kept alive",
    "lease kept alive too late",
    "lease revoked",
    "lease expired",
    "lease expired with keys",
    "time to live asked",
    "lease outlived a leader",
    "watch begun",
    "watch told",
    "watch from the past",
    "watch resumed",
    "watch resumed elsewhere",
    "watch of a slow client",
    "watch found its past compacted",
    "watch told in fragments",
    "watch told of progress",
    "watch asked for its progress",
    "lock taken",
    "lock taken after waiting",
    "lock let go",
    "lock lost with its lease",
    "elected",
    "proclaimed",
    "resigned",
    "leader asked for",
    "leaders observed",
    "voter added",
    "learner added",
    "learner promoted",
    "learner not ready",
    "member removed",
    "leader removed",
    "member updated",
    "members listed",
    "members listed, behind",
    "change of members refused",
    "asked a leader",
    "asked another member",
    "refused",
    "outcome unknown",
    "outcome unknown, done",
    "connection lost",
    "connection of an earlier life",
};
static_assert(std::size(kNames) == kServiceGoalCount);

}  // namespace

const char* ToString(ServiceGoal goal) { return kNames[static_cast<size_t>(goal)]; }

}  // namespace lockstep::sim
