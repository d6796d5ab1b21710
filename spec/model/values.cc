#include "spec/model/values.h"

namespace lockstep::model {
namespace {

size_t CountMissing(const NodeIds& from, const NodeIds& in) {
  return static_cast<size_t>(std::count_if(from.begin(), from.end(), [&in](NodeId id) { return !Contains(in, id); }));
}

void ApplyMemberChange(const MemberChange& change, Configuration& configuration) {
  switch (change.kind) {
    case ChangeKind::kAddVoter:
      Insert(configuration.voters, change.node);
      Erase(configuration.learners, change.node);
      Erase(configuration.learners_next, change.node);
      return;
    case ChangeKind::kAddLearner:
      Erase(configuration.voters, change.node);
      Insert(Contains(configuration.outgoing, change.node) ? configuration.learners_next : configuration.learners,
             change.node);
      return;
    case ChangeKind::kRemove:
      Erase(configuration.voters, change.node);
      Erase(configuration.learners, change.node);
      Erase(configuration.learners_next, change.node);
      return;
  }
}

// A change of nobody is none.
Configuration ApplyMemberChanges(Configuration configuration, const std::vector<MemberChange>& members) {
  for (const MemberChange& change : members) {
    if (change.node.number != 0) ApplyMemberChange(change, configuration);
  }
  return configuration;
}

}  // namespace

bool Contains(const NodeIds& ids, NodeId id) {
  for (NodeId member : ids) {
    if (member == id) return true;
  }
  return false;
}

void Insert(NodeIds& ids, NodeId id) {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at == ids.end() || *at != id) ids.insert(at, id);
}

void Erase(NodeIds& ids, NodeId id) {
  const auto at = std::find(ids.begin(), ids.end(), id);
  if (at != ids.end()) ids.erase(at);
}

NodeIds Configuration::Members() const {
  NodeIds members = voters;
  for (NodeId id : outgoing) Insert(members, id);
  for (NodeId id : learners) Insert(members, id);
  return members;
}

Configuration LeaveJoint(const Configuration& configuration) {
  Configuration left = configuration;
  for (NodeId id : configuration.learners_next) Insert(left.learners, id);
  left.learners_next.clear();
  left.outgoing.clear();
  left.auto_leave = false;
  return left;
}

std::optional<Configuration> NextConfiguration(const Configuration& from, const Change& change) {
  if (change.members.empty()) return from.joint() ? std::optional(LeaveJoint(from)) : std::nullopt;
  if (from.joint() || from.voters.empty()) return std::nullopt;
  if (change.transition == Transition::kAuto) {
    Configuration simple = ApplyMemberChanges(from, change.members);
    const size_t changed = CountMissing(from.voters, simple.voters) + CountMissing(simple.voters, from.voters);
    if (!simple.voters.empty() && changed <= 1) return simple;
  }
  Configuration joint = from;
  joint.outgoing = from.voters;
  joint = ApplyMemberChanges(std::move(joint), change.members);
  joint.auto_leave = change.transition != Transition::kJointExplicit;
  if (joint.voters.empty()) return std::nullopt;
  return joint;
}

std::string ToString(const NodeIds& ids) {
  std::string text = "{";
  for (NodeId id : ids) text += (text.size() > 1 ? " " : "") + lockstep::ToString(id);
  return text + "}";
}

std::string ToString(const Configuration& configuration) {
  std::string text = ToString(configuration.voters);
  if (configuration.joint()) text += "&&" + ToString(configuration.outgoing);
  if (!configuration.learners.empty()) text += " learners " + ToString(configuration.learners);
  if (!configuration.learners_next.empty()) text += " next " + ToString(configuration.learners_next);
  return configuration.auto_leave ? text + " auto-leave" : text;
}

std::string ToString(Position position) { return std::to_string(position.index) + ":" + std::to_string(position.term); }

std::string ToString(const Entry& entry) {
  std::string text = std::to_string(entry.term);
  switch (entry.kind) {
    case EntryKind::kNoOp:
      return text;
    case EntryKind::kCommand:
      return text + "/" + std::to_string(entry.value);
    case EntryKind::kConfiguration:
      return text + (entry.configuration == nullptr ? "/?" : "/" + ToString(*entry.configuration));
  }
  return text;
}

std::string ToString(const Change& change) {
  std::string text = change.members.empty() ? "leave" : "";
  for (const MemberChange& member : change.members) {
    static constexpr const char* kKinds[] = {"add voter ", "add learner ", "remove "};
    text += (text.empty() ? "" : ", ") + std::string(kKinds[static_cast<size_t>(member.kind)]) +
            lockstep::ToString(member.node);
  }
  if (change.transition == Transition::kJointImplicit) text += ", joint";
  if (change.transition == Transition::kJointExplicit) text += ", joint to be left";
  return text;
}

}  // namespace lockstep::model
