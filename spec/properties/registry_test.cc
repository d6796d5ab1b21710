#include "spec/properties/registry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "spec/properties/goals.h"
#include "spec/properties/violation.h"

namespace lockstep::spec {
namespace {

bool EndsWith(const std::string& name, const std::string& end) {
  return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
}

TEST(RegistryTest, NamesAreUniqueAndSayTheirForm) {
  std::set<std::string> names;
  for (const PropertyInfo& property : kProperties) {
    const std::string name = property.name;
    EXPECT_TRUE(names.insert(name).second) << name;
    if (EndsWith(name, "Inv")) {
      EXPECT_EQ(property.form, Form::kInv) << name;
    } else if (EndsWith(name, "Prop")) {
      EXPECT_NE(property.form, Form::kInv) << name;
    }
  }
  EXPECT_STREQ(Name(Property::kElectionSafety), "ElectionSafety");
  EXPECT_STREQ(Name(Property::kLiveness), "Liveness");
}

TEST(RegistryTest, GoalsAreCountedAndAddedUp) {
  std::set<std::string> names;
  for (const GoalInfo& goal : kGoals) EXPECT_TRUE(names.insert(goal.name).second) << goal.name;
  GoalCounts one, two;
  one.Reach(Goal::kVoteSplit);
  two.Reach(Goal::kVoteSplit);
  two.Reach(Goal::kHalted);
  one.Add(two);
  EXPECT_EQ(one[Goal::kVoteSplit], 2u);
  EXPECT_EQ(one[Goal::kHalted], 1u);
  EXPECT_EQ(one[Goal::kTwoLeadersAlive], 0u);
}

TEST(RegistryTest, AViolationIsOneReadableLine) {
  const Violation violation{Property::kElectionSafety, {2, 1}, 17, "leads term 3"};
  EXPECT_EQ(ToString(violation), "ElectionSafety at node 2.1, step 17: leads term 3");
  EXPECT_EQ(ToString(Violation{Property::kLiveness, kNoNode, 4, "no leader"}), "Liveness, step 4: no leader");
}

}  // namespace
}  // namespace lockstep::spec
