#include "runtime/node/node.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "runtime/data/file_data_store.h"
#include "runtime/machine/map_machine.h"
#include "runtime/node/node_thread.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kLong = 30'000'000;

Configuration Founders(uint32_t count) {
  Configuration configuration;
  for (uint32_t i = 1; i <= count; ++i) configuration.voters.insert({i, 0});
  return configuration;
}

// Nodes of one cluster, each with a folder below the test's.
class NodeTest : public testing::Test {
 protected:
  NodeTest() : root_(testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(root_);
  }
  ~NodeTest() override {
    for (auto& node : nodes_) node.reset();
    std::filesystem::remove_all(root_);
  }

  NodeOptions OptionsOf(uint32_t number) const {
    NodeOptions options;
    options.cluster = 42;
    options.id = {number, 0};
    options.directory = root_ + "/" + std::to_string(number);
    options.founding = Founders(3);
    options.segment_bytes = 1 << 20;
    return options;
  }
  absl::Status Start(uint32_t number, const NodeOptions& options) {
    machines_[number] = make_machine_ ? make_machine_(number) : std::make_unique<MapMachine>();
    auto node = NodeThread::Start(options, *machines_[number], nullptr);
    if (!node.ok()) return node.status();
    nodes_[number] = *std::move(node);
    return absl::OkStatus();
  }
  void Meet() {
    for (uint32_t from = 1; from <= 3; ++from) {
      for (uint32_t to = 1; to <= 3; ++to) {
        if (from == to || nodes_[from] == nullptr || nodes_[to] == nullptr) continue;
        std::string address;
        nodes_[to]->Run([&](Node& node) { address = node.address(); });
        nodes_[from]->Run([&](Node& node) { node.SetAddress({to, 0}, address); });
      }
    }
  }
  void StartAll() {
    for (uint32_t i = 1; i <= 3; ++i) ASSERT_EQ(Start(i, OptionsOf(i)), absl::OkStatus());
    Meet();
  }
  // Proposes wherever it is accepted.
  Answer ProposeSomewhere(const std::string& command) {
    Answer answer;
    for (int i = 0; i < 3000; ++i) {
      for (uint32_t number = 1; number <= 3; ++number) {
        if (nodes_[number] == nullptr) continue;
        answer = nodes_[number]->Propose(command, kLong);
        leader_ = number;
        if (answer.status.code() != absl::StatusCode::kUnavailable) return answer;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return answer;
  }

  // A read is refused as long as nobody has told the node who leads.
  Answer ReadAt(uint32_t number, const std::string& key) {
    Answer answer;
    for (int i = 0; i < 500; ++i) {
      answer = nodes_[number]->Read(key, ReadLevel::kLinearizable, kLong);
      if (answer.status.ok()) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return answer;
  }

  const std::string root_;
  uint32_t leader_ = 0;
  std::function<std::unique_ptr<StateMachine>(uint32_t)> make_machine_;
  std::unique_ptr<StateMachine> machines_[5];
  std::unique_ptr<NodeThread> nodes_[5];
};

TEST_F(NodeTest, ThreeNodesReplicateAndGoOnAfterARestart) {
  StartAll();
  ASSERT_EQ(ProposeSomewhere("color=green").status, absl::OkStatus());
  const Answer second = ProposeSomewhere("color=blue");
  ASSERT_EQ(second.status, absl::OkStatus());
  EXPECT_EQ(second.reply, "green");
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_EQ(ReadAt(i, "color").reply, "blue");
  const NodeStatus status = nodes_[leader_]->status();
  EXPECT_EQ(status.role, Role::kLeader);
  EXPECT_EQ(status.leader, (NodeId{leader_, 0}));
  EXPECT_EQ(status.applied_index, second.index);
  EXPECT_EQ(status.configuration.configuration, Founders(3));
  EXPECT_TRUE(status.is_new);

  for (auto& node : nodes_) node.reset();
  StartAll();
  ASSERT_EQ(ProposeSomewhere("color=red").reply, "blue");
  EXPECT_FALSE(nodes_[1]->status().is_new);
}

// A map that keeps commands from 10,000 bytes on in a folder of its own.
class MapWithData final : public StateMachine {
 public:
  explicit MapWithData(const std::string& folder)
      : files_(*PosixFiles::Make(loop_, folder, SyncMethod::kThread)), store_(*files_, {"data", 10'000}) {}
  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override {
    map_.Apply(commands, replies);
  }
  absl::StatusOr<std::string> Lookup(std::string_view query) override { return map_.Lookup(query); }
  std::unique_ptr<SnapshotSource> Freeze() override { return map_.Freeze(); }
  absl::Status Restore(SnapshotSource& source) override { return map_.Restore(source); }
  DataStore* data() override { return &store_; }

 private:
  EventLoop loop_;  // Never run: a data store's calls are made in the node's background.
  std::unique_ptr<PosixFiles> files_;
  FileDataStore store_;
  MapMachine map_;
};

TEST_F(NodeTest, LargeCommandsMayLieOutsideTheLog) {
  make_machine_ = [this](uint32_t number) {
    return std::make_unique<MapWithData>(root_ + "/machine" + std::to_string(number));
  };
  StartAll();
  const std::string large(100'000, 'x');
  ASSERT_EQ(ProposeSomewhere("large=" + large).status, absl::OkStatus());
  ASSERT_EQ(ProposeSomewhere("small=1").status, absl::OkStatus());
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_EQ(ReadAt(i, "large").reply, large);
  const auto data_bytes = [this](uint32_t number) {
    uintmax_t bytes = 0;
    const std::string folder = root_ + "/machine" + std::to_string(number) + "/data";
    for (const auto& file : std::filesystem::directory_iterator(folder)) bytes += file.file_size();
    return bytes;
  };
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_EQ(data_bytes(i), large.size() + 6);

  for (auto& node : nodes_) node.reset();
  StartAll();
  ASSERT_EQ(ProposeSomewhere("small=2").reply, "1");
  EXPECT_EQ(nodes_[leader_]->Read("large", ReadLevel::kLinearizable, kLong).reply, large);

  // Without it a node does not start.
  nodes_[1].reset();
  std::filesystem::remove_all(root_ + "/machine1/data");
  const absl::Status refused = Start(1, OptionsOf(1));
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(refused.message().find("is gone, but the log refers to it"), std::string::npos) << refused;
}

TEST_F(NodeTest, LeadershipIsHandedOver) {
  StartAll();
  ASSERT_EQ(ProposeSomewhere("a=1").status, absl::OkStatus());
  const uint32_t before = leader_;
  ASSERT_EQ(nodes_[before]->HandOver(kLong).status, absl::OkStatus());
  EXPECT_NE(nodes_[before]->status().role, Role::kLeader);
  ASSERT_EQ(ProposeSomewhere("a=2").status, absl::OkStatus());
  EXPECT_NE(leader_, before);
  EXPECT_EQ(nodes_[before]->HandOver(kLong).status, absl::OkStatus()) << "nothing to hand over is fine";
}

TEST_F(NodeTest, AMemberJoinsAndLeaves) {
  StartAll();
  ASSERT_EQ(ProposeSomewhere("a=1").status, absl::OkStatus());
  NodeOptions options = OptionsOf(4);
  options.founding.reset();
  for (uint32_t i = 1; i <= 3; ++i) {
    nodes_[i]->Run([&](Node& node) { options.addresses[{i, 0}] = node.address(); });
  }
  ASSERT_EQ(Start(4, options), absl::OkStatus());
  std::string address;
  nodes_[4]->Run([&](Node& node) { address = node.address(); });
  for (uint32_t i = 1; i <= 3; ++i) nodes_[i]->Run([&](Node& node) { node.SetAddress({4, 0}, address); });
  ASSERT_EQ(ProposeSomewhere("a=2").status, absl::OkStatus());
  const ConfigurationChange add{{{ChangeKind::kAddVoter, {4, 0}}}, Transition::kAuto};
  ASSERT_EQ(nodes_[leader_]->ChangeConfiguration(add, kLong).status, absl::OkStatus());
  EXPECT_EQ(ReadAt(4, "a").reply, "2");
  const ConfigurationChange remove{{{ChangeKind::kRemove, {4, 0}}}, Transition::kAuto};
  ASSERT_EQ(nodes_[leader_]->ChangeConfiguration(remove, kLong).status, absl::OkStatus());
  EXPECT_EQ(nodes_[leader_]->status().configuration.configuration, Founders(3));
}

TEST_F(NodeTest, OneCallerWaitsNoLongerThanItsTimeAllows) {
  ASSERT_EQ(Start(1, OptionsOf(1)), absl::OkStatus());  // Without the others nothing is decided.
  const Answer answer = nodes_[1]->Read("a", ReadLevel::kLinearizable, 20'000);
  EXPECT_TRUE(answer.status.code() == absl::StatusCode::kUnknown ||
              answer.status.code() == absl::StatusCode::kUnavailable)
      << answer.status;
}

TEST_F(NodeTest, WhoWaitsIsAnsweredWhenTheNodeEnds) {
  ASSERT_EQ(Start(1, OptionsOf(1)), absl::OkStatus());
  int answers = 0;
  for (int i = 0; i < 10; ++i) {
    const absl::Status status = nodes_[1]->Propose(SharedBytes(std::string("a=1")), [&answers](const Answer& answer) {
      EXPECT_FALSE(answer.status.ok());
      ++answers;
    });
    EXPECT_EQ(status, absl::OkStatus());
  }
  nodes_[1].reset();
  EXPECT_EQ(answers, 10);
}

TEST_F(NodeTest, WhatExceedsTheBudgetIsRefused) {
  NodeOptions options = OptionsOf(1);
  options.driver.requests.requests_max = 3;
  options.driver.requests.bytes_max = 1000;
  ASSERT_EQ(Start(1, options), absl::OkStatus());
  nodes_[1]->Run([](Node& node) {
    for (int i = 0; i < 2; ++i)
      EXPECT_TRUE(node.Propose(SharedBytes(std::string(400, 'x')), [](const Answer&) {}).ok());
    EXPECT_EQ(node.Propose(SharedBytes(std::string(400, 'x')), [](const Answer&) {}).status().code(),
              absl::StatusCode::kResourceExhausted);
    EXPECT_TRUE(node.Read("x", ReadLevel::kStale, [](const Answer&) {}).ok());
    EXPECT_EQ(node.Read("x", ReadLevel::kStale, [](const Answer&) {}).status().code(),
              absl::StatusCode::kResourceExhausted);
  });
}

TEST_F(NodeTest, OneProcessAtATimeUsesAFolder) {
  ASSERT_EQ(Start(1, OptionsOf(1)), absl::OkStatus());
  const auto lock = LockFolder(root_ + "/1");
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kUnavailable) << lock.status();
  nodes_[1].reset();
  EXPECT_TRUE(LockFolder(root_ + "/1").ok());
}

TEST_F(NodeTest, FilesOfAnotherNodeAreRefused) {
  ASSERT_EQ(Start(1, OptionsOf(1)), absl::OkStatus());
  nodes_[1].reset();
  NodeOptions other = OptionsOf(1);
  other.cluster = 43;
  const absl::Status cluster = Start(1, other);
  EXPECT_EQ(cluster.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(cluster.message().find("cluster 000000000000002a"), absl::string_view::npos) << cluster;
  EXPECT_NE(cluster.message().find(other.directory), absl::string_view::npos) << cluster;
  other = OptionsOf(1);
  other.id.incarnation = 1;
  other.founding.reset();
  const absl::Status life = Start(1, other);
  EXPECT_EQ(life.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(life.message().find("empty folder"), absl::string_view::npos) << life;
}

TEST(NodeOptionsTest, WhatNoNodeCanRunWithIsRefused) {
  NodeOptions options;
  options.cluster = 1;
  options.id = {1, 0};
  options.directory = "x";
  EXPECT_EQ(ValidateNodeOptions(options), absl::OkStatus());
  const auto refused = [&options](const auto& change, const std::string& word) {
    NodeOptions changed = options;
    change(changed);
    const absl::Status status = ValidateNodeOptions(changed);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(status.message().find(word), absl::string_view::npos) << status;
  };
  refused([](NodeOptions& o) { o.cluster = 0; }, "`cluster`");
  refused([](NodeOptions& o) { o.id = {}; }, "`id`");
  refused([](NodeOptions& o) { o.directory.clear(); }, "`directory`");
  refused([](NodeOptions& o) { o.driver.heartbeat_micros = 0; }, "heartbeat");
  refused([](NodeOptions& o) { o.driver.election_timeout_micros = 60'000; }, "election_timeout");
  refused([](NodeOptions& o) { o.driver.election_spread_percent = 0; }, "election_spread_percent");
  refused([](NodeOptions& o) { o.founding = Configuration{}; }, "`founding`");
  refused([](NodeOptions& o) { o.id = {7, 0}, o.founding = Founders(3); }, "`founding`");
}

}  // namespace
}  // namespace lockstep::runtime
