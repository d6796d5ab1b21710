#include "core/configuration.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep {
namespace {

// How many nodes are in exactly one of the sets.
size_t SymmetricDifference(const NodeSet& a, const NodeSet& b) {
  size_t count = 0;
  for (NodeId id : a) count += b.contains(id) ? 0 : 1;
  for (NodeId id : b) count += a.contains(id) ? 0 : 1;
  return count;
}

void MakeLearner(NodeId id, Configuration& configuration) {
  configuration.voters.erase(id);
  if (configuration.outgoing_voters.contains(id)) {
    configuration.learners_next.insert(id);
  } else {
    configuration.learners.insert(id);
  }
}

void ApplyChange(const MemberChange& change, Configuration& configuration) {
  if (change.node.number == 0) return;  // Names nobody.
  switch (change.kind) {
    case ChangeKind::kAddVoter:
      configuration.learners.erase(change.node);
      configuration.learners_next.erase(change.node);
      configuration.voters.insert(change.node);
      return;
    case ChangeKind::kAddLearner:
      MakeLearner(change.node, configuration);
      return;
    case ChangeKind::kRemove:
      configuration.voters.erase(change.node);
      configuration.learners.erase(change.node);
      configuration.learners_next.erase(change.node);
      return;
  }
}

absl::Status ApplyChanges(const std::vector<MemberChange>& changes, Configuration& configuration) {
  for (const MemberChange& change : changes) ApplyChange(change, configuration);
  if (configuration.voters.empty()) {
    return absl::InvalidArgumentError("removed all voters: keep or add at least one");
  }
  return absl::OkStatus();
}

}  // namespace

NodeSet Configuration::Members() const {
  NodeSet members = voters;
  for (NodeId id : outgoing_voters) members.insert(id);
  for (NodeId id : learners) members.insert(id);
  return members;
}

std::string ToString(const Configuration& configuration) {
  std::string text = ToString(configuration.voters);
  if (configuration.joint()) absl::StrAppend(&text, "&&", ToString(configuration.outgoing_voters));
  if (!configuration.learners.empty()) absl::StrAppend(&text, " learners ", ToString(configuration.learners));
  if (!configuration.learners_next.empty()) absl::StrAppend(&text, " next ", ToString(configuration.learners_next));
  if (configuration.auto_leave) absl::StrAppend(&text, " auto-leave");
  return text;
}

absl::StatusOr<Configuration> ApplySimple(const Configuration& from, const std::vector<MemberChange>& changes) {
  if (from.joint()) {
    return absl::FailedPreconditionError("can't apply simple config change in joint config: leave it first");
  }
  Configuration to = from;
  if (absl::Status status = ApplyChanges(changes, to); !status.ok()) return status;
  if (SymmetricDifference(from.voters, to.voters) > 1) {
    return absl::InvalidArgumentError("more than one voter changed without entering joint config");
  }
  return to;
}

absl::StatusOr<Configuration> EnterJoint(const Configuration& from, const std::vector<MemberChange>& changes,
                                         bool auto_leave) {
  if (from.joint()) return absl::FailedPreconditionError("config is already joint: leave it first");
  if (from.voters.empty()) return absl::FailedPreconditionError("can't make a zero-voter config joint");
  Configuration to = from;
  to.outgoing_voters = from.voters;
  if (absl::Status status = ApplyChanges(changes, to); !status.ok()) return status;
  to.auto_leave = auto_leave;
  return to;
}

absl::StatusOr<Configuration> LeaveJoint(const Configuration& from) {
  if (!from.joint()) return absl::FailedPreconditionError("can't leave a non-joint config");
  Configuration to = from;
  for (NodeId id : from.learners_next) to.learners.insert(id);
  to.learners_next.clear();
  to.outgoing_voters.clear();
  to.auto_leave = false;
  return to;
}

absl::StatusOr<Configuration> NextConfiguration(const Configuration& from, const ConfigurationChange& change) {
  if (change.members.empty()) return LeaveJoint(from);
  if (change.transition == Transition::kAuto) {
    absl::StatusOr<Configuration> simple = ApplySimple(from, change.members);
    if (simple.ok() || from.joint()) return simple;
  }
  return EnterJoint(from, change.members, change.transition != Transition::kJointExplicit);
}

absl::Status ValidateConfiguration(const Configuration& configuration) {
  if (configuration.voters.empty()) return absl::InvalidArgumentError("a configuration has no voter");
  if (!configuration.joint() && (configuration.auto_leave || !configuration.learners_next.empty())) {
    return absl::InvalidArgumentError("a configuration that is not joint cannot be left");
  }
  for (NodeId id : configuration.Members()) {
    if (id.number == 0) return absl::InvalidArgumentError("a configuration has a member without a number");
  }
  for (NodeId id : configuration.learners) {
    if (configuration.IsVoter(id)) {
      return absl::InvalidArgumentError(absl::StrCat("node ", ToString(id), " is both voter and learner"));
    }
  }
  for (NodeId id : configuration.learners_next) {
    if (!configuration.outgoing_voters.contains(id) || configuration.voters.contains(id)) {
      return absl::InvalidArgumentError(
          absl::StrCat("node ", ToString(id), " is to become a learner but is no voter that leaves"));
    }
  }
  return absl::OkStatus();
}

}  // namespace lockstep
