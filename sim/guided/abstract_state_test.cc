#include "sim/guided/abstract_state.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "core/state.h"
#include "sim/choices.h"
#include "sim/run.h"

namespace lockstep::sim {
namespace {

class AbstractStatesTest : public testing::Test {
 protected:
  void See(uint32_t number, Role role, Term term, Index commit) {
    State state;
    state.role = role;
    state.current_term = term;
    state.commit_index = commit;
    const EffectSink effects;
    states.OnStep({.node = {number, 1}, .input = input, .effects = effects, .state = state});
  }

  Input input;
  std::vector<uint64_t> seen;
  AbstractStates states{[this](uint64_t situation) { seen.push_back(situation); }};
};

TEST_F(AbstractStatesTest, WhatChangesNothingIsNotToldAgain) {
  See(1, Role::kFollower, 1, 0);
  See(1, Role::kFollower, 1, 0);
  EXPECT_EQ(seen.size(), 1u);
}

TEST_F(AbstractStatesTest, OnlyTheOrderOfNumbersCounts) {
  See(1, Role::kLeader, 3, 4);
  See(2, Role::kFollower, 2, 1);
  const uint64_t before = seen.back();
  See(1, Role::kLeader, 9, 7);
  EXPECT_EQ(seen.back(), before);
  See(2, Role::kFollower, 9, 1);
  EXPECT_NE(seen.back(), before) << "its term is no longer behind";
}

TEST_F(AbstractStatesTest, WhichNodeItIsDoesNotCount) {
  See(1, Role::kLeader, 3, 4);
  See(2, Role::kFollower, 2, 1);
  const uint64_t before = seen.back();
  AbstractStates others([this](uint64_t situation) { seen.push_back(situation); });
  State leader, follower;
  leader.role = Role::kLeader;
  leader.current_term = 5;
  leader.commit_index = 9;
  follower.current_term = 4;
  const EffectSink effects;
  others.OnStep({.node = {1, 1}, .input = input, .effects = effects, .state = follower});
  others.OnStep({.node = {3, 1}, .input = input, .effects = effects, .state = leader});
  EXPECT_EQ(seen.back(), before);
}

TEST_F(AbstractStatesTest, ACrashIsAnotherSituation) {
  See(1, Role::kLeader, 3, 4);
  const uint64_t before = seen.back();
  states.OnCrash({.node = {1, 1}});
  EXPECT_NE(seen.back(), before);
}

TEST_F(AbstractStatesTest, ARunHasManySituationsAndTheSameOnesAgain) {
  std::set<uint64_t> first, second;
  for (std::set<uint64_t>* set : {&first, &second}) {
    Choices choices = Choices::Seeded(7);
    AbstractStates observer([set](uint64_t situation) { set->insert(situation); });
    sim::Run(Scenario(), choices, &observer);
  }
  EXPECT_GT(first.size(), 20u);
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace lockstep::sim
