// Members: added, promoted, removed, given other URLs, listed; as operators do, who ask only for what can be.
#include <algorithm>
#include <iterator>
#include <set>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kvsm/api/cluster.pb.h"
#include "kvsm/members.h"
#include "sim/services/clients.h"

namespace lockstep::sim {
namespace {

using etcdserverpb::Member;
using kvsm::proto::ChangeMember;

constexpr uint64_t kNobody = 99;  // No member ever has this id.

NodeId NodeOf(uint64_t member) { return {kvsm::NumberOf(member), kvsm::IncarnationOf(member)}; }

uint32_t LastNumber(const Ledger& ledger) {
  uint32_t last = 0;
  for (const auto& [position, table] : ledger.tables()) {
    for (const auto& [id, member] : table) last = std::max(last, kvsm::NumberOf(id));
  }
  return last;
}

}  // namespace

// ---- What may come.

// Every configuration on the way from those in use to any that the plans can lead to keeps the voters that are in all
// of these, and has no dead one that is in none of them: it has a majority if the former, alive, outnumber the latter.
bool ServiceClients::KeepQuorum(ServerSet members) const {
  std::set<NodeId> always, ever;
  if (judge_.ledger().founded()) {
    for (const auto& [id, member] : judge_.ledger().members()) {
      if (!member.islearner()) always.insert(NodeOf(id));
    }
  } else {
    for (uint32_t n = 1; n <= world_.scenario.founders; ++n) always.insert({n, 0});
  }
  ever = always;
  const auto take = [&](const NodeSet& voters) {
    if (voters.empty()) return;
    std::erase_if(always, [&](NodeId id) { return !voters.contains(id); });
    ever.insert(voters.begin(), voters.end());
  };
  const Index committed = world_.monitor.committed_configuration_index();
  const auto take_all = [&](const Log& log) {
    for (const ConfigurationEntry& entry : log.configurations()) {
      if (entry.index < committed) continue;
      take(entry.configuration.voters);
      take(entry.configuration.outgoing_voters);
    }
  };
  for (const Server& server : servers_) {
    take_all(server.durable_log());
    if (server.state().id == server.id()) take_all(server.state().log);
  }
  uint32_t next = std::max(LastNumber(judge_.ledger()), world_.scenario.founders);
  for (const Plan& plan : plans_) {
    if (!MayCome(plan)) continue;
    if (plan.action == ChangeMember::ADD) ever.insert({++next, 0});
    if (plan.action == ChangeMember::PROMOTE) ever.insert(NodeOf(plan.member.id()));
    if (plan.action == ChangeMember::REMOVE) always.erase(NodeOf(plan.member.id()));
  }
  const auto lives = [&](NodeId id) {
    if (id.number < 1 || id.number > servers_.size() || !Has(members, id.number)) return false;
    return servers_[id.number - 1].id() == id && servers_[id.number - 1].disk_intact();
  };
  const auto alive = std::count_if(always.begin(), always.end(), lives);
  const auto dead = static_cast<std::ptrdiff_t>(ever.size()) - std::count_if(ever.begin(), ever.end(), lives);
  return alive > dead;
}

bool ServiceClients::Planned(Plan plan) {
  plans_.push_back(std::move(plan));
  if (KeepQuorum(FirstServers(static_cast<uint32_t>(servers_.size())))) return true;
  plans_.pop_back();
  return false;
}

// Not what has come, or can come no more since it has come by another's wish.
bool ServiceClients::MayCome(const Plan& plan) const {
  const Ledger& ledger = judge_.ledger();
  const auto at = ledger.members().find(plan.member.id());
  const bool there = at != ledger.members().end();
  if (plan.action == ChangeMember::REMOVE) return there;
  if (plan.action == ChangeMember::PROMOTE) return there && at->second.islearner();
  return std::none_of(ledger.tables().begin(), ledger.tables().end(), [&](const auto& table) {
    return std::any_of(table.second.begin(), table.second.end(), [&](const auto& entry) {
      return entry.second.peerurls_size() > 0 && entry.second.peerurls(0) == plan.member.peerurls(0);
    });
  });
}

std::optional<Configuration> ServiceClients::InUse() const {
  const Index index = world_.monitor.committed_configuration_index();
  for (const Server& server : servers_) {
    for (const ConfigurationEntry& entry : server.state().log.configurations()) {
      if (entry.index == index) return entry.configuration;
    }
  }
  return std::nullopt;
}

bool ServiceClients::LeadersLast() const {
  const Options& options = world_.scenario.options;
  if (options.pre_vote && options.check_quorum) return true;
  const std::optional<Configuration> in_use = InUse();
  return !in_use.has_value() || std::all_of(servers_.begin(), servers_.end(), [&](const Server& server) {
    return !server.running() || in_use->IsMember(server.id());
  });
}

// The configuration follows the table.
std::string ServiceClients::MembersWait() const {
  if (!habits_.changes_members) return "";
  if (!judge_.ledger().founded()) return "no founders have been written down";
  const Server* leader = nullptr;
  for (const Server& server : servers_) {
    if (!server.leads()) continue;
    if (leader == nullptr || server.state().current_term > leader->state().current_term) leader = &server;
  }
  if (leader == nullptr) return "no leader";
  Configuration wanted;
  for (const auto& [id, member] : judge_.ledger().members()) {
    (member.islearner() ? wanted.learners : wanted.voters).insert(NodeOf(id));
  }
  const Configuration& now = leader->state().configuration();
  if (now == wanted) return "";
  return absl::StrCat("the members are ", ToString(wanted), " by their table, the configuration is ", ToString(now));
}

// ---- What is asked.

void ServiceClients::ChangeMembers(uint32_t number) {
  std::erase_if(plans_, [this](const Plan& plan) { return !MayCome(plan); });
  if (!judge_.ledger().founded()) return ListMembers(number);
  switch (world_.choices.Below(8)) {
    case 0:
    case 1:
      return ListMembers(number);
    case 2:
    case 3:
      return AddMember(number);
    case 4:
    case 5:
      return PromoteMember(number);
    case 6:
      return RemoveMember(number);
    default:
      return UpdateMember(number);
  }
}

void ServiceClients::ListMembers(uint32_t number) {
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(world_.choices.Below(2) == 0);
  Open(number, OperationKind::kRead, request.linearizable() ? "list members" : "list members here");
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, request.SerializeAsString());
  Call(number, server, "/etcdserverpb.Cluster/MemberList", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<etcdserverpb::MemberListResponse>(told.response);
      judge_.MembersListed(asked, response.members(), request.linearizable());
    }
    Close(number, told, server);
  });
}

