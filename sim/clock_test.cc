#include "sim/clock.h"

#include <cstdlib>

#include "gtest/gtest.h"
#include "sim/choices.h"

namespace lockstep::sim {
namespace {

TEST(ClockTest, TrueTimeLiesWithinTheReportedBoundWhateverHappens) {
  Choices choices = Choices::Seeded(1);
  for (int run = 0; run < 100; ++run) {
    Clock clock;
    const int64_t drift_max = choices.Between(0, 100'000);
    clock.SetRate(choices.Between(-drift_max, drift_max), drift_max);
    int64_t now = 0;
    for (int i = 0; i < 100; ++i) {
      const int64_t error = choices.Between(0, 5'000);
      clock.Set(now, choices.Between(-error, error), error);
      now += choices.Between(0, 1'000'000);
      const Now read = clock.Read(now);
      ASSERT_LE(std::llabs(read.micros - now), read.error_micros);
    }
  }
}

TEST(ClockTest, AFastClocksTimersAreShort) {
  Clock clock;
  clock.SetRate(100'000, 100'000);
  EXPECT_NEAR(static_cast<double>(clock.TrueDuration(1'100'000)), 1'000'000, 2);
  clock.SetRate(-100'000, 100'000);
  EXPECT_NEAR(static_cast<double>(clock.TrueDuration(900'000)), 1'000'000, 2);
  clock.SetRate(0, 0);
  EXPECT_EQ(clock.TrueDuration(150'000), 150'000);
}

}  // namespace
}  // namespace lockstep::sim
