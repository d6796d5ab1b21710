#include "runtime/driver/data_directory.h"

#include <gtest/gtest.h>

#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"

namespace lockstep::runtime {
namespace {

class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest() {
    options.identity = {42, 0, {1, 0}};
    options.segment_bytes = 4096;
    options.founding.emplace().voters = {{1, 0}, {2, 0}, {3, 0}};
  }
  absl::StatusOr<DataDirectory> Open() {
    files = std::make_unique<MemoryFiles>(disk, clock, faults);
    return OpenDataDirectory(*files, entropy, options);
  }
  std::string Refusal() { return std::string(Open().status().message()); }

  MemoryDisk disk;
  MemoryClock clock;
  MemoryEntropy entropy{1};
  DiskFaults faults;
  std::unique_ptr<MemoryFiles> files;
  DataDirectoryOptions options;
};

TEST_F(DataDirectoryTest, IsMadeOnceAndFoundAgain) {
  {
    const auto data = Open();
    ASSERT_TRUE(data.ok()) << data.status();
    EXPECT_TRUE(data->is_new);
    EXPECT_EQ(data->stored.log.configuration().configuration, *options.founding);
  }
  files.reset();
  disk.Crash([] { return false; });
  options.founding.reset();
  const auto data = Open();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE(data->is_new);
  EXPECT_EQ(data->stored.log.configuration().configuration.voters.size(), 3u);
  EXPECT_FALSE(data->snapshots->current().has_value());
}

TEST_F(DataDirectoryTest, AnInterruptedMakingIsMadeAgain) {
  // Whatever of it is there.
  for (int steps = 0; steps < 40; ++steps) {
    disk = MemoryDisk();
    (void)Open();
    files.reset();
    int asked = 0;
    disk.Crash([&] { return asked++ < steps; });
    const auto data = Open();
    EXPECT_TRUE(data.ok()) << data.status();
  }
}

// The process ends before the identity's name is on the disk; the next one relies on it, so it must see to that.
TEST_F(DataDirectoryTest, AnIdentityThatIsFoundStays) {
  class RootFailsToSync final : public DiskFaults {
   public:
    absl::Status OnSync(const std::string& path) override {
      return path.empty() ? absl::DataLossError("the device failed") : absl::OkStatus();
    }
  } failing;
  {
    MemoryFiles first(disk, clock, failing);
    EXPECT_FALSE(OpenDataDirectory(first, entropy, options).ok());
    ASSERT_TRUE(disk.Exists("identity"));
    EXPECT_FALSE(OpenDataDirectory(first, entropy, options).ok());
  }
  ASSERT_TRUE(Open().ok());
  files.reset();
  disk.Crash([] { return false; });
  const auto data = Open();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE(data->is_new);
}

TEST_F(DataDirectoryTest, AnotherNameIsRefused) {
  ASSERT_TRUE(Open().ok());
  options.identity.cluster = 43;
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
  options.identity = {42, 0, {1, 1}};
  EXPECT_NE(Refusal().find("incarnation 0"), std::string::npos);
  EXPECT_NE(Refusal().find("incarnation 1"), std::string::npos);
}

TEST_F(DataDirectoryTest, MissingFilesAreNoticed) {
  ASSERT_TRUE(Open().ok());
  const std::string identity = disk.Content("identity");
  ASSERT_TRUE(files->Remove("log/log-0000000000000001").ok());
  const auto names = files->List("log");
  ASSERT_TRUE(names.ok());
  for (const std::string& name : *names) ASSERT_TRUE(files->Remove("log/" + name).ok());
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Refusal().find("its log is gone"), std::string::npos);
}

TEST_F(DataDirectoryTest, AUsedLogWithoutAnIdentityIsNotTakenOver) {
  {
    auto data = Open();
    ASSERT_TRUE(data.ok());
    data->log->SaveVote(3, {1, 0});
    bool told = false;
    data->log->Commit([&](const absl::Status& status) { told = status.ok(); });
    ASSERT_TRUE(clock.RunUntil([&] { return told; }));
  }
  ASSERT_TRUE(files->Remove("identity").ok());
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
}

