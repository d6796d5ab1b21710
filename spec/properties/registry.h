// The properties by name: one list for reports, tests and the TLA+ specification.
//
// To add a property: a line here, its check in the header of its family, a row in README.md and two cases in
// the family's test (one run that trips it, one that does not).
#ifndef LOCKSTEP_SPEC_PROPERTIES_REGISTRY_H_
#define LOCKSTEP_SPEC_PROPERTIES_REGISTRY_H_

#include <cstddef>
#include <cstdint>

namespace lockstep::spec {

// X(name, family, how the specification sees it: Inv for one state, Prop for one step, Run for a history of the run
// or of a host that the specification does not model).
#define LOCKSTEP_PROPERTIES(X)                           \
  X(ElectionSafety, Paper, Inv)                          \
  X(LogMatching, Paper, Inv)                             \
  X(LeaderCompleteness, Paper, Inv)                      \
  X(StateMachineSafety, Paper, Inv)                      \
  X(LeaderAppendOnly, StepLaws, Prop)                    \
  X(CandidateTermNotInLogInv, Paper, Inv)                \
  X(LeaderTermIndexInv, Paper, Inv)                      \
  X(ElectedByQuorumProp, Paper, Prop)                    \
  X(CommittedByQuorumProp, Paper, Prop)                  \
  X(CommitOnlyCurrentTermProp, Paper, Prop)              \
  X(TermMonotonicProp, StepLaws, Prop)                   \
  X(StepDownOnHigherTermProp, StepLaws, Prop)            \
  X(RoleTransitionsProp, StepLaws, Prop)                 \
  X(VoteStableProp, StepLaws, Prop)                      \
  X(VoteOnlyUpToDateProp, StepLaws, Prop)                \
  X(LeaderVotesForItselfInv, StepLaws, Inv)              \
  X(PermittedLogChangesProp, StepLaws, Prop)             \
  X(MonoLogInv, StepLaws, Inv)                           \
  X(CommitMonotonicProp, StepLaws, Prop)                 \
  X(CommitWithinLogInv, StepLaws, Inv)                   \
  X(FollowerCommitBoundProp, StepLaws, Prop)             \
  X(ApplyOnceInOrderProp, StepLaws, Prop)                \
  X(MessageTermBoundInv, StepLaws, Inv)                  \
  X(LeaderSendsItsLogProp, StepLaws, Prop)               \
  X(SnapshotOnlyWhenNeededProp, StepLaws, Prop)          \
  X(AckOnlyWhatWasSentProp, StepLaws, Prop)              \
  X(MatchMonotonicProp, StepLaws, Prop)                  \
  X(NackHintSafeProp, StepLaws, Prop)                    \
  X(NextAboveMatchInv, StepLaws, Inv)                    \
  X(WindowAccountingInv, StepLaws, Inv)                  \
  X(UncommittedQuotaInv, StepLaws, Inv)                  \
  X(StateWellFormedInv, StepLaws, Inv)                   \
  X(RejectionHintProp, StepLaws, Run)                    \
  X(ElectionTimerProp, StepLaws, Run)                    \
  X(ConfigurationFromLogInv, Membership, Inv)            \
  X(OneChangeAtATimeInv, Membership, Inv)                \
  X(CurrentTermCommitBeforeChangeProp, Membership, Prop) \
  X(ConfigurationSafety, Membership, Inv)                \
  X(RemovedLeaderStepsDownProp, Membership, Prop)        \
  X(OnlyVotersCampaignProp, Membership, Prop)            \
  X(LearnerNeverCountedProp, Membership, Prop)           \
  X(NoIdentityReuseProp, Membership, Prop)               \
  X(QuorumLogInv, Durability, Inv)                       \
  X(CommittedReplicatedInv, Durability, Inv)             \
  X(MatchSoundInv, Durability, Inv)                      \
  X(DurableIndexSoundInv, Durability, Inv)               \
  X(DiskMatchesState, Durability, Run)                   \
  X(VoteOncePerTermInv, Durability, Inv)                 \
  X(VoteDurableBeforeReplyProp, Durability, Prop)        \
  X(TermDurableBeforeReplyProp, Durability, Prop)        \
  X(TermDurableBeforeEntryProp, Durability, Prop)        \
  X(EntryDurableBeforeAckProp, Durability, Prop)         \
  X(SnapshotDurableBeforeAckProp, Durability, Prop)      \
  X(SnapshotInOnePieceProp, Durability, Run)             \
  X(HaltOnlyOnLossProp, Durability, Run)                 \
  X(ReadFreshness, Reads, Prop)                          \
  X(LeaseSafety, Reads, Run)                             \
  X(RequestEndsOnce, Requests, Run)                      \
  X(AckedNeverLost, Requests, Run)                       \
  X(ExactlyOnce, Requests, Run)                          \
  X(Determinism, Run, Run)                               \
  X(Linearizability, Run, Run)                           \
  X(Liveness, Run, Run)

enum class Property : uint8_t {
#define LOCKSTEP_PROPERTY_ENUMERATOR(name, family, form) k##name,
  LOCKSTEP_PROPERTIES(LOCKSTEP_PROPERTY_ENUMERATOR)
#undef LOCKSTEP_PROPERTY_ENUMERATOR
};

// Where a property's check lives: the header of that name, or, for kRun, the program that owns the run.
enum class Family : uint8_t { kPaper, kStepLaws, kMembership, kDurability, kReads, kRequests, kRun };
enum class Form : uint8_t { kInv, kProp, kRun };

struct PropertyInfo {
  const char* name;
  Family family;
  Form form;
};

inline constexpr PropertyInfo kProperties[] = {
#define LOCKSTEP_PROPERTY_INFO(name, family, form) {#name, Family::k##family, Form::k##form},
    LOCKSTEP_PROPERTIES(LOCKSTEP_PROPERTY_INFO)
#undef LOCKSTEP_PROPERTY_INFO
};
inline constexpr size_t kPropertyCount = sizeof(kProperties) / sizeof(kProperties[0]);

constexpr const char* Name(Property property) { return kProperties[static_cast<size_t>(property)].name; }

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_REGISTRY_H_
