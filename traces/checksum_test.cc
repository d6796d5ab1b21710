#include "traces/checksum.h"

#include <string>

#include "gtest/gtest.h"

namespace lockstep::traces {
namespace {

// The check value that the catalogue of CRCs gives for CRC-32C, and the examples of RFC 3720, B.4.
TEST(Checksum, MatchesPublishedValues) {
  EXPECT_EQ(Checksum("123456789"), 0xe3069283u);
  EXPECT_EQ(Checksum(""), 0u);
  EXPECT_EQ(Checksum(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Checksum(std::string(32, '\xff')), 0x62a8ab43u);
}

}  // namespace
}  // namespace lockstep::traces
