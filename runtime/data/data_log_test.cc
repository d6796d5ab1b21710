// A log with its data outside, on a disk that loses what is not synced, fails and runs full.
#include "runtime/data/data_log.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "runtime/data/file_data_store.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {
namespace {

constexpr uint32_t kBytesMin = 100;

class Faults final : public DiskFaults {
 public:
  absl::Status OnSync(const std::string& path) override {
    const bool fails = !failing.empty() && path.starts_with(failing);
    return fails ? absl::DataLossError(path + ": the device failed") : absl::OkStatus();
  }
  uint64_t capacity_bytes() override { return capacity; }
  int64_t DelayMicros() override { return 10; }
  std::string failing;  // Paths that begin so cannot be synced.
  uint64_t capacity = UINT64_MAX;
};

std::string Text(size_t bytes, char letter) { return std::string(bytes, letter); }

// A node's files of one life after the other.
class Stored {
 public:
  Stored() {
    options_.identity = {42, 1, {1, 0}};
    options_.segment_bytes = 4096;
    MemoryFiles files(disk, clock, faults);
    MemoryEntropy entropy(1);
    if (!WriteAheadLog::Create(files, entropy, options_, {0, {}}).ok()) std::abort();
    if (const absl::Status status = Open(); !status.ok()) std::abort();
  }
  absl::Status Open() {
    Close();
    files = std::make_unique<MemoryFiles>(disk, clock, faults);
    auto opened = WriteAheadLog::Open(*files, options_);
    if (!opened.ok()) return opened.status();
    inner = std::move(opened->log);
    found = std::move(opened->stored);
    data = std::make_unique<FileDataStore>(*files, FileDataStoreOptions{"data", kBytesMin});
    if (absl::Status status = data->Open(found.outside); !status.ok()) return status;
    log = std::make_unique<DataLog>(*inner, *data, *files, found.outside);
    return absl::OkStatus();
  }
  void Close() {
    log.reset();
    data.reset();
    inner.reset();
    files.reset();
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
    std::optional<absl::Status> told;
    log->Commit([&told](const absl::Status& status) { told = status; });
    if (told.has_value()) std::abort();  // Never within the call.
    clock.RunUntil([&told] { return told.has_value(); });
    clock.Advance(1000);  // What is forgotten is removed later.
    return told.value_or(absl::UnknownError("not told"));
  }
  std::vector<std::string> Read(Index first, Index last) {
    std::vector<std::string> commands;
    const auto payloads = log->Read(first, last);
    if (!payloads.ok()) return {std::string(payloads.status().message())};
    for (const Payload& payload : *payloads) commands.emplace_back(payload.bytes.view());
    return commands;
  }
  std::vector<std::string> DataFiles() const {
    std::vector<std::string> paths = disk.Paths();
    std::erase_if(paths, [](const std::string& path) { return !path.starts_with("data/"); });
    return paths;
  }

  MemoryDisk disk;
  MemoryClock clock;
  Faults faults;
  StoredLog found;
  std::unique_ptr<MemoryFiles> files;
  std::unique_ptr<WriteAheadLog> inner;
  std::unique_ptr<FileDataStore> data;
  std::unique_ptr<DataLog> log;

