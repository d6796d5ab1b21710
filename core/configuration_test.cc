#include "core/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace lockstep {
namespace {

using ::testing::HasSubstr;

constexpr MemberChange Add(uint32_t number) { return {ChangeKind::kAddVoter, {number}}; }
constexpr MemberChange Learn(uint32_t number) { return {ChangeKind::kAddLearner, {number}}; }
constexpr MemberChange Remove(uint32_t number) { return {ChangeKind::kRemove, {number}}; }

std::string Printed(const absl::StatusOr<Configuration>& configuration) {
  return configuration.ok() ? ToString(*configuration) : std::string(configuration.status().message());
}

TEST(ConfigurationTest, MembersAreVotersOfBothHalvesAndLearners) {
  const Configuration c{.voters = {{1}, {2}}, .outgoing_voters = {{2}, {3}}, .learners = {{4}}, .learners_next = {{3}}};
  EXPECT_TRUE(c.joint());
  EXPECT_EQ(c.Members(), (NodeSet{{1}, {2}, {3}, {4}}));
  EXPECT_TRUE(c.IsVoter({3}));
  EXPECT_FALSE(c.IsVoter({4}));
  EXPECT_TRUE(c.IsMember({4}));
  EXPECT_FALSE(c.IsMember({5}));
  EXPECT_FALSE(c.IsMember({1, 1})) << "another incarnation is another node";
  EXPECT_EQ(ToString(c), "(1 2)&&(2 3) learners (4) next (3)");
}

TEST(ConfigurationTest, SimpleChangesOneVoterAtMost) {
  const Configuration from{.voters = {{1}, {2}, {3}}};
  EXPECT_EQ(Printed(ApplySimple(from, {Add(4), Learn(5)})), "(1 2 3 4) learners (5)");
  EXPECT_EQ(Printed(ApplySimple(from, {Remove(3)})), "(1 2)");
  EXPECT_EQ(Printed(ApplySimple(from, {Learn(3)})), "(1 2) learners (3)");
  EXPECT_TRUE(absl::IsInvalidArgument(ApplySimple(from, {Add(4), Remove(3)}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ApplySimple(from, {Add(4), Add(5)}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ApplySimple({.voters = {{1}}}, {Remove(1)}).status()));
}

TEST(ConfigurationTest, JointKeepsBothHalvesUntilItIsLeft) {
  const Configuration from{.voters = {{1}, {2}, {3}}, .learners = {{4}}};
  const absl::StatusOr<Configuration> joint = EnterJoint(from, {Add(4), Add(5), Remove(1), Learn(2)}, true);
  EXPECT_EQ(Printed(joint), "(3 4 5)&&(1 2 3) next (2) auto-leave");
  EXPECT_EQ(Printed(LeaveJoint(*joint)), "(3 4 5) learners (2)");
  EXPECT_TRUE(absl::IsFailedPrecondition(EnterJoint(*joint, {Add(6)}, true).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ApplySimple(*joint, {Add(6)}).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(LeaveJoint(from).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(EnterJoint({}, {Add(1)}, true).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(EnterJoint(from, {Remove(1), Remove(2), Remove(3)}, true).status()));
}

TEST(ConfigurationTest, AChangeChoosesItsOwnTransition) {
  const Configuration from{.voters = {{1}, {2}, {3}}};
  using enum Transition;
  EXPECT_EQ(Printed(NextConfiguration(from, {{Add(4)}, kAuto})), "(1 2 3 4)");
  EXPECT_EQ(Printed(NextConfiguration(from, {{Add(4), Add(5)}, kAuto})), "(1 2 3 4 5)&&(1 2 3) auto-leave");
  EXPECT_EQ(Printed(NextConfiguration(from, {{Add(4)}, kJointImplicit})), "(1 2 3 4)&&(1 2 3) auto-leave");
  EXPECT_EQ(Printed(NextConfiguration(from, {{Add(4)}, kJointExplicit})), "(1 2 3 4)&&(1 2 3)");
  const Configuration joint = *NextConfiguration(from, {{Add(4)}, kJointExplicit});
  EXPECT_EQ(Printed(NextConfiguration(joint, {})), "(1 2 3 4)");
  for (Transition transition : {kAuto, kJointImplicit, kJointExplicit}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(NextConfiguration(joint, {{Add(5)}, transition}).status()));
  }
}

TEST(ConfigurationTest, AChangeThatIsAlreadySoIsNoError) {
  const Configuration from{.voters = {{1}, {2}}, .learners = {{3}}};
  EXPECT_EQ(*ApplySimple(from, {Add(1), Learn(3), Remove(9)}), from);
  EXPECT_EQ(*ApplySimple(from, {{ChangeKind::kAddVoter, kNoNode}}), from);
}

TEST(ConfigurationTest, ValidateNamesTheRuleThatIsBroken) {
  const auto refused = [](const Configuration& c) { return std::string(ValidateConfiguration(c).message()); };
  EXPECT_TRUE(ValidateConfiguration({.voters = {{1}}}).ok());
  EXPECT_THAT(refused({}), HasSubstr("no voter"));
  EXPECT_THAT(refused({.voters = {{1}}, .learners = {{1}}}), HasSubstr("node 1 is both"));
  EXPECT_THAT(refused({.voters = {{1}}, .outgoing_voters = {{2}}, .learners = {{2}}}), HasSubstr("node 2 is both"));
  EXPECT_THAT(refused({.voters = {{1}}, .auto_leave = true}), HasSubstr("not joint"));
  EXPECT_THAT(refused({.voters = {{1}}, .learners_next = {{2}}}), HasSubstr("not joint"));
  EXPECT_THAT(refused({.voters = {{1}, kNoNode}}), HasSubstr("without a number"));
  EXPECT_THAT(refused({.voters = {{1}}, .outgoing_voters = {{1}}, .learners_next = {{2}}}), HasSubstr("node 2"));
  EXPECT_THAT(refused({.voters = {{1}}, .outgoing_voters = {{1}}, .learners_next = {{1}}}), HasSubstr("node 1"));
}

// ---- Quorums of consecutive configurations intersect ------------------------------------------------------

// Whether the nodes of `bits` (node n is bit n - 1) are a quorum.
bool IsQuorum(const Configuration& configuration, uint32_t bits) {
  return configuration.QuorumVote([&](NodeId id) {
    return bits >> (id.number - 1) & 1 ? VoteResult::kWon : VoteResult::kLost;
  }) == VoteResult::kWon;
}

// Two configurations are safe side by side if no split of the nodes gives each of them a quorum of its own.
bool QuorumsIntersect(const Configuration& a, const Configuration& b, uint32_t nodes) {
  for (uint32_t side = 0; side < 1u << nodes; ++side) {
    if (IsQuorum(a, side) && IsQuorum(b, ~side)) return false;
  }
  return true;
}

// Every configuration of nodes 1..nodes that is not joint: each is a voter, a learner or no member.
std::vector<Configuration> AllSimple(uint32_t nodes) {
  std::vector<Configuration> all(1);
  for (uint32_t number = 1; number <= nodes; ++number) {
    const std::vector<Configuration> shorter = all;
    for (Configuration c : shorter) {
      Configuration with_learner = c;
      with_learner.learners.insert({number});
      all.push_back(with_learner);
      c.voters.insert({number});
      all.push_back(c);
    }
  }
  std::erase_if(all, [](const Configuration& c) { return c.voters.empty(); });
  return all;
}

// Every list of one or two changes to nodes 1..nodes.
std::vector<std::vector<MemberChange>> AllChanges(uint32_t nodes) {
  std::vector<MemberChange> single;
  for (uint32_t n = 1; n <= nodes; ++n) single.insert(single.end(), {Add(n), Learn(n), Remove(n)});
  std::vector<std::vector<MemberChange>> all;
  for (const MemberChange& first : single) {
    all.push_back({first});
    for (const MemberChange& second : single) all.push_back({first, second});
  }
  return all;
}

void CheckStep(const Configuration& from, const Configuration& to, uint32_t nodes) {
  ASSERT_TRUE(ValidateConfiguration(to).ok()) << ToString(from) << " to " << ToString(to);
  ASSERT_TRUE(QuorumsIntersect(from, to, nodes)) << ToString(from) << " to " << ToString(to);
}

TEST(ConfigurationTest, EveryChangeOfUpToFourNodesIsValidAndSafe) {
  constexpr uint32_t kNodes = 4;
  size_t steps = 0, joint = 0;
  for (const Configuration& from : AllSimple(kNodes)) {
    for (const std::vector<MemberChange>& members : AllChanges(kNodes)) {
      for (Transition transition : {Transition::kAuto, Transition::kJointImplicit, Transition::kJointExplicit}) {
        const absl::StatusOr<Configuration> to = NextConfiguration(from, {members, transition});
        if (!to.ok()) continue;
        ++steps;
        ASSERT_NO_FATAL_FAILURE(CheckStep(from, *to, kNodes));
        if (!to->joint()) continue;
        ++joint;
        const absl::StatusOr<Configuration> behind = NextConfiguration(*to, {});
        ASSERT_TRUE(behind.ok()) << behind.status();
        ASSERT_FALSE(behind->joint());
        ASSERT_NO_FATAL_FAILURE(CheckStep(*to, *behind, kNodes));
      }
    }
  }
  // 65 configurations, 156 lists, 3 ways; refused are those that would leave no voter.
  EXPECT_GT(steps, 25000u);
  EXPECT_GT(joint, 15000u);
}

TEST(ConfigurationTest, TwoChangesOfOneVoterFromTheSameConfigurationMayNotIntersect) {
  // Why a change must not be proposed while another is uncommitted: either step is safe, the two results are not.
  const Configuration from{.voters = {{1}, {2}, {3}, {4}}};
  const Configuration a = *ApplySimple(from, {Add(5)}), b = *ApplySimple(from, {Remove(1)});
  EXPECT_TRUE(QuorumsIntersect(from, a, 5) && QuorumsIntersect(from, b, 5));
  EXPECT_FALSE(QuorumsIntersect(a, b, 5));
}

rc::Gen<MemberChange> AnyChange() {
  return rc::gen::construct<MemberChange>(
      rc::gen::element(ChangeKind::kAddVoter, ChangeKind::kAddLearner, ChangeKind::kRemove),
      rc::gen::construct<NodeId>(rc::gen::inRange<uint32_t>(0, 9), rc::gen::just<uint32_t>(0)));
}

RC_GTEST_PROP(ConfigurationTest, AnySequenceOfChangesStaysValidAndSafe, ()) {
  Configuration current{.voters = {{1}}};
  const size_t steps = *rc::gen::inRange<size_t>(1, 20);
  for (size_t i = 0; i < steps; ++i) {
    const ConfigurationChange change{
        *rc::gen::container<std::vector<MemberChange>>(AnyChange()),
        *rc::gen::element(Transition::kAuto, Transition::kJointImplicit, Transition::kJointExplicit)};
    const absl::StatusOr<Configuration> next = NextConfiguration(current, change);
    if (!next.ok()) continue;
    RC_ASSERT(ValidateConfiguration(*next).ok());
    RC_ASSERT(QuorumsIntersect(current, *next, 8));
    RC_ASSERT(current.joint() != next->joint() || !current.joint());
    current = *next;
  }
}

}  // namespace
}  // namespace lockstep
