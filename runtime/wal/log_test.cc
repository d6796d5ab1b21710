#include "runtime/wal/log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"

namespace lockstep::runtime {
namespace {

Configuration Members(uint32_t count) {
  Configuration configuration;
  for (uint32_t i = 1; i <= count; ++i) configuration.voters.insert({i, 0});
  return configuration;
}

class SomeFaults final : public DiskFaults {
 public:
  absl::Status OnSync(const std::string& path) override {
    syncs += path.find("log-") != std::string::npos ? 1 : 0;
    return failing_syncs > 0 && failing_syncs-- > 0 ? absl::DataLossError(path + ": the device failed")
                                                    : absl::OkStatus();
  }
  absl::Status OnRead(const std::string& path, uint64_t offset, std::span<char> bytes) override {
    const bool strikes = path.find("log-") != std::string::npos && reads_to_damage >= 0 && reads_to_damage-- == 0;
    if (strikes && damaged_offset >= offset && damaged_offset < offset + bytes.size()) {
      bytes[damaged_offset - offset] = static_cast<char>(bytes[damaged_offset - offset] ^ 1);
    }
    return absl::OkStatus();
  }
  uint64_t capacity_bytes() override { return capacity; }
  int reads_to_damage = -1;  // So many are good, then one is damaged at `damaged_offset`.
  uint64_t damaged_offset = 0;
  int syncs = 0;
  int failing_syncs = 0;
  uint64_t capacity = UINT64_MAX;
};

class LogTest : public testing::Test {
 protected:
  LogTest() {
    options.identity = {42, 1, {1, 0}};
    options.segment_bytes = 4096;
    files = std::make_unique<MemoryFiles>(disk, clock, faults);
    EXPECT_TRUE(WriteAheadLog::Create(*files, entropy, options, {0, Members(3)}).ok());
    Open();
  }

  void Close() {
    log.reset();
    files.reset();
  }
  absl::Status TryOpen() {
    Close();
    files = std::make_unique<MemoryFiles>(disk, clock, faults);
    auto opened = WriteAheadLog::Open(*files, options);
    if (!opened.ok()) return opened.status();
    log = std::move(opened->log);
    stored = std::move(opened->stored);
    report = std::move(opened->report);
    return absl::OkStatus();
  }
  void Open() {
    const absl::Status status = TryOpen();
    ASSERT_TRUE(status.ok()) << status;
  }
  // Loses everything that is not synced.
  void Crash() {
    Close();
    disk.Crash([] { return false; });
    Open();
  }

  void Append(Index first, Term term, const std::vector<std::string>& commands) {
    effect::AppendLog write{1, first, {}, {}};
    std::vector<Payload> payloads;
    for (const std::string& command : commands) {
      write.entries.push_back({term, static_cast<uint32_t>(command.size()), EntryKind::kCommand});
      payloads.push_back(MakePayload(SharedBytes(command)));
    }
    log->Append(write, std::move(payloads));
  }
  absl::Status Commit() {
    absl::Status told = absl::UnknownError("not told");
    bool is_told = false;
    log->Commit([&](const absl::Status& status) {
      told = status;
      is_told = true;
    });
    EXPECT_FALSE(is_told);
    EXPECT_TRUE(clock.RunUntil([&] { return is_told; }));
    return told;
  }
  std::vector<std::string> Read(Index first, Index last) {
    const auto payloads = log->Read(first, last);
    EXPECT_TRUE(payloads.ok()) << payloads.status();
    std::vector<std::string> commands;
    for (const Payload& payload : payloads.value_or(std::vector<Payload>()))
      commands.emplace_back(payload.bytes.view());
    return commands;
  }
  size_t SegmentFiles() {
    const auto names = *files->List("log");
    return static_cast<size_t>(
        std::count_if(names.begin(), names.end(), [](const auto& name) { return name.starts_with("log-"); }));
  }

