// Configurations: which one is in effect, how one follows another, who may do what under it. [Raft §6, Thesis §4]
//
// A configuration is in effect from its append on, and until a truncation takes it away. The quorums of
// neighbouring configurations meet; since an uncommitted one never stands on another, neighbours are all that can be in
// use at once. What was elected and committed under them is checked in paper.h (ConfigurationSafety,
// LearnerNeverCountedProp).
#ifndef LOCKSTEP_SPEC_PROPERTIES_MEMBERSHIP_H_
#define LOCKSTEP_SPEC_PROPERTIES_MEMBERSHIP_H_

#include "spec/properties/watch.h"

namespace lockstep::spec {

// ConfigurationFromLogInv: the configuration in effect is that of the last configuration entry in the log, or, without
// one, the snapshot's; and the snapshot's is the one that was committed then. For each configuration that a leader
// appends:
//   OneChangeAtATimeInv: the one before is committed.
//   CurrentTermCommitBeforeChangeProp: so is an entry of the leader's own term. [Ongaro, raft-dev 2015]
//   ConfigurationSafety: it follows from the one before: a joint one enters from C_old and is left to C_new, and
//   without a joint one a single voter changes at most; so any quorum of the one meets any quorum of the other.
// Moves on: before.electorate, before.configuration_index. Cost: O(1) without a change, else O(members + new entries).
bool CheckConfiguration(StepView& view);

// RemovedLeaderStepsDownProp: a leader that a committed configuration leaves out, or makes a learner, leads no more.
// OnlyVotersCampaignProp: who begins a campaign is a voter of the configuration in effect or, while that is not
// committed, of
//   one before it back to the last committed one. [Thesis §4.2.2]
// LearnerNeverCountedProp: a round of heartbeats is confirmed by voters alone, a majority of each half.
bool CheckMembers(StepView& view);

// The configuration of a node at its start. Its configurations' first mention tells who the founders are.
bool CheckStartConfiguration(Watch& watch, NodeShadow& node, const State& state, uint64_t step, bool first_start);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_MEMBERSHIP_H_