 private:
  WriteAheadLogOptions options_;
};

class DataLogTest : public testing::Test {
 protected:
  Stored node;
};

TEST_F(DataLogTest, LargeCommandsLieOutsideAndComeBack) {
  node.Append(1, 1, {"small", Text(5000, 'x'), "", Text(300, 'y')});
  node.log->SaveVote(1, {2, 0});
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(node.DataFiles(), (std::vector<std::string>{"data/0000000000000002-0000000000000001",
                                                        "data/0000000000000004-0000000000000001"}));
  for (const std::string& path : node.disk.Paths()) {
    if (!path.starts_with("log/")) continue;
    EXPECT_EQ(node.disk.Content(path).find(Text(100, 'x')), std::string::npos) << path;
  }
  node.Close();
  node.disk.Crash([] { return false; });
  ASSERT_TRUE(node.Open().ok());
  EXPECT_EQ(node.found.voted_for, (NodeId{2, 0}));
  EXPECT_EQ(node.found.log.At(2), (EntryMeta{1, 5000, EntryKind::kCommand}));
  EXPECT_EQ(node.found.outside.size(), 2u);
  const std::vector<std::string> all{"small", Text(5000, 'x'), "", Text(300, 'y')};
  EXPECT_EQ(node.Read(1, 4), all);
  EXPECT_EQ(node.Read(2, 2), std::vector<std::string>{all[1]});
  EXPECT_EQ(node.Read(3, 4), (std::vector<std::string>{"", all[3]}));
  std::optional<std::vector<Payload>> told;
  node.log->ReadInBackground(1, 4, [&told](auto read) { told = *std::move(read); });
  EXPECT_FALSE(told.has_value());
  node.clock.Advance(1000);
  ASSERT_TRUE(told.has_value());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ((*told)[i], MakePayload(SharedBytes(all[i])));
}

// What a follower acknowledges is durable, its data too: a commit is told only after that.
TEST_F(DataLogTest, ACommitWaitsForTheData) {
  node.Append(1, 1, {Text(500, 'x')});
  bool told = false;
  node.log->Commit([&told](const absl::Status&) { told = true; });
  EXPECT_TRUE(node.log->committing());
  while (!told) {
    ASSERT_TRUE(node.clock.RunNext());
    if (!told) continue;
    const MemoryDisk durable = node.disk.Durable();
    EXPECT_EQ(durable.Content("data/0000000000000001-0000000000000001"), Text(500, 'x'));
  }
}

TEST_F(DataLogTest, DataThatCannotBeStoredFailsTheCommitAndAllThatWasCollected) {
  node.Append(1, 1, {"small"});
  ASSERT_TRUE(node.Commit().ok());
  for (const char* failing : {"data", "log"}) {
    node.faults.failing = failing;
    node.Append(2, 1, {Text(500, 'x')});
    std::optional<absl::Status> told;
    node.log->Commit([&told](const absl::Status& status) { told = status; });
    node.Append(3, 1, {Text(500, 'y')});
    node.clock.Advance(1000);
    ASSERT_TRUE(told.has_value());
    EXPECT_EQ(told->code(), absl::StatusCode::kDataLoss) << failing;
    EXPECT_FALSE(node.log->has_collected());
    node.faults.failing.clear();
  }
  // Asked for again, as the core does.
  node.Append(2, 1, {Text(500, 'x'), Text(500, 'y')});
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(node.Read(1, 3), (std::vector<std::string>{"small", Text(500, 'x'), Text(500, 'y')}));
}

TEST_F(DataLogTest, AFullDiskIsSaidToBeFull) {
  node.clock.Advance(1000);
  node.faults.capacity = node.disk.used_bytes() + 1000;
  node.Append(1, 1, {Text(5000, 'x')});
  EXPECT_EQ(node.Commit().code(), absl::StatusCode::kResourceExhausted);
  node.faults.capacity = UINT64_MAX;
  node.Append(1, 1, {Text(5000, 'x')});
  EXPECT_TRUE(node.Commit().ok());
}

TEST_F(DataLogTest, WhatTheLogRefersToNoMoreIsForgotten) {
  node.Append(1, 1, {Text(100, 'a'), Text(100, 'b'), Text(100, 'c'), Text(100, 'd'), Text(100, 'e')});
  ASSERT_TRUE(node.Commit().ok());
  node.Append(4, 2, {Text(100, 'D')});  // Replaces 4 and 5.
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(node.DataFiles().size(), 4u);
  node.Append(4, 2, {Text(100, 'D')});  // The same again: it stays.
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(node.Read(4, 4), std::vector<std::string>{Text(100, 'D')});
  node.log->Truncate(3);
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(node.DataFiles().size(), 3u);
  node.log->Compact({2, 1}, {0, {}});
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(node.DataFiles().size(), 1u);
  EXPECT_EQ(node.Read(3, 3), std::vector<std::string>{Text(100, 'c')});
  node.log->Reset({10, 3}, {0, {}});
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_TRUE(node.DataFiles().empty());
}

// A range that is being read stays whole although it is compacted meanwhile.
TEST_F(DataLogTest, WhatIsBeingReadIsNotPulledAway) {
  node.Append(1, 1, {"one", Text(100, 'b'), "three", Text(100, 'd'), "five"});
  ASSERT_TRUE(node.Commit().ok());
  std::vector<std::string> told;
  node.log->ReadInBackground(1, 5, [&told](auto read) {
    ASSERT_TRUE(read.ok()) << read.status();
    for (const Payload& payload : *read) told.emplace_back(payload.bytes.view());
  });
  node.log->Compact({5, 1}, {0, {}});
  ASSERT_TRUE(node.Commit().ok());
  EXPECT_EQ(told, (std::vector<std::string>{"one", Text(100, 'b'), "three", Text(100, 'd'), "five"}));
  EXPECT_TRUE(node.DataFiles().empty());
}

TEST_F(DataLogTest, MissingOrShortDataRefusesTheStart) {
  node.Append(1, 1, {Text(500, 'x')});
  ASSERT_TRUE(node.Commit().ok());
  node.Close();
  const std::string path = "data/0000000000000001-0000000000000001";
  node.disk.SetContent(path, Text(499, 'x'));
  absl::Status status = node.Open();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find(path + " has 499 bytes, but the log refers to 500"), std::string::npos) << status;
  node.Close();
  node.disk.Remove(path);
  status = node.Open();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find(path + " is gone"), std::string::npos) << status;
  EXPECT_NE(status.message().find("new incarnation"), std::string::npos) << status;
}

