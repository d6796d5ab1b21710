// Drivers on fakes alone: log, snapshot store, transport and state machine are all in memory, behind the same
// interfaces.
#include <gtest/gtest.h>

#include "runtime/driver/driver.h"
#include "runtime/machine/map_machine.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"
#include "runtime/memory/memory_log.h"
#include "runtime/memory/memory_messages.h"
#include "runtime/memory/memory_snapshots.h"

namespace lockstep::runtime {
namespace {

constexpr uint32_t kNodes = 3;

ConfigurationEntry Founders() {
  Configuration configuration;
  for (uint32_t i = 1; i <= kNodes; ++i) configuration.voters.insert({i, 0});
  return {0, configuration};
}

class FakesTest : public testing::Test {
 protected:
  struct Node {
    Node(MemoryClock& clock, MemoryDisk& disk, DiskFaults& faults, uint32_t number)
        : id{number, 0}, entropy(number), files(disk, clock, faults), log(clock, Founders(), 50), snapshots(clock) {}
    const NodeId id;
    MemoryEntropy entropy;
    MemoryFiles files;  // For work in the background alone: no file is ever made.
    MemoryLog log;
    MemorySnapshots snapshots;
    std::unique_ptr<MapMachine> machine;
    std::unique_ptr<Driver> driver;
  };

  FakesTest() {
    options.core.snapshot_chunk_bytes = 100;
    for (uint32_t i = 1; i <= kNodes; ++i) nodes[i] = std::make_unique<Node>(clock, disk, faults, i);
  }
  ~FakesTest() override {
    for (uint32_t i = 1; i <= kNodes; ++i) Stop(i);
    EXPECT_TRUE(disk.Paths().empty());
  }

  void Start(uint32_t number) {
    Node& node = *nodes[number];
    node.machine = std::make_unique<MapMachine>();
    DriverOptions mine = options;
    mine.id = node.id;
    auto driver =
        Driver::Start({clock, clock, node.entropy, node.files, node.log, node.snapshots, *node.machine, messages}, mine,
                      node.log.stored(), nullptr);
    ASSERT_TRUE(driver.ok()) << driver.status();
    node.driver = *std::move(driver);
    messages.SetReceiver(node.id, node.driver.get());
  }
  void StartAll() {
    for (uint32_t i = 1; i <= kNodes; ++i) {
      if (nodes[i]->driver == nullptr) Start(i);
    }
  }
  void Stop(uint32_t number) {
    Node& node = *nodes[number];
    messages.SetReceiver(node.id, nullptr);
    node.driver.reset();
    node.log.Interrupt();
    node.snapshots.Interrupt();
  }
  // Proposes wherever it is accepted, until it is done.
  void Put(const std::string& command) {
    for (int i = 0; i < 1000; ++i) {
      for (uint32_t number = 1; number <= kNodes; ++number) {
        if (nodes[number]->driver == nullptr) continue;
        std::optional<Answer> answer;
        const auto id = nodes[number]->driver->Propose(SharedBytes(command), [&](Answer told) { answer = told; });
        ASSERT_TRUE(id.ok());
        clock.RunUntil([&] { return answer.has_value(); });
        leader = number;
        if (answer->status.ok()) return;
      }
      clock.Advance(10'000);
    }
    FAIL() << "nobody takes " << command;
  }
  bool AwaitEqual(const MapMachine::Map& map) {
    return clock.RunUntil([&] {
      for (uint32_t i = 1; i <= kNodes; ++i) {
        if (nodes[i]->driver != nullptr && nodes[i]->machine->map() != map) return false;
      }
      return true;
    });
  }

  MemoryClock clock;
  MemoryDisk disk;
  DiskFaults faults;
  MemoryMessages messages{clock, 100};
  DriverOptions options;
  std::unique_ptr<Node> nodes[kNodes + 1];
  uint32_t leader = 0;
};

TEST_F(FakesTest, NodesReplicateAndGoOnAfterARestart) {
  StartAll();
  Put("a=1");
  Put("b=2");
  EXPECT_TRUE(AwaitEqual({{"a", "1"}, {"b", "2"}}));
  for (uint32_t i = 1; i <= kNodes; ++i) Stop(i);
  StartAll();
  Put("a=3");
  EXPECT_TRUE(AwaitEqual({{"a", "3"}, {"b", "2"}}));
}

TEST_F(FakesTest, OneThatLagsGetsASnapshot) {
  options.core.snapshot_interval_entries = 10;
  StartAll();
  Put("k=0");
  const uint32_t behind = leader % kNodes + 1;
  Stop(behind);
  MapMachine::Map map{{"k", "0"}};
  for (int i = 0; i < 40; ++i) {
    Put("k" + std::to_string(i) + "=v");
    map["k" + std::to_string(i)] = "v";
  }
  Start(behind);
  Put("last=1");
  map["last"] = "1";
  EXPECT_TRUE(AwaitEqual(map));
  EXPECT_GT(nodes[behind]->driver->state().snapshot.last_included.index, 0u);
  EXPECT_GT(nodes[behind]->log.stored().log.base_index(), 0u);
}

TEST_F(FakesTest, ALeaderWhoseLogFailsHandsOver) {
  StartAll();
  Put("a=1");
  const uint32_t failing = leader;
  nodes[failing]->log.SetCommitStatus(absl::ResourceExhaustedError("full"));
  Put("a=2");
  EXPECT_NE(leader, failing);
  EXPECT_EQ(nodes[failing]->driver->storage().code(), absl::StatusCode::kResourceExhausted);
  nodes[failing]->log.SetCommitStatus(absl::OkStatus());
  Put("a=3");
  EXPECT_TRUE(AwaitEqual({{"a", "3"}}));
}

TEST_F(FakesTest, OneThatIsCutOffIsReplaced) {
  StartAll();
  Put("a=1");
  const uint32_t before = leader;
  messages.CutOff({before, 0});
  clock.Advance(5'000'000);
  messages.Heal();
  Put("a=2");
  EXPECT_TRUE(AwaitEqual({{"a", "2"}}));
  EXPECT_GT(nodes[leader]->driver->state().current_term, 1u);
}

}  // namespace
}  // namespace lockstep::runtime