  MemoryDisk disk;
  MemoryClock clock;
  MemoryEntropy entropy{1};
  SomeFaults faults;
  WriteAheadLogOptions options;
  std::unique_ptr<MemoryFiles> files;
  std::unique_ptr<WriteAheadLog> log;
  StoredLog stored;
  LogReport report;
};

// A read may give damaged bytes that the disk does not hold. Whatever is read so, nothing of it may be written back.
TEST_F(LogTest, WhatIsReadDamagedIsNotWrittenBack) {
  Append(1, 1, {"one", "two", "three"});
  ASSERT_TRUE(Commit().ok());
  Append(4, 1, {"four"});
  ASSERT_TRUE(Commit().ok());
  Index last = 4;
  for (int reads = 0; reads < 6; ++reads) {
    for (const uint64_t offset : {uint64_t{20}, uint64_t{100}, uint64_t{300}}) {
      faults.reads_to_damage = reads;
      faults.damaged_offset = offset;
      if (TryOpen().ok()) {
        faults.reads_to_damage = -1;
        Append(++last, 1, {"more"});
        ASSERT_TRUE(Commit().ok());
      }
      faults.reads_to_damage = -1;
      Crash();
      ASSERT_EQ(stored.log.last_index(), last) << reads << " good reads, offset " << offset;
    }
  }
  EXPECT_GT(last, 4u);
}

TEST_F(LogTest, BeginsEmpty) {
  EXPECT_EQ(stored.term, 0u);
  EXPECT_EQ(stored.log, Log({}, {0, Members(3)}));
  EXPECT_EQ(WriteAheadLog::Create(*files, entropy, options, {}).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(LogTest, KeepsWhatIsCommitted) {
  log->SaveVote(2, {3, 1});
  Append(1, 1, {"one", "two", ""});
  Append(4, 2, {std::string(5000, 'x')});
  const int before = faults.syncs;
  ASSERT_TRUE(Commit().ok());
  EXPECT_LE(faults.syncs - before, 2);  // The batch's, and maybe that of a segment made ahead.
  Append(5, 2, {"lost"});
  Crash();
  EXPECT_EQ(stored.term, 2u);
  EXPECT_EQ(stored.voted_for, (NodeId{3, 1}));
  EXPECT_EQ(stored.log.last_index(), 4u);
  EXPECT_EQ(stored.log.last_term(), 2u);
  EXPECT_EQ(Read(1, 4), (std::vector<std::string>{"one", "two", "", std::string(5000, 'x')}));
  EXPECT_EQ(Read(2, 2), std::vector<std::string>{"two"});
  EXPECT_EQ(report.torn_bytes, 0u);
}

TEST_F(LogTest, AppendingReplacesWhatWasThere) {
  Append(1, 1, {"a", "b", "c", "d"});
  ASSERT_TRUE(Commit().ok());
  Append(2, 2, {"B"});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.last_index(), 2u);
  EXPECT_EQ(Read(1, 2), (std::vector<std::string>{"a", "B"}));
  log->Truncate(1);
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.last_index(), 1u);
}

TEST_F(LogTest, ConfigurationsComeBack) {
  effect::AppendLog write{1, 1, {{1, 0, EntryKind::kNoOp}, {1, 0, EntryKind::kConfiguration}}, {{2, Members(4)}}};
  log->Append(write, {});
  ASSERT_TRUE(Commit().ok());
  Crash();
  Log expected({}, {0, Members(3)});
  expected.Append({1, 0, EntryKind::kNoOp});
  expected.Append({1, 0, EntryKind::kConfiguration}, Members(4));
  EXPECT_EQ(stored.log, expected);
  log->Compact({2, 1}, {2, Members(4)});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log, Log({2, 1}, {2, Members(4)}));
}

TEST_F(LogTest, SegmentsAreLeftBehindAndFreed) {
  for (Index i = 1; i <= 40; ++i) {
    Append(i, 1, {std::string(500, static_cast<char>('a' + i % 26))});
    ASSERT_TRUE(Commit().ok());
  }
  EXPECT_GT(log->segment_count(), 5u);
  Crash();
  EXPECT_EQ(stored.log.last_index(), 40u);
  EXPECT_EQ(Read(1, 40)[20], std::string(500, 'v'));
  log->Compact({35, 1}, {0, Members(3)});
  ASSERT_TRUE(Commit().ok());
  clock.Advance(1);
  EXPECT_LE(log->segment_count(), 2u);
  EXPECT_LE(SegmentFiles(), 4u);
  Crash();
  EXPECT_EQ(stored.log.base(), (LogPosition{35, 1}));
  EXPECT_EQ(stored.log.last_index(), 40u);
  EXPECT_EQ(Read(36, 40).size(), 5u);
  // What is made ahead from a used segment does not bring old records back.
  for (Index i = 41; i <= 80; ++i) {
    Append(i, 2, {std::string(400, 'z')});
    log->Compact({i - 1, i == 41 ? Term{1} : Term{2}}, {0, Members(3)});
    ASSERT_TRUE(Commit().ok());
  }
  EXPECT_LE(SegmentFiles(), 4u);
  Crash();
  EXPECT_EQ(stored.log.base(), (LogPosition{79, 2}));
  EXPECT_EQ(Read(80, 80), std::vector<std::string>{std::string(400, 'z')});
}

TEST_F(LogTest, ALargeBatchGetsALargeSegment) {
  Append(1, 1, {std::string(20'000, 'x'), std::string(30'000, 'y')});
  ASSERT_TRUE(Commit().ok());
  Append(3, 1, {"small"});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(Read(1, 3)[1], std::string(30'000, 'y'));
}

TEST_F(LogTest, ResetBeginsAnew) {
  Append(1, 1, {"a", "b"});
  ASSERT_TRUE(Commit().ok());
  log->Reset({100, 7}, {90, Members(5)});
  Append(101, 7, {"c"});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.base(), (LogPosition{100, 7}));
  EXPECT_EQ(stored.log.configuration(), (ConfigurationEntry{90, Members(5)}));
  EXPECT_EQ(Read(101, 101), std::vector<std::string>{"c"});
}

TEST_F(LogTest, CompactingBeyondTheLogBeginsAnew) {
  Append(1, 1, {"a", "b"});
  log->Compact({5, 2}, {4, Members(5)});
  Append(6, 2, {"f"});
  ASSERT_TRUE(Commit().ok());
  log->Compact({6, 3}, {4, Members(5)});  // Entry 6 is of another term: of another history.
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log, Log({6, 3}, {4, Members(5)}));
}

TEST_F(LogTest, AFailedSyncUndoesTheBatchAndTheLogGoesOnElsewhere) {
  Append(1, 1, {"a"});
  ASSERT_TRUE(Commit().ok());
  clock.Advance(1);
  Append(2, 1, {"never"});
  faults.failing_syncs = 1;
  absl::Status failed;
  log->Commit([&](const absl::Status& status) { failed = status; });
  Append(3, 1, {"nor this"});  // Collected while the other is under way.
  ASSERT_TRUE(clock.RunUntil([&] { return !failed.ok(); }));
  EXPECT_FALSE(log->has_collected());
  Append(2, 2, {"b"});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.last_index(), 2u);
  EXPECT_EQ(Read(1, 2), (std::vector<std::string>{"a", "b"}));
}

