// Who is a member, who votes, and which changes of that are allowed.
//
// A configuration has one set of voters, or two while it is joint: then every decision needs a majority
// of each. A change that touches one voter at most may be taken in one step; any other goes through a joint
// configuration. [Raft §6, Thesis §4.3] This header is pure arithmetic on members; when a configuration
// takes effect and who may propose one is membership.h's matter.
#ifndef LOCKSTEP_CORE_CONFIGURATION_H_
#define LOCKSTEP_CORE_CONFIGURATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/node_set.h"
#include "core/quorum.h"

namespace lockstep {

struct Configuration {
  NodeSet voters;           // The voters; in a joint configuration the incoming half, C_new.
  NodeSet outgoing_voters;  // The outgoing half, C_old; empty when not joint.
  NodeSet learners;         // Receive the log, count nowhere. Disjoint from both halves.
  // Voters of the outgoing half that become learners when the joint configuration is left: they count
  // until then, so they may not be in `learners` yet.
  NodeSet learners_next;
  bool auto_leave = false;  // The leader leaves the joint configuration by itself once it is committed.

  bool joint() const { return !outgoing_voters.empty(); }
  bool IsVoter(NodeId id) const { return voters.contains(id) || outgoing_voters.contains(id); }
  bool IsMember(NodeId id) const { return IsVoter(id) || learners.contains(id); }
  // All members, voters of both halves and learners.
  NodeSet Members() const;

  template <typename ValueOf>
  uint64_t QuorumValue(const ValueOf& value) const {
    return JointValue(voters, outgoing_voters, value);
  }
  template <typename VoteOf>
  VoteResult QuorumVote(const VoteOf& vote) const {
    return JointVote(voters, outgoing_voters, vote);
  }

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

// "(1 2 3)&&(1) learners (4) next (2) auto-leave".
std::string ToString(const Configuration& configuration);

enum class ChangeKind : uint8_t { kAddVoter, kAddLearner, kRemove };

// One wish about one member. A member of another kind is promoted or demoted; a change that is
// already so is no error.
struct MemberChange {
  ChangeKind kind = ChangeKind::kAddVoter;
  NodeId node;

  friend bool operator==(const MemberChange&, const MemberChange&) = default;
};

// How a set of changes is to be carried out.
enum class Transition : uint8_t {
  kAuto,           // One step if at most one voter changes, else joint and left automatically.
  kJointImplicit,  // Joint in any case, left automatically.
  kJointExplicit,  // Joint in any case, left by a later change without members.
};

struct ConfigurationChange {
  std::vector<MemberChange> members;  // Empty: leave the joint configuration.
  Transition transition = Transition::kAuto;

  friend bool operator==(const ConfigurationChange&, const ConfigurationChange&) = default;
};

// The configuration after a change in one step.
// Errors: FailedPrecondition if `from` is joint; InvalidArgument if more than one voter would change or no
// voter would remain.
absl::StatusOr<Configuration> ApplySimple(const Configuration& from, const std::vector<MemberChange>& changes);

// The joint configuration that leads from `from` to `from` with `changes`.
// Errors: FailedPrecondition if `from` is joint or has no voter; InvalidArgument if no voter would remain.
absl::StatusOr<Configuration> EnterJoint(const Configuration& from, const std::vector<MemberChange>& changes,
                                         bool auto_leave);

// The configuration behind the joint one.
// Errors: FailedPrecondition if `from` is not joint.
absl::StatusOr<Configuration> LeaveJoint(const Configuration& from);

// The next configuration of the log for `change`: one of the three above.
absl::StatusOr<Configuration> NextConfiguration(const Configuration& from, const ConfigurationChange& change);

// The structural rules that every configuration satisfies, wherever it came from.
// Errors: InvalidArgument naming the first rule that is broken.
absl::Status ValidateConfiguration(const Configuration& configuration);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_CONFIGURATION_H_
