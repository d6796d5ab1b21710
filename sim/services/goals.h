// What runs of the services are to have done, for the table of a campaign.
#ifndef LOCKSTEP_SIM_SERVICES_GOALS_H_
#define LOCKSTEP_SIM_SERVICES_GOALS_H_

#include <cstddef>
#include <cstdint>

namespace lockstep::sim {

enum class ServiceGoal : uint8_t {
  // Keys.
  kPut,
  kRange,
  kRangeInThePast,
  kSerializable,
  kSerializableBehind,  // Older than what is committed.
  kDeleted,
  kTxnThen,
  kTxnElse,
  kReadTxn,
  kCompaction,
  kReadCompacted,
  kTooLarge,
  // Space.
  kNoSpace,       // Refused for want of it.
  kNoSpaceByLog,  // The same, by an alarm.
  kAlarmEnded,
  kRoomMade,  // A write went through after that.
  // Leases.
  kGranted,
  kKeptAlive,
  kKeptAliveTooLate,
  kRevoked,
  kExpired,
  kExpiredWithKeys,
  kTimeToLive,
  kLeaseOutlivedLeader,  // Kept alive in one term, and in a later one.
  // Watches.
  kWatchBegun,
  kWatchTold,
  kWatchFromThePast,
  kWatchResumed,
  kWatchResumedElsewhere,
  kWatchSlow,  // Its client took nothing for a while.
  kWatchCompacted,
  kWatchFragments,
  kWatchProgress,
  kWatchProgressAsked,
  // Lines of clients.
  kLocked,
  kLockedAfterWaiting,
  kUnlocked,
  kLockLost,  // With its lease.
  kElected,
  kProclaimed,
  kResigned,
  kLeaderAsked,
  kObserved,
  // Members.
  kVoterAdded,
  kLearnerAdded,
  kPromoted,
  kLearnerNotReady,
  kMemberRemoved,
  kLeaderRemoved,
  kMemberUpdated,
  kMembersListed,
  kMembersListedBehind,
  kMemberRefused,  // For the cluster's health.
  // How calls go.
  kAskedLeader,
  kAskedFollower,
  kRefused,  // Certainly not done.
  kUnknownOutcome,
  kUnknownButDone,
  kConnectionLost,
  kConnectionFoundOld,  // By a process that did not know it.
};
inline constexpr size_t kServiceGoalCount = static_cast<size_t>(ServiceGoal::kConnectionFoundOld) + 1;
const char* ToString(ServiceGoal goal);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_GOALS_H_