TEST_F(LogTest, ManyFailuresInARow) {
  Append(1, 1, {"a"});
  ASSERT_TRUE(Commit().ok());
  for (int i = 0; i < 5; ++i) {
    clock.Advance(1);
    Append(2, 1, {"never"});
    faults.failing_syncs = 1;
    EXPECT_FALSE(Commit().ok());
  }
  Crash();
  EXPECT_EQ(Read(1, 1), std::vector<std::string>{"a"});
  Append(2, 3, {"b"});
  ASSERT_TRUE(Commit().ok());
  Append(3, 3, {std::string(4000, 'c')});
  ASSERT_TRUE(Commit().ok());
  log->Compact({3, 3}, {0, Members(3)});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.base(), (LogPosition{3, 3}));
}

TEST_F(LogTest, AFullDiskIsSurvived) {
  clock.Advance(1);
  faults.capacity = disk.used_bytes();
  Index next = 1;
  absl::Status status;
  while (status.ok()) {
    Append(next, 1, {std::string(500, 'x')});
    status = Commit();
    if (status.ok()) ++next;
    ASSERT_LT(next, 1000u);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(next, 4u);
  faults.capacity = UINT64_MAX;
  Append(next, 1, {"there is room again"});
  EXPECT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.last_index(), next);
}

