// Whole nodes whose state machine keeps large commands outside the log.
#include <gtest/gtest.h>

#include "runtime/data/file_data_store.h"
#include "runtime/driver/memory_cluster.h"

namespace lockstep::runtime {
namespace {

constexpr uint32_t kBytesMin = 1000;

class MapWithData final : public StateMachine {
 public:
  explicit MapWithData(Files& files) : store_(files, {"data", kBytesMin}) {}
  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override {
    map_.Apply(commands, replies);
  }
  absl::StatusOr<std::string> Lookup(std::string_view query) override { return map_.Lookup(query); }
  std::unique_ptr<SnapshotSource> Freeze() override { return map_.Freeze(); }
  absl::Status Restore(SnapshotSource& source) override { return map_.Restore(source); }
  DataStore* data() override { return &store_; }
  const MapMachine::Map& map() const { return map_.map(); }

 private:
  MapMachine map_;
  FileDataStore store_;
};

class DataTest : public testing::Test {
 protected:
  uint32_t Start() {
    cluster = std::make_unique<MemoryCluster>(3);
    cluster->options.core = core;
    cluster->make_machine = [](Files& files) { return std::make_unique<MapWithData>(files); };
    cluster->StartAll();
    return cluster->AwaitLeader();
  }
  static std::string Large(int seed) { return std::string(2000, static_cast<char>('a' + seed % 26)); }
  static uint32_t Other(uint32_t number) { return number % 3 + 1; }
  void Put(uint32_t leader, const std::string& command) {
    const Answer answer = cluster->Propose(leader, command);
    ASSERT_TRUE(answer.status.ok()) << answer.status;
  }
  const MapMachine::Map& MapOf(uint32_t number) {
    return dynamic_cast<const MapWithData&>(cluster->state_machine(number)).map();
  }
  std::vector<std::string> DataFiles(uint32_t number) {
    std::vector<std::string> paths = cluster->content(number).Paths();
    std::erase_if(paths, [](const std::string& path) { return !path.starts_with("data/"); });
    return paths;
  }
  void ExpectAllEqual() {
    ASSERT_TRUE(cluster->AwaitAllApplied());
    for (uint32_t number = 2; number <= 3; ++number) EXPECT_EQ(MapOf(number), MapOf(1));
  }

