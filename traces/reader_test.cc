#include "traces/reader.h"

#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "traces/checksum.h"
#include "traces/convert.h"
#include "traces/core_generators.h"
#include "traces/format.h"
#include "traces/writer.h"

namespace lockstep::traces {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string LittleEndian(uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

// A frame as format.h describes it.
std::string Frame(const std::string& body) {
  return LittleEndian(static_cast<uint32_t>(body.size())) + LittleEndian(Checksum(body)) + body;
}

std::string FirstLine() { return absl::StrCat(std::string(kMagic), kFormatVersion, "\n"); }

proto::Record HeaderRecord() {
  proto::Record record;
  record.mutable_header()->set_seed(7);
  return record;
}

proto::Record EndRecord(uint64_t records) {
  proto::Record record;
  record.mutable_end()->set_records(records);
  return record;
}

// A small whole trace.
std::string SmallTrace() {
  proto::Record crash;
  crash.mutable_crash()->set_time_micros(12);
  return FirstLine() + Frame(HeaderRecord().SerializeAsString()) + Frame(crash.SerializeAsString()) +
         Frame(EndRecord(3).SerializeAsString());
}

absl::Status Outcome(const std::string& bytes) {
  Reader reader(std::make_unique<std::istringstream>(bytes), "a.trace");
  return ReadSummary(reader).status();
}

std::string Message(const std::string& bytes) { return std::string(Outcome(bytes).message()); }

TEST(Reader, ReadsWhatTheFormatSays) { EXPECT_TRUE(Outcome(SmallTrace()).ok()) << Outcome(SmallTrace()); }

RC_GTEST_PROP(Reader, ReadsWhatTheWriterWrote, ()) {
  std::ostringstream out;
  Writer writer(out);
  std::vector<proto::Record> written(*rc::gen::inRange(1, 12));
  written[0] = HeaderRecord();
  for (size_t i = 1; i < written.size(); ++i) {
    proto::Step* step = written[i].mutable_step();
    step->set_step(i);
    ToProto(*AnyInput(), step->mutable_input());
    ToProto(*AnyEffect(), step->add_effects());
  }
  for (const proto::Record& record : written) RC_ASSERT(writer.Write(record).ok());
  RC_ASSERT(writer.Write(EndRecord(0)).ok());

  Reader reader(std::make_unique<std::istringstream>(out.str()), "a.trace");
  proto::Record record;
  for (const proto::Record& expected : written) {
    const absl::StatusOr<bool> more = reader.Next(&record);
    RC_ASSERT(more.ok() && *more);
    RC_ASSERT(record.SerializeAsString() == expected.SerializeAsString());
  }
  RC_ASSERT(*reader.Next(&record) && record.has_end());
  RC_ASSERT(!*reader.Next(&record));
  RC_ASSERT(!*reader.Next(&record));
}

RC_GTEST_PROP(Reader, ChoicesComeBackInOrder, (const std::vector<uint64_t>& choices)) {
  std::ostringstream out;
  Writer writer(out);
  RC_ASSERT(writer.Write(HeaderRecord()).ok());
  for (size_t at = 0; at < choices.size(); at += 3) {
    proto::Record record;
    for (size_t i = at; i < std::min(at + 3, choices.size()); ++i) record.mutable_choices()->add_values(choices[i]);
    RC_ASSERT(writer.Write(record).ok());
  }
  RC_ASSERT(writer.Write(EndRecord(0)).ok());
  Reader reader(std::make_unique<std::istringstream>(out.str()), "a.trace");
  const absl::StatusOr<Summary> summary = ReadSummary(reader);
  RC_ASSERT(summary.ok());
  RC_ASSERT(summary->choices == choices);
}

TEST(Reader, EveryPrefixIsCutShort) {
  const std::string whole = SmallTrace();
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const absl::Status status = Outcome(whole.substr(0, bytes));
    ASSERT_FALSE(status.ok()) << bytes << " bytes";
    EXPECT_THAT(std::string(status.message()), HasSubstr("a.trace: "));
    if (bytes > FirstLine().size()) {
      EXPECT_THAT(std::string(status.message()),
                  AllOf(HasSubstr("byte "), HasSubstr("record "), HasSubstr("cut short")));
    }
  }
}

TEST(Reader, EveryDamagedBitIsNoticed) {
  const std::string whole = SmallTrace();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      EXPECT_FALSE(Outcome(damaged).ok()) << "byte " << at << ", bit " << bit;
    }
  }
}

