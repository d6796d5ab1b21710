// Members: who belongs to the cluster, as its clients see it: names, URLs, voters and learners.
//
// What is wanted: a change of members is one command, which changes this table. The log's own configuration, which
// decides who votes, follows it: the leader brings it there (runtime/service/cluster_service.h).
#ifndef LOCKSTEP_KVSM_MEMBERS_H_
#define LOCKSTEP_KVSM_MEMBERS_H_

#include <cstdint>
#include <map>

#include "kvsm/api/cluster.pb.h"
#include "kvsm/command.pb.h"
#include "kvsm/errors.h"

namespace lockstep::kvsm {

// A member's id: the number of its node, which no other member ever has, and the node's incarnation.
constexpr uint64_t MemberId(uint32_t number, uint32_t incarnation) { return uint64_t{incarnation} << 32 | number; }
constexpr uint32_t NumberOf(uint64_t member) { return static_cast<uint32_t>(member); }
constexpr uint32_t IncarnationOf(uint64_t member) { return static_cast<uint32_t>(member >> 32); }

class Members {
 public:
  static constexpr int kLearnersMax = 1;  // etcd's.

  // Errors: kMemberExist, kPeerUrlExist, kTooManyLearners; kMemberNotFound; kMemberNotLearner; kMemberNotEnoughStarted
  // of the last voter, who cannot be removed.
  Error Change(const proto::ChangeMember& change, etcdserverpb::Member& changed);

  const std::map<uint64_t, etcdserverpb::Member>& all() const { return members_; }
  uint32_t last_number() const { return last_number_; }
  // Grows with every change; says nothing of which.
  uint64_t changes() const { return changes_; }
  void Restore(const proto::SnapshotHead& head);

 private:
  Error Add(etcdserverpb::Member member, etcdserverpb::Member& added);
  Error Found(const proto::ChangeMember& change);
  bool IsLastVoter(const etcdserverpb::Member& member) const;
  // Whether a member other than `except` has one of the URLs of `member`.
  bool HasPeerUrl(const etcdserverpb::Member& member, uint64_t except) const;

  std::map<uint64_t, etcdserverpb::Member> members_;
  uint32_t last_number_ = 0;  // The highest that a member has ever had.
  uint64_t changes_ = 0;
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_MEMBERS_H_
