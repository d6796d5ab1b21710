#include "kvsm/members.h"

#include <algorithm>
#include <utility>

namespace lockstep::kvsm {

using etcdserverpb::Member;

bool Members::HasPeerUrl(const Member& member, uint64_t except) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& entry) {
    const auto& urls = entry.second.peerurls();
    return entry.first != except && std::any_of(urls.begin(), urls.end(), [&member](const std::string& url) {
             return std::find(member.peerurls().begin(), member.peerurls().end(), url) != member.peerurls().end();
           });
  });
}

Error Members::Add(Member member, Member& added) {
  if (member.id() == 0) member.set_id(MemberId(last_number_ + 1, 0));
  if (members_.contains(member.id())) return Error::kMemberExist;
  if (HasPeerUrl(member, 0)) return Error::kPeerUrlExists;
  const auto learners =
      std::count_if(members_.begin(), members_.end(), [](const auto& entry) { return entry.second.islearner(); });
  if (member.islearner() && learners >= kLearnersMax) return Error::kTooManyLearners;
  last_number_ = std::max(last_number_, NumberOf(member.id()));
  added = member;
  members_.emplace(member.id(), std::move(member));
  return Error::kNone;
}

Error Members::Found(const proto::ChangeMember& change) {
  if (change.action() == proto::ChangeMember::FOUND && last_number_ != 0) return Error::kMemberExist;
  members_.clear();
  for (const Member& member : change.members()) {
    last_number_ = std::max(last_number_, NumberOf(member.id()));
    members_.emplace(member.id(), member);
  }
  return Error::kNone;
}

bool Members::IsLastVoter(const Member& member) const {
  return !member.islearner() && std::all_of(members_.begin(), members_.end(), [&member](const auto& entry) {
    return entry.first == member.id() || entry.second.islearner();
  });
}

Error Members::Change(const proto::ChangeMember& change, Member& changed) {
  ++changes_;
  const Member& wanted = change.member();
  if (change.action() == proto::ChangeMember::ADD) return Add(wanted, changed);
  if (change.action() == proto::ChangeMember::FOUND || change.action() == proto::ChangeMember::REFOUND) {
    return Found(change);
  }
  const auto at = members_.find(wanted.id());
  if (at == members_.end()) return Error::kMemberNotFound;
  Member& member = at->second;
  switch (change.action()) {
    case proto::ChangeMember::REMOVE:
      if (IsLastVoter(member)) return Error::kMemberNotEnoughStarted;
      changed = std::move(member);
      members_.erase(at);
      return Error::kNone;
    case proto::ChangeMember::UPDATE:
      if (HasPeerUrl(wanted, wanted.id())) return Error::kPeerUrlExists;
      *member.mutable_peerurls() = wanted.peerurls();
      break;
    case proto::ChangeMember::PUBLISH:
      member.set_name(wanted.name());
      *member.mutable_clienturls() = wanted.clienturls();
      break;
    case proto::ChangeMember::PROMOTE:
      if (!member.islearner()) return Error::kMemberNotLearner;
      member.set_islearner(false);
      break;
    default:
      break;
  }
  changed = member;
  return Error::kNone;
}

void Members::Restore(const proto::SnapshotHead& head) {
  ++changes_;
  last_number_ = head.last_member_number();
  for (const Member& member : head.members()) members_.emplace(member.id(), member);
}

}  // namespace lockstep::kvsm