TEST_F(LogTest, ATornBatchIsCutAndReported) {
  Append(1, 1, {"a"});
  ASSERT_TRUE(Commit().ok());
  Append(2, 1, {std::string(900, 'b'), std::string(900, 'c')});
  log->Commit([](const absl::Status&) {});
  Close();
  int asked = 0;
  disk.Crash([&asked] { return ++asked != 2; });  // The second sector of the batch is lost.
  Open();
  EXPECT_EQ(stored.log.last_index(), 1u);
  EXPECT_GT(report.torn_bytes, 0u);
  // What was behind the gap does not come back.
  Append(2, 2, {"d"});
  ASSERT_TRUE(Commit().ok());
  Crash();
  EXPECT_EQ(stored.log.last_index(), 2u);
  EXPECT_EQ(Read(1, 2), (std::vector<std::string>{"a", "d"}));
}

TEST_F(LogTest, DamageInTheMiddleIsAnErrorThatNamesThePlace) {
  Append(1, 1, {"first"});
  ASSERT_TRUE(Commit().ok());
  Append(2, 1, {"second"});
  ASSERT_TRUE(Commit().ok());
  Close();
  const std::string path = "log/log-0000000000000001";
  const size_t at = disk.Content(path).find("first");
  ASSERT_NE(at, std::string::npos);
  disk.Damage(path, at, 1);
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find(path + ", offset "), std::string::npos) << status;
  EXPECT_NE(status.message().find("new incarnation"), std::string::npos) << status;
}

TEST_F(LogTest, DamageOfTheLastBatchIsNoticedTooOnceTheLogRests) {
  Append(1, 1, {"last"});
  ASSERT_TRUE(Commit().ok());
  log->Rest();
  Close();
  const std::string path = "log/log-0000000000000001";
  disk.Damage(path, disk.Content(path).find("last"), 1);
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogTest, DamageFoundByReading) {
  Append(1, 1, {"good", "bad", "good"});
  ASSERT_TRUE(Commit().ok());
  const std::string path = "log/log-0000000000000001";
  disk.Damage(path, disk.Content(path).find("bad"), 1);
  EXPECT_EQ(log->Read(1, 3).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(log->Read(1, 1).ok());
  absl::StatusOr<std::vector<Payload>> told;
  log->ReadInBackground(2, 2, [&](auto payloads) { told = std::move(payloads); });
  clock.Advance(1);
  EXPECT_EQ(told.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogTest, AMissingSegmentIsNoticed) {
  for (Index i = 1; i <= 30; ++i) {
    Append(i, 1, {std::string(500, 'x')});
    ASSERT_TRUE(Commit().ok());
  }
  Close();
  const std::string second = disk.Content("log/log-0000000000000002");
  {
    MemoryFiles direct(disk, clock, faults);
    ASSERT_TRUE(direct.Remove("log/log-0000000000000002").ok());
  }
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("missing"), std::string::npos) << status;
}

TEST_F(LogTest, AnothersLogIsRefused) {
  options.identity.cluster = 43;
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kFailedPrecondition);
  options.identity = {42, 1, {1, 1}};
  const absl::Status status = TryOpen();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("node 1, but this is cluster 000000000000002a, group 1, node 1.1"), std::string::npos)
      << status;
  options.directory = "elsewhere";
  EXPECT_EQ(TryOpen().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace lockstep::runtime
