#include "runtime/crc32c.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace lockstep::runtime {
namespace {

// The definition, one bit at a time.
uint32_t BitByBit(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

std::string Counting(int from, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(from + i * step);
  return bytes;
}

// RFC 3720, appendix B.4.
TEST(Crc32cTest, KnownVectors) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(Counting(0, 1)), 0x46dd794eu);
  EXPECT_EQ(Crc32c(Counting(31, -1)), 0x113fdb5cu);
  EXPECT_EQ(ExtendCrc32cPortable(0, "123456789"), 0xe3069283u);
}

RC_GTEST_PROP(Crc32cTest, BothWaysFollowTheDefinition, (const std::string& bytes)) {
  RC_ASSERT(Crc32c(bytes) == BitByBit(bytes));
  RC_ASSERT(ExtendCrc32cPortable(0, bytes) == BitByBit(bytes));
}

RC_GTEST_PROP(Crc32cTest, TheSumOverPartsIsTheSumOverTheWhole, (const std::string& a, const std::string& b)) {
  RC_ASSERT(ExtendCrc32c(Crc32c(a), b) == Crc32c(a + b));
  RC_ASSERT(ExtendCrc32cPortable(Crc32c(a), b) == Crc32c(a + b));
}

}  // namespace
}  // namespace lockstep::runtime