  Options core;
  std::unique_ptr<MemoryCluster> cluster;
};

TEST_F(DataTest, EveryNodeKeepsThemAndALossOfPowerLosesNothing) {
  uint32_t leader = Start();
  for (int i = 0; i < 5; ++i) Put(leader, "k" + std::to_string(i) + "=" + Large(i));
  Put(leader, "small=1");
  ExpectAllEqual();
  for (uint32_t number = 1; number <= 3; ++number) {
    EXPECT_EQ(DataFiles(number).size(), 5u);
    for (const std::string& path : cluster->content(number).Paths()) {
      if (!path.starts_with("log/")) continue;
      EXPECT_EQ(cluster->content(number).Content(path).find(std::string(1000, 'a')), std::string::npos) << path;
    }
  }
  for (uint32_t number = 1; number <= 3; ++number) cluster->LosePower(number);
  cluster->StartAll();
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(cluster->Read(leader, "k" + std::to_string(i), ReadLevel::kLinearizable).reply, Large(i));
  }
  ExpectAllEqual();
}

TEST_F(DataTest, AFollowerAcknowledgesOnlyWhatItsMachineHasDurably) {
  const uint32_t leader = Start();
  Put(leader, "a=1");
  ASSERT_TRUE(cluster->AwaitAllApplied());
  const Index before = cluster->driver(leader).state().last_log().index;
  for (uint32_t number = 1; number <= 3; ++number) {
    if (number == leader) continue;
    cluster->disk(number).sync_fails_in = "data";
    cluster->disk(number).sync_fails = true;
  }
  std::optional<Answer> answer;
  ASSERT_TRUE(cluster->driver(leader)
                  .Propose(SharedBytes("a=" + Large(1)), [&answer](Answer told) { answer = std::move(told); })
                  .ok());
  cluster->clock().Advance(200'000);
  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(cluster->driver(leader).state().commit_index, before);
  for (uint32_t number = 1; number <= 3; ++number) {
    if (number == leader) continue;
    EXPECT_EQ(cluster->driver(number).state().storage.durable_index, before);
    EXPECT_FALSE(cluster->driver(number).storage().ok());
    cluster->disk(number).sync_fails = false;
  }
  ASSERT_TRUE(cluster->clock().RunUntil([&] { return answer.has_value(); }));
  Put(cluster->AwaitLeader(), "b=1");
  ExpectAllEqual();
  for (uint32_t number = 1; number <= 3; ++number) EXPECT_TRUE(cluster->driver(number).storage().ok());
}

TEST_F(DataTest, OneThatLagsIsFedFromTheStore) {
  core.resident_entries = 2;
  uint32_t leader = Start();
  const uint32_t behind = Other(leader);
  cluster->LosePower(behind);
  cluster->options.payload_cache_bytes = 100;
  leader = cluster->AwaitLeader();
  cluster->LosePower(leader);  // It comes back with a small cache.
  cluster->StartAll();
  cluster->LosePower(behind);
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 20; ++i) Put(leader, "k" + std::to_string(i) + "=" + (i % 3 == 0 ? "small" : Large(i)));
  ASSERT_TRUE(cluster->Start(behind).ok());
  ExpectAllEqual();
  EXPECT_EQ(DataFiles(behind).size(), DataFiles(leader).size());
}

TEST_F(DataTest, SnapshotsFreeThem) {
  core.snapshot_interval_entries = 10;
  core.snapshot_trailing_entries = 2;
  uint32_t leader = Start();
  const uint32_t behind = Other(leader);
  for (int i = 0; i < 4; ++i) Put(leader, "k" + std::to_string(i) + "=" + Large(i));
  cluster->LosePower(behind);
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 50; ++i) Put(leader, "k" + std::to_string(i) + "=" + Large(i));
  cluster->clock().Advance(1'000'000);
  EXPECT_LE(DataFiles(leader).size(), 13u);
  ASSERT_TRUE(cluster->Start(behind).ok());
  ExpectAllEqual();
  cluster->clock().Advance(1'000'000);
  EXPECT_LE(DataFiles(behind).size(), 13u);
}

TEST_F(DataTest, WithoutItsDataANodeDoesNotStart) {
  const uint32_t leader = Start();
  Put(leader, "a=" + Large(1));
  ExpectAllEqual();
  cluster->LosePower(leader);
  const std::vector<std::string> files = DataFiles(leader);
  ASSERT_EQ(files.size(), 1u);
  const std::string content = cluster->content(leader).Content(files[0]);
  cluster->content(leader).Remove(files[0]);
  const absl::Status refused = cluster->Start(leader);
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(refused.message().find(files[0] + " is gone"), std::string::npos) << refused;
  EXPECT_NE(refused.message().find("join again under a new incarnation"), std::string::npos) << refused;
  cluster->Stop(leader);
  // Restored from a copy.
  cluster->content(leader).SetContent(files[0], content);
  EXPECT_TRUE(cluster->Start(leader).ok());
  ExpectAllEqual();
}

TEST_F(DataTest, AMachineThatKeepsNoneIsRefusedItsLog) {
  const uint32_t leader = Start();
  Put(leader, "a=" + Large(1));
  cluster->LosePower(leader);
  cluster->make_machine = nullptr;
  const absl::Status refused = cluster->Start(leader);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("start the program that wrote it"), std::string::npos) << refused;
  cluster->Stop(leader);
}

TEST_F(DataTest, DamagedDataStopsTheNodeThatReadsIt) {
  const uint32_t leader = Start();
  Put(leader, "a=" + Large(1));
  ExpectAllEqual();
  cluster->LosePower(leader);
  cluster->content(leader).Damage(DataFiles(leader)[0], 1500, 1);
  ASSERT_TRUE(cluster->Start(leader).ok());
  EXPECT_TRUE(cluster->clock().RunUntil([&] { return !cluster->driver(leader).stopped().ok(); }));
  EXPECT_EQ(cluster->driver(leader).stopped().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(MapOf(leader).contains("a"));
}

}  // namespace
}  // namespace lockstep::runtime
