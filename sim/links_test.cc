#include "sim/links.h"

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

TEST(LinksTest, ALinkHasADirection) {
  const LinkSet links = LinkSet::Between(Only(1), Only(2) | Only(7));
  EXPECT_TRUE(links.contains(1, 2));
  EXPECT_TRUE(links.contains(1, 7));
  EXPECT_FALSE(links.contains(2, 1));
  EXPECT_FALSE(links.contains(1, 3));
}

TEST(LinksTest, BothDirections) {
  const LinkSet links = LinkSet::Both(Only(3), Only(4));
  EXPECT_TRUE(links.contains(3, 4));
  EXPECT_TRUE(links.contains(4, 3));
}

TEST(LinksTest, NobodyIsCutFromItself) {
  const LinkSet links = LinkSet::Both(FirstServers(7), FirstServers(7));
  for (uint32_t n = 1; n <= kServersMax; ++n) EXPECT_FALSE(links.contains(n, n));
  EXPECT_TRUE(links.contains(1, 7));
}

TEST(LinksTest, SetsAddUpAndAreTakenAway) {
  const LinkSet a = LinkSet::Between(Only(1), Only(2)), b = LinkSet::Between(Only(2), Only(1));
  EXPECT_EQ(a | b, LinkSet::Both(Only(1), Only(2)));
  EXPECT_EQ((a | b) - b, a);
  EXPECT_TRUE((a - a).empty());
}

TEST(LinksTest, ServersAreNumberedFromOne) {
  EXPECT_EQ(FirstServers(3), Only(1) | Only(2) | Only(3));
  EXPECT_FALSE(Has(FirstServers(3), 4));
}

}  // namespace
}  // namespace lockstep::sim
