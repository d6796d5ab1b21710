#include "runtime/memory/memory_files.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "runtime/memory/memory_clock.h"

namespace lockstep::runtime {
namespace {

class FailingDisk final : public DiskFaults {
 public:
  absl::Status OnSync(const std::string&) override {
    return failing_syncs-- > 0 ? absl::DataLossError("the device failed") : absl::OkStatus();
  }
  uint64_t capacity_bytes() override { return capacity; }
  int failing_syncs = 0;
  uint64_t capacity = UINT64_MAX;
};

class MemoryFilesTest : public testing::Test {
 protected:
  MemoryFilesTest() { Restart(); }

  void Restart() {
    files = std::make_unique<MemoryFiles>(disk, clock, faults);
    EXPECT_TRUE(files->MakeDirectory("d").ok());
  }
  void LoseEverything() {
    files.reset();
    disk.Crash([] { return false; });
    Restart();
  }
  std::unique_ptr<File> Create(const std::string& path) { return *files->Open(path, OpenMode::kCreate); }
  std::string Content(const std::string& path) { return ReadWholeFile(*files, path, 1 << 20).value_or("none"); }

  MemoryDisk disk;
  MemoryClock clock;
  FailingDisk faults;
  std::unique_ptr<MemoryFiles> files;
};

TEST_F(MemoryFilesTest, WhatIsSyncedSurvives) {
  {
    auto file = Create("d/a");
    ASSERT_TRUE(file->Write(0, "first").ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(files->SyncDirectory("d").ok());
    ASSERT_TRUE(file->Write(0, "later").ok());
    EXPECT_EQ(Content("d/a"), "later");
  }
  LoseEverything();
  EXPECT_EQ(Content("d/a"), "first");
}

TEST_F(MemoryFilesTest, ANameNeedsItsDirectorySynced) {
  ASSERT_TRUE(ReplaceFile(*files, "d", "a", "one").ok());
  ASSERT_TRUE(files->Rename("d/a", "d/b").ok());
  EXPECT_EQ(*files->List("d"), std::vector<std::string>{"b"});
  LoseEverything();
  EXPECT_EQ(*files->List("d"), std::vector<std::string>{"a"});
  ASSERT_TRUE(files->Remove("d/a").ok());
  ASSERT_TRUE(files->SyncDirectory("d").ok());
  LoseEverything();
  EXPECT_TRUE(files->List("d")->empty());
  EXPECT_EQ(files->Remove("d/a").code(), absl::StatusCode::kNotFound);
}

TEST_F(MemoryFilesTest, WhatIsDurableCanBeSeenWithoutACrash) {
  ASSERT_TRUE(ReplaceFile(*files, "d", "a", "one").ok());
  auto file = *files->Open("d/a", OpenMode::kReadWrite);
  ASSERT_TRUE(file->Write(1, "NEXT").ok());
  ASSERT_TRUE(files->Rename("d/a", "d/b").ok());
  ASSERT_TRUE(files->Open("d/c", OpenMode::kCreate).ok());
  EXPECT_EQ(disk.DurableContent("d/a"), "one");
  EXPECT_EQ(disk.DurableContent("d/b"), std::nullopt);
  EXPECT_EQ(disk.Durable().Paths(), std::vector<std::string>{"d/a"});
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(files->SyncDirectory("d").ok());
  EXPECT_EQ(disk.DurableContent("d/b"), "oNEXT");
  EXPECT_EQ(disk.Durable().Content("d/b"), "oNEXT");
  EXPECT_EQ(disk.Durable().Content("d/c"), "");
}

TEST_F(MemoryFilesTest, ATornWriteKeepsSomeSectors) {
  ASSERT_TRUE(ReplaceFile(*files, "d", "a", std::string(3 * kSectorBytes, 'o')).ok());
  {
    auto file = *files->Open("d/a", OpenMode::kReadWrite);
    ASSERT_TRUE(file->Write(0, std::string(3 * kSectorBytes, 'n')).ok());
  }
  int asked = 0;
  files.reset();
  disk.Crash([&asked] { return ++asked == 2; });
  Restart();
  EXPECT_EQ(Content("d/a"),
            std::string(kSectorBytes, 'o') + std::string(kSectorBytes, 'n') + std::string(kSectorBytes, 'o'));
}

TEST_F(MemoryFilesTest, ASyncAfterAFailedOneVouchesForNothingOld) {
  ASSERT_TRUE(ReplaceFile(*files, "d", "a", "old").ok());
  {
    auto file = *files->Open("d/a", OpenMode::kReadWrite);
    ASSERT_TRUE(file->Write(0, "new").ok());
    faults.failing_syncs = 1;
    EXPECT_EQ(file->Sync().code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(file->Sync().ok());
  }
  LoseEverything();
  EXPECT_EQ(Content("d/a"), "old");
}

TEST_F(MemoryFilesTest, WritingAgainAfterAFailedSyncHelps) {
  ASSERT_TRUE(ReplaceFile(*files, "d", "a", "old").ok());
  {
    auto file = *files->Open("d/a", OpenMode::kReadWrite);
    ASSERT_TRUE(file->Write(0, "new").ok());
    faults.failing_syncs = 1;
    EXPECT_FALSE(file->Sync().ok());
    ASSERT_TRUE(file->Write(0, "new").ok());
    EXPECT_TRUE(file->Sync().ok());
  }
  LoseEverything();
  EXPECT_EQ(Content("d/a"), "new");
}

TEST_F(MemoryFilesTest, AFullDiskSaysSo) {
  faults.capacity = 1000;
  auto file = Create("d/a");
  EXPECT_TRUE(file->Preallocate(1000).ok());
  EXPECT_TRUE(file->Write(0, std::string(1000, 'x')).ok());
  EXPECT_EQ(file->Write(1000, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Create("d/b")->Write(0, "x").code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(MemoryFilesTest, CompletionsComeInOrderAndNeverAfterTheEnd) {
  auto file = Create("d/a");
  std::string told;
  file->WriteAndSync(0, {SharedBytes("ab"), SharedBytes("cd")}, [&told](const absl::Status&) { told += '1'; });
  file->WriteAndSync(4, {SharedBytes("ef")}, [&told](const absl::Status&) { told += '2'; });
  EXPECT_EQ(told, "");
  while (clock.RunNext()) {
  }
  EXPECT_EQ(told, "12");
  EXPECT_EQ(Content("d/a"), "abcdef");
  file->WriteAndSync(6, {SharedBytes("gh")}, [&told](const absl::Status&) { told += '3'; });
  file.reset();
  files.reset();
  while (clock.RunNext()) {
  }
  EXPECT_EQ(told, "12");
}

// Whatever is lost, each sector is one of the contents it had since it was last vouched for.
RC_GTEST_PROP(MemoryFilesCrashTest, ACrashKeepsEachSectorWholeOrNotAtAll, ()) {
  constexpr size_t kSectors = 4;
  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
  std::string synced(kSectors, 'a');
  std::string current = synced;
  {
    MemoryFiles files(disk, clock, faults);
    auto file = *files.Open("f", OpenMode::kCreate);
    const auto write = [&](size_t sector, char c) {
      RC_ASSERT(file->Write(sector * kSectorBytes, std::string(kSectorBytes, c)).ok());
    };
    for (size_t i = 0; i < kSectors; ++i) write(i, 'a');
    RC_ASSERT(file->Sync().ok());
    RC_ASSERT(files.SyncDirectory("").ok());
    for (const auto& [sector, c] : *rc::gen::container<std::vector<std::pair<size_t, char>>>(
             rc::gen::pair(rc::gen::inRange<size_t>(0, kSectors), rc::gen::inRange('b', 'h')))) {
      write(sector, c);
      current[sector] = c;
      if (c == 'b') {
        RC_ASSERT(file->Sync().ok());
        synced = current;
      }
    }
  }
  const uint64_t seed = *rc::gen::arbitrary<uint64_t>();
  int asked = 0;
  disk.Crash([&] { return ((seed >> (asked++ % 64)) & 1) != 0; });
  const std::string& content = disk.Content("f");
  RC_ASSERT(content.size() == kSectors * kSectorBytes);
  for (size_t i = 0; i < kSectors; ++i) {
    const std::string sector = content.substr(i * kSectorBytes, kSectorBytes);
    RC_ASSERT(sector == std::string(kSectorBytes, synced[i]) || sector == std::string(kSectorBytes, current[i]));
  }
}

}  // namespace
}  // namespace lockstep::runtime
