#include "spec/linearizability/format/source.h"

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"

namespace lockstep::linearizability::format {
namespace {

TEST(SourceTest, CountsLinesAndColumnsFromOne) {
  const Source source = Source::FromText("a.edn", "ab\ncd\n");
  const auto place = [&](size_t offset) {
    const Source::Place at = source.PlaceOf(offset);
    return std::make_pair(at.line, at.column);
  };
  EXPECT_EQ(place(0), std::make_pair(1u, 1u));
  EXPECT_EQ(place(2), std::make_pair(1u, 3u));
  EXPECT_EQ(place(3), std::make_pair(2u, 1u));
  EXPECT_EQ(place(6), std::make_pair(3u, 1u));
  EXPECT_EQ(place(99), std::make_pair(3u, 1u));
}

TEST(SourceTest, ErrorsNamePlaceExpectationAndFinding) {
  const Source source = Source::FromText("a.edn", "[1\n 2}");
  EXPECT_EQ(source.Expected(5, "']'").message(), "a.edn:2:3: expected ']', found '}'");
  EXPECT_EQ(source.Expected(6, "']'").message(), "a.edn:2:4: expected ']', found the end of the file");
  EXPECT_EQ(source.Expected(2, "a value").message(), "a.edn:1:3: expected a value, found the end of the line");
  const Source lengthy = Source::FromText("b", std::string(100, 'x'));
  EXPECT_EQ(lengthy.Expected(0, "y").message(), "b:1:1: expected y, found '" + std::string(24, 'x') + "...'");
}

TEST(SourceTest, ErrorsInBinaryNameTheByte) {
  const Source source = Source::FromText("a.pb", std::string("\n\x10", 2) + "lockstep-history");
  EXPECT_EQ(source.ErrorAt(7, "expected more").message(), "a.pb: byte 7: expected more");
}

TEST(SourceTest, OpensFilesOnly) {
  const std::string folder = testing::TempDir();
  EXPECT_EQ(Source::Open(folder).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Source::Open(folder + "/there-is-none").status().code(), absl::StatusCode::kNotFound);
  const std::string name = folder + "/source_test.edn";
  std::ofstream(name) << "{:a 1}";
  const auto source = Source::Open(name);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->text(), "{:a 1}");
  std::ofstream(name, std::ios::trunc) << "";
  const auto empty = Source::Open(name);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->text(), "");
}

TEST(LineCounterTest, AgreesWithPlaces) {
  const std::string text = "\n\nab\ncd\n\n";
  const Source source = Source::FromText("a", text);
  LineCounter lines(source.text());
  for (size_t offset = 0; offset < text.size() + 3; ++offset) {
    EXPECT_EQ(lines.LineOf(offset), source.PlaceOf(offset).line) << offset;
  }
}

}  // namespace
}  // namespace lockstep::linearizability::format
