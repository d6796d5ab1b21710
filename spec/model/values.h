// The values of the specification: sets of nodes, configurations, positions, entries.
//
// The model is raft.tla in C++: what is a set, record or sequence there is a plain value here, with the same names. It
// shares core/types.h with the core and nothing else: a shared helper would share its mistakes.
#ifndef LOCKSTEP_SPEC_MODEL_VALUES_H_
#define LOCKSTEP_SPEC_MODEL_VALUES_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"

namespace lockstep::model {

// A set of nodes, ascending.
using NodeIds = std::vector<NodeId>;

bool Contains(const NodeIds& ids, NodeId id);
void Insert(NodeIds& ids, NodeId id);
void Erase(NodeIds& ids, NodeId id);

struct Position {
  Index index = 0;
  Term term = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// Who votes and who only listens. [TLA EmptyConfiguration]
struct Configuration {
  NodeIds voters;
  NodeIds outgoing;  // Empty unless joint.
  NodeIds learners;
  NodeIds learners_next;
  bool auto_leave = false;

  bool joint() const { return !outgoing.empty(); }
  bool IsVoter(NodeId id) const { return Contains(voters, id) || Contains(outgoing, id); }
  bool IsMember(NodeId id) const { return IsVoter(id) || Contains(learners, id); }
  NodeIds Members() const;

  friend bool operator==(const Configuration&, const Configuration&) = default;
};
using ConfigurationPtr = std::shared_ptr<const Configuration>;

// Whether `in` holds for a majority of `voters`; nobody constrains nothing.
template <typename In>
bool IsMajority(const NodeIds& voters, const In& in) {
  if (voters.empty()) return true;
  size_t count = 0;
  for (NodeId id : voters) count += in(id) ? 1 : 0;
  return 2 * count > voters.size();
}

// Whether the nodes for which `in` holds are a quorum: a majority of each half.
template <typename In>
bool HasQuorum(const Configuration& configuration, const In& in) {
  return IsMajority(configuration.voters, in) && IsMajority(configuration.outgoing, in);
}

// The largest value that a quorum has reached; 0 if none has reached any.
template <typename ValueOf>
uint64_t QuorumValue(const Configuration& configuration, const ValueOf& value) {
  uint64_t reached = 0;
  for (const NodeIds* half : {&configuration.voters, &configuration.outgoing}) {
    for (NodeId id : *half) {
      const uint64_t candidate = value(id);
      if (candidate <= reached) continue;
      if (HasQuorum(configuration, [&](NodeId other) { return value(other) >= candidate; })) reached = candidate;
    }
  }
  return reached;
}

enum class ChangeKind : uint8_t { kAddVoter, kAddLearner, kRemove };
struct MemberChange {
  ChangeKind kind = ChangeKind::kAddVoter;
  NodeId node;
  friend bool operator==(const MemberChange&, const MemberChange&) = default;
};
enum class Transition : uint8_t { kAuto, kJointImplicit, kJointExplicit };
struct Change {
  std::vector<MemberChange> members;  // None: leave the joint configuration.
  Transition transition = Transition::kAuto;
  friend bool operator==(const Change&, const Change&) = default;
};

Configuration LeaveJoint(const Configuration& configuration);
// The configuration that `change` leads to, if it is allowed.
std::optional<Configuration> NextConfiguration(const Configuration& from, const Change& change);

struct Entry {
  Term term = 0;
  uint32_t value = 0;  // kCommand: what commands are told apart by.
  EntryKind kind = EntryKind::kNoOp;
  ConfigurationPtr configuration;  // kConfiguration.

  friend bool operator==(const Entry& a, const Entry& b) {
    return a.term == b.term && a.value == b.value && a.kind == b.kind &&
           (a.configuration == b.configuration ||
            (a.configuration != nullptr && b.configuration != nullptr && *a.configuration == *b.configuration));
  }
};

// A snapshot, and just as well the place where a log begins.
struct Snapshot {
  Position position;  // {0, 0}: none.
  ConfigurationPtr configuration;

  friend bool operator==(const Snapshot& a, const Snapshot& b) {
    return a.position == b.position && (a.configuration == b.configuration || *a.configuration == *b.configuration);
  }
};

std::string ToString(const NodeIds& ids);
std::string ToString(const Configuration& configuration);
std::string ToString(Position position);
std::string ToString(const Entry& entry);
std::string ToString(const Change& change);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_VALUES_H_