template <typename Response, typename Request>
void ServiceClients::SendChange(uint32_t number, const char* method, const Request& request, const Plan& plan,
                                const std::string& name) {
  Open(number, OperationKind::kWrite,
       absl::StrCat(ChangeMember::Action_Name(plan.action), " member ", request.ShortDebugString()));
  const uint32_t server = ChooseServer();
  const Asked asked = judge_.Ask(server, name, !name.empty());
  // The configuration follows in steps.
  Call(number, server, method, request.SerializeAsString(), 4 * Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      const auto response = ReadMessage<Response>(told.response);
      Member member = plan.member;
      if constexpr (std::is_same_v<Response, etcdserverpb::MemberAddResponse>) member = response.member();
      judge_.MemberChanged(asked, plan.action, member, response.members(), InUse());
      switch (plan.action) {
        case ChangeMember::ADD:
          judge_.Reached(member.islearner() ? ServiceGoal::kLearnerAdded : ServiceGoal::kVoterAdded);
          break;
        case ChangeMember::PROMOTE:
          judge_.Reached(ServiceGoal::kPromoted);
          break;
        case ChangeMember::REMOVE:
          judge_.Reached(ServiceGoal::kMemberRemoved);
          if (plan.leads) judge_.Reached(ServiceGoal::kLeaderRemoved);
          break;
        default:
          judge_.Reached(ServiceGoal::kMemberUpdated);
      }
    } else if (told.end == End::kError) {
      judge_.MemberRefused(asked, plan.action, plan.member.id(), told.error);
    } else if (!name.empty()) {
      told.end == End::kRefused ? judge_.Refused(asked) : judge_.Unknown(asked);
    }
    if (told.end == End::kError || told.end == End::kRefused) {
      const auto same = std::find_if(plans_.begin(), plans_.end(), [&](const Plan& other) {
        return other.action == plan.action && other.member.SerializeAsString() == plan.member.SerializeAsString();
      });
      if (same != plans_.end()) plans_.erase(same);
    }
    Close(number, told, server);
  });
}

