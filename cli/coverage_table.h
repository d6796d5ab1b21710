// What a campaign exercised and what it did not, as a table.
//
// A row that nothing reached is the important one: it stands out in red where there is colour, and says `never`
// everywhere.
#ifndef LOCKSTEP_CLI_COVERAGE_TABLE_H_
#define LOCKSTEP_CLI_COVERAGE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace lockstep::cli {

struct CoverageRow {
  std::string name;
  uint64_t times = 0;        // Over the campaign.
  uint64_t seeds = 0;        // In how many runs at least once.
  bool hoped_never = false;  // A correct core never does it: zero is as it should be.
};

struct CoverageSection {
  std::string title;  // "actions".
  std::vector<CoverageRow> rows;
};

// The sections one below the other, each in as many columns as `width` allows, read downwards.
std::string CoverageTable(const std::vector<CoverageSection>& sections, int width, const Palette& palette);

// "action TimeoutNow": what no run reached, in the order of the table.
std::vector<std::string> NeverExercised(const std::vector<CoverageSection>& sections);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_COVERAGE_TABLE_H_
