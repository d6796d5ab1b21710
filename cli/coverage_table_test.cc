#include "cli/coverage_table.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstep::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<CoverageSection> Sections() {
  return {{"actions", {{"ElectionTimeout", 1'234'567, 20'000}, {"TimeoutNow", 0, 0}, {"Propose", 12, 3}}},
          {"goals", {{"two leaders alive", 5, 5}}}};
}

TEST(CoverageTable, OneColumnOnANarrowTerminal) {
  EXPECT_EQ(CoverageTable(Sections(), 60, {}),
            "actions                   times     seeds\n"
            "  ElectionTimeout     1,234,567    20,000\n"
            "  TimeoutNow              never         0\n"
            "  Propose                    12         3\n"
            "\n"
            "goals                       times     seeds\n"
            "  two leaders alive             5         5\n");
}

TEST(CoverageTable, TwoColumnsAreReadDownwards) {
  std::istringstream lines(CoverageTable({Sections()[0]}, 100, {}));
  std::string heading;
  std::string first;
  std::string second;
  std::getline(lines, heading);
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_THAT(first, ::testing::AllOf(HasSubstr("ElectionTimeout"), HasSubstr("Propose")));
  EXPECT_THAT(second, ::testing::AllOf(HasSubstr("TimeoutNow"), Not(HasSubstr("Propose"))));
  EXPECT_EQ(heading.size(), first.size()) << "heads stand above their columns";
}

TEST(CoverageTable, OnlyWhatWasNeverReachedIsRed) {
  const Palette palette = PaletteFor(true);
  std::istringstream lines(CoverageTable(Sections(), 60, palette));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_EQ(line.find(palette.red) != std::string::npos, line.find("never") != std::string::npos) << line;
  }
}

TEST(CoverageTable, NamesWhatWasNeverReached) {
  EXPECT_THAT(NeverExercised(Sections()), ElementsAre("action TimeoutNow"));
}

TEST(CoverageTable, WhatShouldNeverHappenIsNotMissed) {
  const std::vector<CoverageSection> sections = {{"effects", {{"Halt", 0, 0, true}}}};
  EXPECT_TRUE(NeverExercised(sections).empty());
  EXPECT_THAT(CoverageTable(sections, 60, PaletteFor(true)),
              ::testing::AllOf(HasSubstr("none"), Not(HasSubstr(PaletteFor(true).red))));
}

TEST(CoverageTable, NothingToShowIsNoText) { EXPECT_EQ(CoverageTable({{"goals", {}}}, 80, {}), ""); }

}  // namespace
}  // namespace lockstep::cli
