// "Sometimes" goals: situations that a campaign must reach, or its silence proves little.
//
// A run that never had two leaders alive says nothing about two leaders. Each goal is counted where the monitor sees
// it; a campaign adds the counts of its runs and reports those that stayed at zero. Nothing is judged here.
#ifndef LOCKSTEP_SPEC_PROPERTIES_GOALS_H_
#define LOCKSTEP_SPEC_PROPERTIES_GOALS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace lockstep::spec {

// X(name, what has happened).
#define LOCKSTEP_GOALS(X)                                                                               \
  X(TwoLeadersAlive, "a leader was elected while an older one still believed it led")                   \
  X(CommitWithTwoLeaders, "an entry was committed while two leaders existed")                           \
  X(LeaderChangeInJointConfiguration, "a leader was elected inside a joint configuration")              \
  X(NewMemberBecomesLeader, "a node that is no founder was elected")                                    \
  X(MajorityRestarts, "a majority of the voters restarted, with commits in between")                    \
  X(SnapshotOverConflict, "a snapshot replaced a log that conflicted with it")                          \
  X(TruncationOfTwoOrMore, "a conflict took away two entries or more at once")                          \
  X(OldTermCommittedIndirectly, "an entry of an older term was committed with one of the leader's own") \
  X(StaleLeaderRefusesRead, "a leader that had been succeeded refused a read")                          \
  X(VoteSplit, "a candidate timed out without a winner")                                                \
  X(PreVoteRejectedLeaderAlive, "a pre-vote was refused because a leader is alive")                     \
  X(LearnerPromoted, "a learner's promotion to voter was committed")                                    \
  X(VoterDemoted, "a voter's demotion to learner was committed")                                        \
  X(RemovedLeaderStepsDown, "a leader that a committed configuration leaves out stepped down")          \
  X(ConfigurationRolledBack, "a truncation took back a configuration in effect")                        \
  X(TransferSucceeded, "a leadership transfer succeeded")                                               \
  X(TransferAborted, "a leadership transfer was given up")                                              \
  X(QuorumLossStepsDown, "a leader without a quorum stepped down by itself")                            \
  X(WriteFailed, "a durable write failed")                                                              \
  X(WriteFailureRecovered, "a node whose disk had failed wrote again")                                  \
  X(CompletionOutOfOrder, "a write completed before an older one")                                      \
  X(AbaCompletionIgnored, "a write completed whose entries had been replaced meanwhile")                \
  X(UnsyncedWritesLost, "a crash took writes that were not durable")                                    \
  X(WipedNodeReturns, "a server came back with an empty disk, as a new node")                           \
  X(ForwardedReadServed, "a read that a follower sent on was answered")                                 \
  X(LeaseReadServed, "a read was answered by lease")                                                    \
  X(LeaseReadRefused, "a read by lease was dropped because the lease had run out")                      \
  X(QuotaRejected, "a proposal was refused for the quota of uncommitted bytes")                         \
  X(ChangeRejectedBeforeTermCommitted, "a change was refused before the first commit of the term")      \
  X(ProposalUnknown, "a proposal ended without a known result")                                         \
  X(EntriesLoaded, "entries had to be loaded before they were sent")                                    \
  X(EntriesRepeated, "a follower received entries that it already had")                                 \
  X(StaleTermIgnored, "a message of an older term arrived")                                             \
  X(VoteWithheldAfterRestart, "a restarted node withheld its vote for the sake of a lease")             \
  X(Halted, "a node halted: it must not unless durable data were lost")

enum class Goal : uint8_t {
#define LOCKSTEP_GOAL_ENUMERATOR(name, text) k##name,
  LOCKSTEP_GOALS(LOCKSTEP_GOAL_ENUMERATOR)
#undef LOCKSTEP_GOAL_ENUMERATOR
};

struct GoalInfo {
  const char* name;
  const char* meaning;
};
inline constexpr GoalInfo kGoals[] = {
#define LOCKSTEP_GOAL_INFO(name, text) {#name, text},
    LOCKSTEP_GOALS(LOCKSTEP_GOAL_INFO)
#undef LOCKSTEP_GOAL_INFO
};
inline constexpr size_t kGoalCount = sizeof(kGoals) / sizeof(kGoals[0]);

constexpr const char* Name(Goal goal) { return kGoals[static_cast<size_t>(goal)].name; }
constexpr const char* Meaning(Goal goal) { return kGoals[static_cast<size_t>(goal)].meaning; }

// How often each goal was reached in a run, or, added up, in a campaign.
class GoalCounts {
 public:
  void Reach(Goal goal) { ++counts_[static_cast<size_t>(goal)]; }
  uint64_t operator[](Goal goal) const { return counts_[static_cast<size_t>(goal)]; }
  const std::array<uint64_t, kGoalCount>& counts() const { return counts_; }
  void Add(const GoalCounts& other) {
    for (size_t i = 0; i < kGoalCount; ++i) counts_[i] += other.counts_[i];
  }
  friend bool operator==(const GoalCounts&, const GoalCounts&) = default;

 private:
  std::array<uint64_t, kGoalCount> counts_{};
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_GOALS_H_
