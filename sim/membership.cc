#include "sim/membership.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

// Whether `id` is what its server is called now, with its disk intact, and the server is one of `members`.
bool Lives(const Servers& servers, ServerSet members, NodeId id) {
  if (id.number < 1 || id.number > servers.size() || !Has(members, id.number)) return false;
  return servers[id.number - 1].id() == id && servers[id.number - 1].disk_intact();
}

bool HasMajority(const Servers& servers, ServerSet members, const NodeSet& voters) {
  if (voters.empty()) return true;
  const auto alive = static_cast<size_t>(
      std::count_if(voters.begin(), voters.end(), [&](NodeId id) { return Lives(servers, members, id); }));
  return alive >= MajorityOf(voters.size());
}

MemberChange DrawMember(const Servers& servers, const Configuration& from, Choices& choices) {
  const NodeId id = servers[choices.Below(servers.size())].id();
  const bool second = choices.Below(2) == 0;
  if (from.IsVoter(id)) return {second ? ChangeKind::kAddLearner : ChangeKind::kRemove, id};
  if (from.IsMember(id)) return {second ? ChangeKind::kRemove : ChangeKind::kAddVoter, id};
  return {second ? ChangeKind::kAddLearner : ChangeKind::kAddVoter, id};
}

}  // namespace

bool HasQuorum(const Servers& servers, ServerSet members, const Configuration& configuration) {
  return HasMajority(servers, members, configuration.voters) &&
         HasMajority(servers, members, configuration.outgoing_voters);
}

bool HasQuorumEverywhere(const Servers& servers, ServerSet members, Index committed) {
  if (servers.plans() != nullptr && !servers.plans()->KeepQuorum(members)) return false;
  const auto all_hold = [&](const Log& log) {
    return std::all_of(log.configurations().begin(), log.configurations().end(), [&](const ConfigurationEntry& entry) {
      return entry.index < committed || HasQuorum(servers, members, entry.configuration);
    });
  };
  // What a process had in memory when it ended may be on its disk, though nobody was told.
  return std::all_of(servers.begin(), servers.end(), [&](const Server& server) {
    const bool same_life = server.state().id == server.id();
    return all_hold(server.durable_log()) && (!same_life || all_hold(server.state().log));
  });
}

bool HasGoodCopy(const Servers& servers, Index committed) {
  return std::any_of(servers.begin(), servers.end(), [committed](const Server& server) {
    if (!server.disk_intact()) return false;
    const bool snapshot = server.state().id == server.id() && server.state().snapshot.last_included.index >= committed;
    return snapshot || server.durable_log().last_index() >= committed;
  });
}

ConfigurationChange DrawChange(const Servers& servers, const Configuration& from, Choices& choices) {
  ConfigurationChange change;
  change.transition = static_cast<lockstep::Transition>(choices.Below(3));
  if (from.joint() && choices.Below(4) != 0) return change;  // Leave it.
  if (choices.Below(4) != 0) {
    for (NodeId id : from.Members()) {
      const NodeId now = servers[id.number - 1].id();
      if (now == id) continue;
      change.members.push_back({ChangeKind::kRemove, id});
      change.members.push_back({from.IsVoter(id) ? ChangeKind::kAddVoter : ChangeKind::kAddLearner, now});
    }
    if (!change.members.empty()) return change;
  }
  const uint64_t count = choices.Below(2) == 0 ? 1 : 1 + choices.Below(3);
  for (uint64_t i = 0; i < count; ++i) change.members.push_back(DrawMember(servers, from, choices));
  return change;
}

ServerSet DrawHealthy(const Servers& servers, Index committed, Choices& choices) {
  ServerSet healthy = 0;
  for (const Server& server : servers) healthy |= server.disk_intact() ? Only(server.id().number) : 0;
  const auto first = static_cast<uint32_t>(choices.Below(servers.size()));
  for (uint32_t i = 0; i < servers.size(); ++i) {
    const auto server = static_cast<uint32_t>((first + i) % servers.size() + 1);
    const ServerSet without = healthy & ~Only(server);
    if (choices.Below(2) == 0 && HasQuorumEverywhere(servers, without, committed)) healthy = without;
  }
  return healthy;
}

}  // namespace lockstep::sim