RC_GTEST_PROP(Reader, GarbageIsAnError, (const std::string& bytes)) {
  RC_ASSERT(!Outcome(bytes).ok());
  RC_ASSERT(!Outcome(FirstLine() + bytes).ok());
  RC_ASSERT(!Outcome(FirstLine() + Frame(bytes)).ok());
}

TEST(Reader, SaysThatAFileIsNoTrace) {
  EXPECT_THAT(Message(""), HasSubstr("a.trace: the file is empty; expected a trace"));
  EXPECT_THAT(Message("\x7f"
                      "ELF\2\1\1"),
              HasSubstr("a.trace: byte 0: not a trace: expected the line \"lockstep trace 1\""));
  EXPECT_THAT(Message("lockstep trace one\n"), HasSubstr("not a trace"));
  EXPECT_THAT(Message("lockstep trace 1"), HasSubstr("not a trace"));
  EXPECT_THAT(Message("lockstep trace 1\r\n"), HasSubstr("not a trace"));
}

TEST(Reader, SaysThatATraceIsOfAnotherVersion) {
  const absl::Status status = Outcome("lockstep trace 2\nwhatever");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("version 2"), HasSubstr("reads version 1")));
}

TEST(Reader, DoesNotBelieveHugeSizes) {
  const std::string huge = FirstLine() + LittleEndian(0xfffffff0) + LittleEndian(0) + "x";
  EXPECT_THAT(Message(huge), AllOf(HasSubstr("byte 17, record 1"), HasSubstr("4294967280 bytes; expected at most")));
  const std::string large = FirstLine() + LittleEndian(kRecordBytesMax) + LittleEndian(0) + "x";
  EXPECT_THAT(Message(large), HasSubstr("cut short: expected a record of 16777216 bytes, found 1"));
}

TEST(Reader, InsistsOnTheOrderOfRecords) {
  const std::string header = Frame(HeaderRecord().SerializeAsString());
  EXPECT_THAT(Message(FirstLine() + Frame(EndRecord(1).SerializeAsString())), HasSubstr("expected the header"));
  EXPECT_THAT(Message(FirstLine() + header + header), HasSubstr("record 2: a second header"));
  EXPECT_THAT(Message(FirstLine() + header + Frame("")), HasSubstr("record 2: a record without content"));
  EXPECT_THAT(Message(FirstLine() + header + Frame(EndRecord(9).SerializeAsString())),
              HasSubstr("counts 9 records; expected 2"));
  EXPECT_THAT(Message(SmallTrace() + header), HasSubstr("expected the end of the file"));
}

TEST(Reader, KeepsItsError) {
  Reader reader(std::make_unique<std::istringstream>("garbage"), "a.trace");
  proto::Record record;
  const absl::Status first = reader.Next(&record).status();
  EXPECT_FALSE(first.ok());
  EXPECT_EQ(reader.Next(&record).status(), first);
}

TEST(Reader, NamesAFileThatCannotBeOpened) {
  const absl::Status missing = ReadSummary("no/such.trace").status();
  EXPECT_THAT(std::string(missing.message()), AllOf(HasSubstr("no/such.trace"), HasSubstr("No such file")));
  EXPECT_THAT(std::string(ReadSummary(::testing::TempDir()).status().message()), HasSubstr("directory"));
}

}  // namespace
}  // namespace lockstep::traces
