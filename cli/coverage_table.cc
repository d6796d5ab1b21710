#include "cli/coverage_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::cli {
namespace {

constexpr size_t kTimesWidth = 14;
constexpr size_t kSeedsWidth = 10;
constexpr size_t kGap = 3;

std::string Padded(const std::string& text, size_t width, bool right = false) {
  const std::string spaces(width - std::min(width, text.size()), ' ');
  return right ? spaces + text : text + spaces;
}

size_t NameWidth(const CoverageSection& section) {
  size_t width = section.title.size();
  for (const CoverageRow& row : section.rows) width = std::max(width, row.name.size() + 2);
  return width;
}

// One cell: name, times, seeds. Its visible width does not depend on colour.
std::string Cell(const CoverageRow& row, size_t name_width, const Palette& palette) {
  const bool never = row.times == 0 && !row.hoped_never;
  const std::string times = row.times > 0 ? WithThousands(row.times) : row.hoped_never ? "none" : "never";
  const std::string text = absl::StrCat(Padded("  " + row.name, name_width), Padded(times, kTimesWidth, true),
                                        Padded(WithThousands(row.seeds), kSeedsWidth, true));
  return never ? palette.red + text + palette.reset : text;
}

void AppendSection(const CoverageSection& section, int width, const Palette& palette, std::string& table) {
  const size_t name_width = NameWidth(section);
  const size_t column_width = name_width + kTimesWidth + kSeedsWidth;
  const size_t columns = std::max<size_t>(1, (static_cast<size_t>(std::max(width, 1)) + kGap) / (column_width + kGap));
  const size_t lines = (section.rows.size() + columns - 1) / columns;
  for (size_t column = 0; column < columns && column * lines < section.rows.size(); ++column) {
    if (column > 0) table.append(kGap, ' ');
    absl::StrAppend(&table, palette.bold, Padded(column == 0 ? section.title : "", name_width),
                    Padded("times", kTimesWidth, true), Padded("seeds", kSeedsWidth, true), palette.reset);
  }
  table += '\n';
  for (size_t line = 0; line < lines; ++line) {
    for (size_t at = line; at < section.rows.size(); at += lines) {
      if (at != line) table.append(kGap, ' ');
      table += Cell(section.rows[at], name_width, palette);
    }
    table += '\n';
  }
}

}  // namespace

std::string CoverageTable(const std::vector<CoverageSection>& sections, int width, const Palette& palette) {
  std::string table;
  for (const CoverageSection& section : sections) {
    if (section.rows.empty()) continue;
    if (!table.empty()) table += '\n';
    AppendSection(section, width, palette, table);
  }
  return table;
}

std::vector<std::string> NeverExercised(const std::vector<CoverageSection>& sections) {
  std::vector<std::string> names;
  for (const CoverageSection& section : sections) {
    std::string kind = section.title;
    if (kind.ends_with('s')) kind.pop_back();
    for (const CoverageRow& row : section.rows) {
      if (row.times == 0 && !row.hoped_never) names.push_back(absl::StrCat(kind, " ", row.name));
    }
  }
  return names;
}

}  // namespace lockstep::cli
