#include "runtime/driver/payload_cache.h"

#include <gtest/gtest.h>

namespace lockstep::runtime {
namespace {

constexpr uint64_t kEach = PayloadCache::kOverheadBytes;

Payload Bytes(size_t count) { return MakePayload(SharedBytes(std::string(count, 'x'))); }

TEST(PayloadCacheTest, HoldsTheEndOfTheLog) {
  PayloadCache cache(1000);
  cache.Clear(4);
  EXPECT_EQ(cache.first(), 5u);
  EXPECT_EQ(cache.Find(5), nullptr);
  cache.Put(5, Bytes(10));
  cache.Put(6, {});
  cache.Put(7, Bytes(30));
  EXPECT_EQ(cache.bytes(), 40u + 3 * kEach);
  EXPECT_EQ(cache.Find(4), nullptr);
  EXPECT_EQ(cache.Find(5)->bytes.size(), 10u);
  EXPECT_TRUE(cache.Find(6)->bytes.empty());
  cache.Put(6, Bytes(5));
  EXPECT_EQ(cache.Find(7), nullptr);
  EXPECT_EQ(cache.bytes(), 15u + 2 * kEach);
  cache.TruncateAfter(5);
  EXPECT_EQ(cache.Find(6), nullptr);
  cache.TruncateAfter(2);
  EXPECT_EQ(cache.first(), 3u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(PayloadCacheTest, AGapEmptiesIt) {
  PayloadCache cache(1000);
  cache.Put(1, Bytes(10));
  cache.Put(5, Bytes(20));
  EXPECT_EQ(cache.Find(1), nullptr);
  EXPECT_EQ(cache.first(), 5u);
  EXPECT_EQ(cache.bytes(), 20u + kEach);
}

TEST(PayloadCacheTest, KeepsToItsBudgetButNotBelowWhatIsNeeded) {
  PayloadCache cache(5 * (10 + kEach));
  for (Index i = 1; i <= 10; ++i) cache.Put(i, Bytes(10));
  cache.Shrink(3);
  EXPECT_EQ(cache.first(), 4u);
  EXPECT_EQ(cache.bytes(), 7 * (10 + kEach));
  cache.Shrink(10);
  EXPECT_EQ(cache.bytes(), 5 * (10 + kEach));
  EXPECT_EQ(cache.first(), 6u);
}

}  // namespace
}  // namespace lockstep::runtime
