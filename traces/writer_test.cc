#include "traces/writer.h"

#include <filesystem>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "traces/reader.h"

namespace lockstep::traces {
namespace {

proto::Record HeaderRecord() {
  proto::Record record;
  record.mutable_header()->set_seed(7);
  return record;
}

proto::Record EndRecord() {
  proto::Record record;
  record.mutable_end()->set_steps(3);
  return record;
}

proto::Record CrashRecord() {
  proto::Record record;
  record.mutable_crash()->set_time_micros(5);
  return record;
}

TEST(Writer, RefusesRecordsOutOfOrder) {
  std::ostringstream out;
  EXPECT_FALSE(Writer(out).Write(CrashRecord()).ok());

  Writer twice(out);
  ASSERT_TRUE(twice.Write(HeaderRecord()).ok());
  EXPECT_FALSE(twice.Write(HeaderRecord()).ok());

  Writer after_end(out);
  ASSERT_TRUE(after_end.Write(HeaderRecord()).ok());
  ASSERT_TRUE(after_end.Write(EndRecord()).ok());
  EXPECT_FALSE(after_end.Write(CrashRecord()).ok());
}

TEST(Writer, CountsRecordsInTheEnd) {
  std::ostringstream out;
  Writer writer(out);
  ASSERT_TRUE(writer.Write(HeaderRecord()).ok());
  ASSERT_TRUE(writer.Write(CrashRecord()).ok());
  ASSERT_TRUE(writer.Write(EndRecord()).ok());
  EXPECT_EQ(writer.records(), 3u);

  Reader reader(std::make_unique<std::istringstream>(out.str()), "text");
  const absl::StatusOr<Summary> summary = ReadSummary(reader);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->end.records(), 3u);
  EXPECT_EQ(summary->header.seed(), 7u);
}

TEST(Writer, ReportsAStreamThatTakesNoMore) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  Writer writer(out);
  EXPECT_FALSE(writer.Write(HeaderRecord()).ok());
}

TEST(FileWriter, ShowsTheFileOnlyWhenItIsWhole) {
  const std::string path = ::testing::TempDir() + "/whole.trace";
  {
    auto writer = FileWriter::Create(path);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Write(HeaderRecord()).ok());
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path + ".unfinished")) << "an abandoned trace leaves nothing";

  auto writer = FileWriter::Create(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Write(HeaderRecord()).ok());
  ASSERT_TRUE((*writer)->Write(EndRecord()).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  EXPECT_TRUE(ReadSummary(path).ok());
  EXPECT_FALSE(std::filesystem::exists(path + ".unfinished"));
}

TEST(FileWriter, NamesAFolderThatDoesNotExist) {
  const auto writer = FileWriter::Create(::testing::TempDir() + "/no/such/folder/a.trace");
  ASSERT_FALSE(writer.ok());
  EXPECT_NE(std::string(writer.status().message()).find("no/such/folder"), std::string::npos);
  EXPECT_NE(std::string(writer.status().message()).find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::traces