// What a node finds that lost durability: each refusal says what was seen and what an operator can do.
class LostDurabilityTest : public DataDirectoryTest {
 protected:
  LostDurabilityTest() {
    auto data = Open();
    EXPECT_TRUE(data.ok());
    for (Index index = 1; index <= 40; ++index) {
      const std::string command(500, 'x');
      data->log->Append({1, index, {{1, 500, EntryKind::kCommand}}, {}}, {MakePayload(SharedBytes(command))});
      bool told = false;
      data->log->Commit([&](const absl::Status& status) { told = status.ok(); });
      EXPECT_TRUE(clock.RunUntil([&] { return told; }));
    }
    data->log->Rest();
  }
  void ExpectRefusal(absl::StatusCode code, const std::vector<std::string>& says) {
    const absl::Status refused = Open().status();
    EXPECT_EQ(refused.code(), code) << refused;
    for (const std::string& what : says) EXPECT_NE(refused.message().find(what), std::string::npos) << refused;
  }
};

TEST_F(LostDurabilityTest, AHoleBelowWhatItAcknowledged) {
  const MemoryDisk whole = disk.Durable();
  disk.Remove("log/log-0000000000000003");
  ExpectRefusal(absl::StatusCode::kDataLoss,
                {"entries 1 to ", "were in segments that are missing, before log-0000000000000004",
                 "this node may have acknowledged what is lost", "join again under a new incarnation",
                 "restore these files from a copy"});
  files.reset();
  disk = whole.Durable();
  disk.Damage("log/log-0000000000000002", 600, 1);
  ExpectRefusal(absl::StatusCode::kDataLoss,
                {"log/log-0000000000000002, offset ", "no good record, although log/log-0000000000000003 says",
                 "join again under a new incarnation", "restore these files from a copy"});
  files.reset();
  disk = whole.Durable();
  for (const std::string& path : disk.Paths()) {
    if (path.starts_with("log/")) disk.Remove(path);
  }
  ExpectRefusal(absl::StatusCode::kDataLoss,
                {"this node has an identity but its log is gone", "it may have voted and acknowledged",
                 "restore the log from the same disk", "join again under a new incarnation"});
  files.reset();
  disk = whole.Durable();
  EXPECT_TRUE(Open().ok());
}

TEST_F(LostDurabilityTest, AWrongIncarnation) {
  options.identity.node.incarnation = 1;
  ExpectRefusal(
      absl::StatusCode::kFailedPrecondition,
      {"these files belong to", "node 1,incarnation 0", "this node is started as", "node 1,incarnation 1",
       "start it under the name in the files", "if it lost its disk and has a new incarnation, in an empty folder"});
}

TEST_F(LostDurabilityTest, AnotherClustersFiles) {
  options.identity.cluster = 43;
  ExpectRefusal(absl::StatusCode::kFailedPrecondition,
                {"these files belong to", "cluster 000000000000002a", "started as", "cluster 000000000000002b",
                 "start it under the name in the files"});
  // The identity alone, copied from elsewhere, does not help.
  options.identity.cluster = 42;
  const std::string mine = disk.Content("identity");
  files.reset();
  MemoryDisk elsewhere;
  {
    DataDirectoryOptions theirs = options;
    theirs.identity.cluster = 43;
    MemoryFiles there(elsewhere, clock, faults);
    ASSERT_TRUE(OpenDataDirectory(there, entropy, theirs).ok());
  }
  disk.SetContent("identity", elsewhere.Content("identity"));
  options.identity.cluster = 43;
  ExpectRefusal(absl::StatusCode::kFailedPrecondition,
                {"is of cluster 000000000000002a", "but this is cluster 000000000000002b", "belongs to another node"});
  files.reset();
  disk.SetContent("identity", mine);
  options.identity.cluster = 42;
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, ADamagedIdentityIsNoticed) {
  ASSERT_TRUE(Open().ok());
  disk.Damage("identity", 30, 1);
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace lockstep::runtime