void ServiceClients::AddMember(uint32_t number) {
  const auto adds =
      std::count_if(plans_.begin(), plans_.end(), [](const Plan& plan) { return plan.action == ChangeMember::ADD; });
  const auto next = LastNumber(judge_.ledger()) + static_cast<uint32_t>(adds) + 1;
  Plan plan;
  plan.action = ChangeMember::ADD;
  plan.member.set_islearner(world_.choices.Below(3) != 0);
  plan.member.add_peerurls(absl::StrCat("http://another", ++last_url_, ":2380"));
  if (next > servers_.size() || !Planned(plan)) return ListMembers(number);
  etcdserverpb::MemberAddRequest request;
  *request.mutable_peerurls() = plan.member.peerurls();
  request.set_islearner(plan.member.islearner());
  SendChange<etcdserverpb::MemberAddResponse>(number, "/etcdserverpb.Cluster/MemberAdd", request, plan,
                                              request.peerurls(0));
}

// Whoever has lost its disk goes first.
void ServiceClients::RemoveMember(uint32_t number) {
  const Ledger::Table& members = judge_.ledger().members();
  auto at = std::find_if(members.begin(), members.end(), [this](const auto& entry) {
    return servers_[kvsm::NumberOf(entry.first) - 1].id() != NodeOf(entry.first);
  });
  if (at == members.end())
    at = std::next(members.begin(), static_cast<std::ptrdiff_t>(world_.choices.Below(members.size())));
  Plan plan;
  plan.action = ChangeMember::REMOVE;
  plan.member.set_id(world_.choices.Below(16) == 15 ? kNobody : at->first);
  plan.leads = servers_[kvsm::NumberOf(at->first) - 1].leads();
  if (!Planned(plan)) return ListMembers(number);
  etcdserverpb::MemberRemoveRequest request;
  request.set_id(plan.member.id());
  SendChange<etcdserverpb::MemberRemoveResponse>(number, "/etcdserverpb.Cluster/MemberRemove", request, plan, "");
}

void ServiceClients::PromoteMember(uint32_t number) {
  const Ledger::Table& members = judge_.ledger().members();
  auto at = std::find_if(members.begin(), members.end(), [](const auto& entry) { return entry.second.islearner(); });
  // Others are no learners.
  if (at == members.end() || world_.choices.Below(8) == 7) at = members.begin();
  Plan plan;
  plan.action = ChangeMember::PROMOTE;
  plan.member.set_id(at->first);
  if (!Planned(plan)) return ListMembers(number);
  etcdserverpb::MemberPromoteRequest request;
  request.set_id(plan.member.id());
  SendChange<etcdserverpb::MemberPromoteResponse>(number, "/etcdserverpb.Cluster/MemberPromote", request, plan, "");
}

void ServiceClients::UpdateMember(uint32_t number) {
  const Ledger::Table& members = judge_.ledger().members();
  Plan plan;
  plan.action = ChangeMember::UPDATE;
  plan.member.set_id(
      std::next(members.begin(), static_cast<std::ptrdiff_t>(world_.choices.Below(members.size())))->first);
  etcdserverpb::MemberUpdateRequest request;
  request.set_id(plan.member.id());
  request.add_peerurls(absl::StrCat("http://other", ++last_url_, ":2380"));
  SendChange<etcdserverpb::MemberUpdateResponse>(number, "/etcdserverpb.Cluster/MemberUpdate", request, plan,
                                                 request.peerurls(0));
}

}  // namespace lockstep::sim
