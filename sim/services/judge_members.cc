// What clients are told of members.
#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "kvsm/members.h"
#include "sim/services/judge.h"

namespace lockstep::sim {
namespace {

using kvsm::CommandKind;
using kvsm::Error;
using kvsm::proto::ChangeMember;

NodeId NodeOf(uint64_t member) { return {kvsm::NumberOf(member), kvsm::IncarnationOf(member)}; }

bool Equal(const Ledger::Table& table, const Judge::ToldMembers& told) {
  return std::equal(table.begin(), table.end(), told.begin(), told.end(), [](const auto& entry, const auto& member) {
    return entry.second.SerializeAsString() == member.SerializeAsString();
  });
}

size_t VotersOf(const Ledger::Table& table) {
  return static_cast<size_t>(
      std::count_if(table.begin(), table.end(), [](const auto& entry) { return !entry.second.islearner(); }));
}

}  // namespace

// Whoever adds a member, or gives it another URL, uses one that nobody else does.
std::string Judge::NameOf(const Ledger::Entry& entry) {
  if (entry.kind != CommandKind::kChangeMember) return entry.body;
  ChangeMember change;
  change.ParseFromString(entry.body);
  const bool named = change.action() == ChangeMember::ADD || change.action() == ChangeMember::UPDATE;
  return named && entry.error == Error::kNone && change.member().peerurls_size() > 0 ? change.member().peerurls(0) : "";
}

void Judge::MemberChanged(const Asked& asked, Action action, const etcdserverpb::Member& member,
                          const ToldMembers& told, const std::optional<Configuration>& in_use) {
  uint64_t id = member.id();
  const Ledger::Entry* const entry = Claim(asked, CommandKind::kChangeMember, [&](const Ledger::Entry& candidate) {
    ChangeMember change;
    kvsm::proto::ChangeMemberReply reply;
    const std::string_view body = kvsm::DecodeReply(candidate.reply)->body;
    if (candidate.error != Error::kNone || !change.ParseFromString(candidate.body)) return false;
    if (change.action() != action || !reply.ParseFromArray(body.data(), static_cast<int>(body.size()))) return false;
    const bool same = action == ChangeMember::ADD ? change.member().peerurls(0) == asked.request &&
                                                        change.member().islearner() == member.islearner()
                                                  : change.member().id() == member.id();
    if (!same || reply.members_size() != told.size()) return false;
    if (action == ChangeMember::ADD && reply.member().id() != member.id()) return false;
    id = reply.member().id();
    return std::equal(told.begin(), told.end(), reply.members().begin(), [](const auto& one, const auto& other) {
      return one.SerializeAsString() == other.SerializeAsString();
    });
  });
  if (entry == nullptr) {
    return Fail("MembersProp", absl::StrCat("a change of member ", member.ShortDebugString(),
                                            " was told to be done, and no such command with that reply lies in the log"
                                            " behind position ",
                                            asked.told));
  }
  if (in_use.has_value()) CheckInUse(action, id, *in_use);
}

// The configuration has followed when the answer is given. What was removed never comes back.
void Judge::CheckInUse(Action action, uint64_t id, const Configuration& in_use) {
  const NodeId node = NodeOf(id);
  const auto now = ledger_.members().find(id);
  const bool there = now != ledger_.members().end();
  // A second voter is needed itself: its client is told before, so that it is started at all.
  bool needed = false;
  for (size_t i = 0; i + 1 < ledger_.tables().size(); ++i) {
    const Ledger::Table &before = ledger_.tables()[i].second, &after = ledger_.tables()[i + 1].second;
    if (!before.contains(id) && after.contains(id)) needed = VotersOf(before) <= 2;
  }
  const bool follows = action == ChangeMember::REMOVE    ? !in_use.IsMember(node)
                       : action == ChangeMember::ADD     ? needed || !there || in_use.IsMember(node)
                       : action == ChangeMember::PROMOTE ? !there || in_use.IsVoter(node)
                                                         : true;
  if (follows) return;
  Fail("MembersProp",
       absl::StrCat("a change of member ", ToString(node), " was told to be done; in use is ", ToString(in_use)));
}

void Judge::MemberRefused(const Asked& asked, Action action, uint64_t member, Error error) {
  const auto ever = [&](const auto& holds) {
    return std::any_of(ledger_.tables().begin(), ledger_.tables().end(),
                       [&](const auto& table) { return holds(table.second); });
  };
  bool may_be = true;
  switch (error) {
    case Error::kMemberNotFound:
      may_be = ever([member](const Ledger::Table& table) { return !table.contains(member); });
      break;
    case Error::kMemberNotLearner:
      may_be = ever([member](const Ledger::Table& table) {
        const auto at = table.find(member);
        return at != table.end() && !at->second.islearner();
      });
      break;
    case Error::kTooManyLearners:
      may_be = ever([](const Ledger::Table& table) { return VotersOf(table) < table.size(); });
      break;
    case Error::kLearnerNotReady:
      Reached(ServiceGoal::kLearnerNotReady);
      may_be = action == ChangeMember::PROMOTE;
      break;
    case Error::kUnhealthy:
    case Error::kMemberNotEnoughStarted:
      Reached(ServiceGoal::kMemberRefused);
      may_be = action == ChangeMember::ADD || action == ChangeMember::REMOVE;
      break;
    default:
      may_be = false;  // Its URL is like no other.
  }
  if (!may_be) {
    Fail("MembersProp", absl::StrCat("a change of member ", ToString(NodeOf(member)), " was answered '",
                                     std::string(kvsm::InfoOf(error).text), "', and it never was so"));
  }
  if (own_.contains(asked.request)) Refused(asked);
}

void Judge::MembersListed(const Asked& asked, const ToldMembers& told, bool linearizable) {
  Reached(ServiceGoal::kMembersListed);
  bool behind = false;
  for (size_t i = 0; i < ledger_.tables().size(); ++i) {
    const auto& [position, table] = ledger_.tables()[i];
    if (!Equal(table, told)) continue;
    const size_t end =
        i + 1 < ledger_.tables().size() ? ledger_.tables()[i + 1].first : std::numeric_limits<size_t>::max();
    if (end > asked.told) {
      if (linearizable) told_ = std::max({told_, asked.told, position});
      return;
    }
    behind = true;
  }
  if (behind && !linearizable) return Reached(ServiceGoal::kMembersListedBehind);
  Fail("MembersProp", behind ? "a list of members is older than what was answered before it was asked for"
                             : "a list of members is that of no state");
}

}  // namespace lockstep::sim
