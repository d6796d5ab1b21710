#include "core/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lockstep {
namespace {

using ::testing::HasSubstr;

TEST(OptionsTest, TheDefaultsAreValid) { EXPECT_TRUE(ValidateOptions(Options{}).ok()); }

TEST(OptionsTest, TheSmallestLimitsAreValid) {
  EXPECT_TRUE(ValidateOptions(Options{.append_entries_max = 1,
                                      .append_bytes_max = 0,
                                      .inflight_messages_max = 1,
                                      .inflight_bytes_max = 0,
                                      .uncommitted_bytes_max = 0,
                                      .apply_entries_max = 1,
                                      .snapshot_chunk_bytes = 1})
                  .ok());
}

void ExpectRefused(const Options& options, const std::string& field) {
  const absl::Status status = ValidateOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << field;
  EXPECT_THAT(std::string(status.message()), HasSubstr(field));
}

TEST(OptionsTest, NamesTheFieldThatNoNodeCanRunWith) {
  ExpectRefused({.append_entries_max = 0}, "append_entries_max");
  ExpectRefused({.inflight_messages_max = 0}, "inflight_messages_max");
  ExpectRefused({.apply_entries_max = 0}, "apply_entries_max");
  ExpectRefused({.snapshot_chunk_bytes = 0}, "snapshot_chunk_bytes");
  ExpectRefused({.lease_micros = -1}, "lease_micros");
}

TEST(OptionsTest, LeasesNeedCheckQuorum) {
  EXPECT_TRUE(ValidateOptions({.check_quorum = true, .lease_micros = 1}).ok());
  ExpectRefused({.check_quorum = false, .lease_micros = 1}, "check_quorum");
}

}  // namespace
}  // namespace lockstep
