#include "sim/invariant.h"

#include <gtest/gtest.h>

#include <string>

#include "core/check.h"

namespace lockstep::sim {
namespace {

void Break(int one) { LOCKSTEP_CHECK(one == 2); }

TEST(InvariantScopeTest, ABrokenInvariantIsThrown) {
  const InvariantScope scope;
  try {
    Break(1);
    FAIL() << "nothing was thrown";
  } catch (const InvariantError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("sim/invariant_test.cc:"), std::string::npos) << what;
    EXPECT_NE(what.find("one == 2"), std::string::npos) << what;
  }
}

TEST(InvariantScopeTest, OutsideOfOneItEndsTheProcess) {
  { const InvariantScope scope; }
  EXPECT_DEATH(Break(1), "internal invariant broken: one == 2");
}

TEST(InvariantScopeTest, ScopesNest) {
  const InvariantScope outer;
  { const InvariantScope inner; }
  EXPECT_THROW(Break(1), InvariantError);
}

}  // namespace
}  // namespace lockstep::sim
