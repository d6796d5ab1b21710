#include "sim/pool.h"

#include <string>

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

TEST(PoolTest, ASlotIsUsedAgainOnceItIsFree) {
  Pool<std::string> pool;
  const uint32_t a = pool.Put("a"), b = pool.Put("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(pool[a], "a");
  EXPECT_EQ(pool.Take(a), "a");
  EXPECT_EQ(pool.used(), 1u);
  EXPECT_EQ(pool.Put("c"), a);
  EXPECT_EQ(pool[b], "b");
  EXPECT_EQ(pool.used(), 2u);
}

}  // namespace
}  // namespace lockstep::sim
