#include "cli/terminal.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace lockstep::cli {
namespace {

TEST(Terminal, AFileHasNoColourAndADefaultWidth) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_FALSE(IsTerminal(file));
  EXPECT_FALSE(UseColor(file, false));
  EXPECT_EQ(TerminalWidth(file), 120);
  std::fclose(file);
}

TEST(Terminal, WithoutColourThePaletteIsEmpty) {
  EXPECT_STREQ(PaletteFor(false).red, "");
  EXPECT_STREQ(PaletteFor(false).reset, "");
  EXPECT_STRNE(PaletteFor(true).red, "");
}

TEST(Terminal, NumbersForPeople) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(12345678), "12,345,678");
  EXPECT_EQ(Short(0), "0");
  EXPECT_EQ(Short(987), "987");
  EXPECT_EQ(Short(999.6), "1.00 k");
  EXPECT_EQ(Short(12'345), "12.3 k");
  EXPECT_EQ(Short(4'560'000), "4.56 M");
  EXPECT_EQ(Short(999'900'000), "1.00 G");
}

TEST(Terminal, ClockTimes) {
  EXPECT_EQ(ClockTime(-1), "0:00");
  EXPECT_EQ(ClockTime(7.9), "0:07");
  EXPECT_EQ(ClockTime(754), "12:34");
  EXPECT_EQ(ClockTime(3723), "1:02:03");
}

}  // namespace
}  // namespace lockstep::cli