TEST_F(DataLogTest, DamagedDataIsNoticedWhenItIsRead) {
  node.Append(1, 1, {"small", Text(500, 'x')});
  ASSERT_TRUE(node.Commit().ok());
  node.disk.Damage("data/0000000000000002-0000000000000001", 77, 1);
  EXPECT_EQ(node.log->Read(1, 2).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(node.log->Read(1, 1).ok());
  absl::Status told;
  node.log->ReadInBackground(1, 2, [&told](auto read) { told = read.status(); });
  node.clock.Advance(1000);
  EXPECT_EQ(told.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(told.message().find("entry 2, term 1"), std::string::npos) << told;
}

TEST_F(DataLogTest, WhatIsLeftOverIsRemovedAtAStart) {
  node.Append(1, 1, {Text(500, 'x')});
  ASSERT_TRUE(node.Commit().ok());
  node.Close();
  node.disk.SetContent("data/0000000000000002-0000000000000001", "stored in vain");
  node.disk.SetContent("data/storing.part", "half");
  ASSERT_TRUE(node.Open().ok());
  EXPECT_EQ(node.DataFiles(), std::vector<std::string>{"data/0000000000000001-0000000000000001"});
}

// Whenever the power goes: what a commit has told is there, whole; the node starts; what comes back is what was asked
// for. Sizes lie on both sides of the border.
RC_GTEST_PROP(DataLogCrashTest, ACrashLeavesEveryReferenceWithItsData, ()) {
  Stored node;
  std::vector<std::string> log;                        // What is committed.
  std::vector<std::vector<std::string>> possible{{}};  // What a crash now may leave.
  char letter = 'a';
  const int rounds = *rc::gen::inRange(1, 25);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> next = log;
    next.resize(*rc::gen::inRange<size_t>(log.size() - std::min<size_t>(log.size(), 2), log.size() + 1));
    const Index first = next.size() + 1;
    std::vector<std::string> commands;
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      commands.push_back(Text(*rc::gen::element<size_t>(1, 99, 100, 700), letter = letter == 'z' ? 'a' : letter + 1));
    }
    node.Append(first, static_cast<Term>(round + 1), commands);
    for (const std::string& command : commands) {
      next.push_back(command);
      possible.push_back(next);
    }
    node.faults.failing = *rc::gen::weightedElement<std::string>({{6, ""}, {1, "data"}, {1, "log"}});
    std::optional<absl::Status> told;
    node.log->Commit([&told](const absl::Status& status) { told = status; });
    node.clock.Advance(*rc::gen::inRange(0, 60));
    if (told.has_value() && told->ok()) {
      log = next;
      possible = {log};
    }
    const bool crashes = !told.has_value() || *rc::gen::inRange(0, 4) == 0;
    if (!crashes) continue;
    node.Close();
    node.faults = {};
    MemoryEntropy draws(*rc::gen::arbitrary<uint64_t>());
    node.disk.Crash([&draws] { return draws.Draw() % 2 == 0; });
    const absl::Status opened = node.Open();
    if (!opened.ok()) RC_FAIL(std::string(opened.message()));
    const Index last = node.found.log.last_index();
    const std::vector<std::string> found = last == 0 ? std::vector<std::string>() : node.Read(1, last);
    RC_ASSERT(std::find(possible.begin(), possible.end(), found) != possible.end());
    RC_ASSERT(node.DataFiles().size() == node.found.outside.size());
    log = found;
    possible = {log};
  }
}

}  // namespace
}  // namespace lockstep::runtime
