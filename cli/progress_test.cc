#include "cli/progress.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstep::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Progress Half() {
  return {.seeds = 10'000,
          .seeds_wanted = 20'000,
          .seconds_allowed = 0,
          .seconds = 60,
          .steps = 120'000'000,
          .simulated_seconds = 54'000,
          .faults = 1'234'567};
}

std::string ReadBack(std::FILE* file) {
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

TEST(Progress, TheBarTellsHowFarAndHowFast) {
  EXPECT_EQ(ProgressBar(Half(), 200),
            "[##########..........]  50%  10,000 of 20,000 seeds  1:00, 1:00 left  2.00 M steps/s  900 s simulated/s  "
            "1.23 M faults");
}

TEST(Progress, TheBarIsNeverWiderThanTheTerminal) {
  for (int width = -3; width < 140; ++width) {
    EXPECT_LE(ProgressBar(Half(), width).size(), static_cast<size_t>(width < 1 ? 1 : width));
  }
}

TEST(Progress, WithoutANumberOfSeedsTimeTellsTheFraction) {
  Progress progress = Half();
  progress.seeds_wanted = 0;
  progress.seconds_allowed = 240;
  EXPECT_DOUBLE_EQ(Fraction(progress), 0.25);
  EXPECT_THAT(ProgressBar(progress, 200), AllOf(HasSubstr(" 25%  10,000 seeds  1:00, 3:00 left")));
}

TEST(Progress, TheFirstMomentPromisesNothing) {
  EXPECT_THAT(ProgressBar({.seeds_wanted = 5}, 200),
              AllOf(StartsWith("[....................]   0%  0 of 5 seeds  0:00  0 steps/s"), Not(HasSubstr("left"))));
  Progress late = Half();
  late.seeds = 30'000;
  EXPECT_DOUBLE_EQ(Fraction(late), 1);
}

TEST(Progress, ALogGetsALineNowAndThenWithoutControlCharacters) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  {
    ProgressLine line(file, /*live=*/false, 80);
    Progress progress = Half();
    for (int tenth = 0; tenth < 300; ++tenth) {
      progress.seconds = tenth / 10.0;
      line.Show(progress);
    }
  }
  const std::string text = ReadBack(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\r")), Not(HasSubstr("\033"))));
}

TEST(Progress, ATerminalsLineIsRedrawnAndTakenAway) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  {
    ProgressLine line(file, /*live=*/true, 80);
    line.Show(Half());
  }
  const std::string text = ReadBack(file);
  EXPECT_THAT(text, AllOf(StartsWith("\r\033[K[####"), ::testing::EndsWith("\r\033[K"), Not(HasSubstr("\n"))));
}

}  // namespace
}  // namespace lockstep::cli
