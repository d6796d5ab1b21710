// Segments made by hand, with every checksum right: what a log must not be believed.
#include "runtime/wal/replay.h"

#include <gtest/gtest.h>

#include "runtime/codec/configuration_codec.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_files.h"

namespace lockstep::runtime {
namespace {

constexpr uint32_t kSalt = 7;
const LogIdentity kIdentity{42, 0, {1, 0}};

Payload ConfigurationAt(Index index) { return MakePayload(SharedBytes(EncodeConfiguration({index, {}}))); }

Record Begin(LogPosition base, LogPosition last) {
  Record record;
  record.type = RecordType::kBegin;
  record.base = base;
  record.last = last;
  record.payload = ConfigurationAt(0);
  return record;
}

Record Entry(Index index, std::string command) {
  Record record;
  record.type = RecordType::kEntry;
  record.index = index;
  record.entry = {1, static_cast<uint32_t>(command.size()), EntryKind::kCommand};
  record.payload = MakePayload(SharedBytes(std::move(command)));
  return record;
}

Record Based(RecordType type, LogPosition base, Index configuration) {
  Record record;
  record.type = type;
  record.base = base;
  record.payload = ConfigurationAt(configuration);
  return record;
}

class ReplayTest : public testing::Test {
 protected:
  // The first segment of a log that holds `records`, chained.
  absl::StatusOr<Replayed> Replay(const std::vector<Record>& records) {
    std::string bytes = EncodeSegmentHeader({kSalt, 1, kIdentity});
    uint32_t chain = 0;
    for (const Record& record : records) {
      const LogAddress address{1, static_cast<uint32_t>(bytes.size())};
      chain = EncodeRecordHead(record, {kSalt, address, chain}, bytes);
      bytes += record.payload.bytes.view();
      bytes.resize(RoundUp8(bytes.size()), '\0');
    }
    bytes.resize(8192, '\0');
    disk.SetContent("log/" + SegmentName(1), bytes);
    MemoryFiles files(disk, clock, faults);
    (void)files.MakeDirectory("log");
    return ReplayLog(files, "log", kIdentity);
  }
  // What refuses these records; each message names file and offset, and what an operator can do.
  std::string Refusal(const std::vector<Record>& records) {
    const absl::Status status = Replay(records).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    std::string message(status.message());
    EXPECT_EQ(message.find("log/log-0000000000000001, offset "), 0u) << message;
    EXPECT_NE(message.find("new incarnation"), std::string::npos) << message;
    return message;
  }

  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
};

TEST_F(ReplayTest, GoodRecordsAreBelieved) {
  const auto replayed = Replay({Begin({}, {}), Entry(1, "a"), Entry(2, "b"), Based(RecordType::kCompact, {1, 1}, 1)});
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->index.base(), (LogPosition{1, 1}));
  EXPECT_EQ(replayed->index.last(), (LogPosition{2, 1}));
}

// The configuration at a base cannot be of an entry above it.
TEST_F(ReplayTest, AConfigurationAboveItsBaseIsRefused) {
  const std::string expected = "the configuration at the base is of a later entry";
  Record begin = Begin({3, 1}, {3, 1});
  begin.payload = ConfigurationAt(4);
  EXPECT_NE(Refusal({begin}).find(expected), std::string::npos);
  EXPECT_NE(Refusal({Begin({}, {}), Entry(1, "a"), Based(RecordType::kCompact, {1, 1}, 2)}).find(expected),
            std::string::npos);
  EXPECT_NE(Refusal({Begin({}, {}), Based(RecordType::kReset, {5, 2}, 6)}).find(expected), std::string::npos);
}

TEST_F(ReplayTest, ALogThatEndsBeforeItBeginsIsRefused) {
  EXPECT_NE(Refusal({Begin({3, 1}, {2, 1})}).find("the log ends before it begins"), std::string::npos);
}

// A record vouches for what is before it, never for itself or what follows.
TEST_F(ReplayTest, AProofBeyondItsOwnPlaceIsRefused) {
  Record entry = Entry(1, "a");
  entry.synced = {1, 4096};
  EXPECT_NE(Refusal({Begin({}, {}), entry}).find("it says that what follows it was on disk before"), std::string::npos);
  entry.synced = {2, 64};
  EXPECT_NE(Refusal({Begin({}, {}), entry}).find("it says that what follows it was on disk before"), std::string::npos);
}

TEST_F(ReplayTest, ChangesBelowTheBaseAndGapsAreRefused) {
  const std::vector<Record> compacted{Begin({}, {}), Entry(1, "a"), Entry(2, "b"),
                                      Based(RecordType::kCompact, {2, 1}, 0)};
  std::vector<Record> records = compacted;
  records.push_back(Entry(2, "c"));
  EXPECT_NE(Refusal(records).find("changes entry 2, but everything up to 2 is compacted"), std::string::npos);
  Record truncate;
  truncate.type = RecordType::kTruncate;
  truncate.last.index = 1;
  records.back() = truncate;
  EXPECT_NE(Refusal(records).find("changes entry 2, but everything up to 2 is compacted"), std::string::npos);
  records.back() = Entry(4, "d");
  EXPECT_NE(Refusal(records).find("entry 4 follows entry 2: those between are missing"), std::string::npos);
}

// Whoever reads it later would believe the entry, and ask for gigabytes.
TEST_F(ReplayTest, ACommandOfAnotherSizeThanItsEntrySaysIsRefused) {
  Record entry = Entry(1, "abc");
  entry.entry.bytes = 3'910'959'990;
  EXPECT_NE(Refusal({Begin({}, {}), entry}).find("an entry that says 3910959990 bytes with a command of 3"),
            std::string::npos);
  entry.entry.bytes = 2;
  EXPECT_NE(Refusal({Begin({}, {}), entry}).find("an entry that says 2 bytes with a command of 3"), std::string::npos);
}

TEST_F(ReplayTest, AReferenceIsToACommand) {
  Record reference = Entry(1, "");
  reference.type = RecordType::kReference;
  reference.entry.bytes = 1000;
  reference.payload.crc32c = 77;
  const auto replayed = Replay({Begin({}, {}), reference});
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->index.ToStoredLog().outside, (std::vector<DataReference>{{{1, 1}, 1000, 77}}));
  reference.entry.kind = EntryKind::kNoOp;
  EXPECT_NE(Refusal({Begin({}, {}), reference}).find("a reference to something that is no command"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::runtime
