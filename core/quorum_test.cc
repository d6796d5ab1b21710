#include "core/quorum.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace lockstep {
namespace {

constexpr uint32_t kNodes = 6;  // Every set below is one of the 2^6 subsets of nodes 1..6.

NodeSet SetOf(uint32_t bits) {
  NodeSet set;
  for (uint32_t i = 0; i < kNodes; ++i) {
    if (bits >> i & 1) set.insert({i + 1});
  }
  return set;
}

TEST(QuorumTest, MajorityIsMoreThanHalf) {
  for (size_t n = 0; n < 100; ++n) {
    EXPECT_GT(2 * MajorityOf(n), n);
    EXPECT_LE(2 * (MajorityOf(n) - 1), n);
  }
}

TEST(QuorumTest, NoVotersConstrainNothing) {
  EXPECT_EQ(MajorityValue({}, [](NodeId) { return uint64_t{1}; }), kUnconstrained);
  EXPECT_EQ(MajorityVote({}, [](NodeId) { return VoteResult::kLost; }), VoteResult::kWon);
}

TEST(QuorumTest, ResultsHaveNames) {
  EXPECT_STREQ(ToString(VoteResult::kPending), "pending");
  EXPECT_STREQ(ToString(VoteResult::kLost), "lost");
  EXPECT_STREQ(ToString(VoteResult::kWon), "won");
}

// ---- Every small case against a count --------------------------------------------------------------------

bool HasMajority(const NodeSet& voters, uint32_t granted) {
  size_t count = 0;
  for (NodeId id : voters) count += granted >> (id.number - 1) & 1;
  return voters.empty() || 2 * count > voters.size();
}

VoteResult VoteOf(NodeId id, uint32_t granted, uint32_t refused) {
  const uint32_t bit = 1u << (id.number - 1);
  return granted & bit ? VoteResult::kWon : refused & bit ? VoteResult::kLost : VoteResult::kPending;
}

// Won: with the grants alone. Lost: not even if everyone who has not refused were to grant.
VoteResult NaiveVote(const NodeSet& incoming, const NodeSet& outgoing, uint32_t granted, uint32_t refused) {
  if (HasMajority(incoming, granted) && HasMajority(outgoing, granted)) return VoteResult::kWon;
  const bool possible = HasMajority(incoming, ~refused) && HasMajority(outgoing, ~refused);
  return possible ? VoteResult::kPending : VoteResult::kLost;
}

TEST(QuorumTest, EveryVoteOfUpToSixNodesAsByCounting) {
  for (uint32_t voters = 0; voters < 1u << kNodes; ++voters) {
    for (uint32_t granted = 0; granted < 1u << kNodes; ++granted) {
      for (uint32_t refused = 0; refused < 1u << kNodes; ++refused) {
        if (granted & refused) continue;
        const auto vote = [&](NodeId id) { return VoteOf(id, granted, refused); };
        ASSERT_EQ(MajorityVote(SetOf(voters), vote), NaiveVote(SetOf(voters), {}, granted, refused))
            << ToString(SetOf(voters)) << " granted " << ToString(SetOf(granted));
      }
    }
  }
}

TEST(QuorumTest, TwoMajoritiesOfTheSameVotersShareOne) {
  for (uint32_t voters = 1; voters < 1u << kNodes; ++voters) {
    for (uint32_t side = 0; side < 1u << kNodes; ++side) {
      ASSERT_FALSE(HasMajority(SetOf(voters), side) && HasMajority(SetOf(voters), ~side));
    }
  }
}

// ---- Random cases, joint too ------------------------------------------------------------------------------

rc::Gen<uint32_t> AnySet() { return rc::gen::inRange<uint32_t>(0, 1u << kNodes); }

RC_GTEST_PROP(QuorumTest, JointVoteAsByCounting, ()) {
  const NodeSet incoming = SetOf(*AnySet()), outgoing = SetOf(*AnySet());
  const uint32_t granted = *AnySet(), refused = *AnySet() & ~granted;
  const auto vote = [&](NodeId id) { return VoteOf(id, granted, refused); };
  RC_ASSERT(JointVote(incoming, outgoing, vote) == NaiveVote(incoming, outgoing, granted, refused));
  RC_ASSERT(JointVote(incoming, outgoing, vote) == JointVote(outgoing, incoming, vote));
  RC_ASSERT(JointVote(incoming, incoming, vote) == MajorityVote(incoming, vote));
}

RC_GTEST_PROP(QuorumTest, ADecidedVoteStaysDecided, ()) {
  const NodeSet incoming = SetOf(*AnySet()), outgoing = SetOf(*AnySet());
  uint32_t granted = *AnySet(), refused = *AnySet() & ~granted;
  const auto vote = [&](NodeId id) { return VoteOf(id, granted, refused); };
  const VoteResult before = JointVote(incoming, outgoing, vote);
  const uint32_t late = *AnySet() & ~granted & ~refused;
  *rc::gen::arbitrary<bool>() ? granted |= late : refused |= late;
  RC_ASSERT(before == VoteResult::kPending || JointVote(incoming, outgoing, vote) == before);
}

std::map<NodeId, uint64_t> AnyValues() {
  std::map<NodeId, uint64_t> values;
  for (uint32_t number = 1; number <= kNodes; ++number) {
    values[{number}] = *rc::gen::oneOf(rc::gen::inRange<uint64_t>(0, 5), rc::gen::arbitrary<uint64_t>());
  }
  return values;
}

// The largest value of anyone (or 0) that more than half have reached.
uint64_t NaiveValue(const NodeSet& voters, const std::map<NodeId, uint64_t>& values) {
  if (voters.empty()) return kUnconstrained;
  uint64_t best = 0;
  for (NodeId candidate : voters) {
    size_t reached = 0;
    for (NodeId id : voters) reached += values.at(id) >= values.at(candidate) ? 1 : 0;
    if (2 * reached > voters.size()) best = std::max(best, values.at(candidate));
  }
  return best;
}

RC_GTEST_PROP(QuorumTest, ValueAsByTrying, ()) {
  const NodeSet incoming = SetOf(*AnySet()), outgoing = SetOf(*AnySet());
  const std::map<NodeId, uint64_t> values = AnyValues();
  const auto value = [&](NodeId id) { return values.at(id); };
  RC_ASSERT(MajorityValue(incoming, value) == NaiveValue(incoming, values));
  RC_ASSERT(JointValue(incoming, outgoing, value) ==
            std::min(NaiveValue(incoming, values), NaiveValue(outgoing, values)));
  RC_ASSERT(JointValue(incoming, {}, value) == MajorityValue(incoming, value));
}

RC_GTEST_PROP(QuorumTest, ValueNeverFallsWhenAVotersRises, ()) {
  const NodeSet incoming = SetOf(*AnySet()), outgoing = SetOf(*AnySet());
  std::map<NodeId, uint64_t> values = AnyValues();
  const auto value = [&](NodeId id) { return values.at(id); };
  const uint64_t before = JointValue(incoming, outgoing, value);
  uint64_t& rising = values.at({*rc::gen::inRange<uint32_t>(1, kNodes + 1)});
  rising = std::max(rising, *rc::gen::arbitrary<uint64_t>());
  RC_ASSERT(JointValue(incoming, outgoing, value) >= before);
}

}  // namespace
}  // namespace lockstep
