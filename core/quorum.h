// Majorities: who must agree, and what a set of answers has decided.
//
// Two questions are ever asked of a quorum: how far has a majority acknowledged (commit, read rounds,
// leases), and has a majority granted (elections). Both are answered for one set of voters, and for
// a joint configuration as the conjunction of its halves. [Raft §5.2, §5.3, §6]
#ifndef LOCKSTEP_CORE_QUORUM_H_
#define LOCKSTEP_CORE_QUORUM_H_

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/container/inlined_vector.h"
#include "core/node_set.h"

namespace lockstep {

enum class VoteResult : uint8_t {
  kPending,  // Neither side can be told yet.
  kLost,     // No assignment of the missing votes can win.
  kWon,      // A majority has granted.
};

const char* ToString(VoteResult result);

// The number of voters that makes a majority of `voters`.
constexpr size_t MajorityOf(size_t voters) { return voters / 2 + 1; }

// What a vote that nobody can fail to win agrees to: the empty half of a configuration that is not
// joint constrains nothing.
inline constexpr uint64_t kUnconstrained = std::numeric_limits<uint64_t>::max();

// The largest value that a majority of `voters` has reached, given each voter's own (`value(NodeId)`
// returns uint64_t, 0 where it is not known). kUnconstrained for no voters. Cost: O(n log n).
template <typename ValueOf>
uint64_t MajorityValue(const NodeSet& voters, const ValueOf& value) {
  if (voters.empty()) return kUnconstrained;
  absl::InlinedVector<uint64_t, 7> values;
  for (NodeId id : voters) values.push_back(value(id));
  std::sort(values.begin(), values.end());
  return values[values.size() - MajorityOf(values.size())];
}

// As MajorityValue for both halves: a joint decision needs a majority of each. [Raft §6]
template <typename ValueOf>
uint64_t JointValue(const NodeSet& incoming, const NodeSet& outgoing, const ValueOf& value) {
  return std::min(MajorityValue(incoming, value), MajorityValue(outgoing, value));
}

// The state of a vote among `voters`. `vote(NodeId)` returns kWon for a grant, kLost for a refusal,
// kPending for no answer yet. kWon for no voters.
template <typename VoteOf>
VoteResult MajorityVote(const NodeSet& voters, const VoteOf& vote) {
  if (voters.empty()) return VoteResult::kWon;
  size_t granted = 0, pending = 0;
  for (NodeId id : voters) {
    switch (vote(id)) {
      case VoteResult::kWon:
        ++granted;
        break;
      case VoteResult::kPending:
        ++pending;
        break;
      case VoteResult::kLost:
        break;
    }
  }
  const size_t needed = MajorityOf(voters.size());
  if (granted >= needed) return VoteResult::kWon;
  return granted + pending >= needed ? VoteResult::kPending : VoteResult::kLost;
}

// As MajorityVote for both halves: lost where either is lost, won where both are won.
template <typename VoteOf>
VoteResult JointVote(const NodeSet& incoming, const NodeSet& outgoing, const VoteOf& vote) {
  const VoteResult a = MajorityVote(incoming, vote), b = MajorityVote(outgoing, vote);
  if (a == VoteResult::kLost || b == VoteResult::kLost) return VoteResult::kLost;
  return a == VoteResult::kWon && b == VoteResult::kWon ? VoteResult::kWon : VoteResult::kPending;
}

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_QUORUM_H_
