// What a node does when its disk is full, fails, forgets, or is taking a snapshot: one sentence each.
#include <gtest/gtest.h>

#include "runtime/driver/memory_cluster.h"

namespace lockstep::runtime {
namespace {

// What an operator is told.
struct Watcher final : DriverObserver {
  void OnStorage(const absl::Status& status) override { storage.push_back(status); }
  void OnStopped(const absl::Status& why) override { stopped = why; }
  std::vector<absl::Status> storage;
  absl::Status stopped;
};

class StorageTest : public testing::Test {
 protected:
  uint32_t Start(uint32_t founders) {
    cluster = std::make_unique<MemoryCluster>(founders);
    cluster->options.core = core;
    for (uint32_t number = 1; number <= founders; ++number) cluster->observers[number] = &watchers[number];
    cluster->StartAll();
    const uint32_t leader = cluster->AwaitLeader();
    EXPECT_NE(leader, 0u);
    return leader;
  }
  static uint32_t Other(uint32_t number) { return number % 3 + 1; }
  void Put(uint32_t leader, const std::string& command) {
    const Answer answer = cluster->Propose(leader, command);
    ASSERT_TRUE(answer.status.ok()) << answer.status;
  }
  void Fill(uint32_t number) {
    cluster->clock().Advance(1'000'000);  // What is made ahead is there.
    cluster->disk(number).capacity = cluster->content(number).used_bytes();
  }
  void MakeRoom(uint32_t number) { cluster->disk(number).capacity = UINT64_MAX; }
  // Writes 1000 bytes again and again; how many were acknowledged before one was not.
  int WriteUntilRefused(uint32_t leader) {
    for (int i = 0; i < 500; ++i) {
      const std::string command = "k" + std::to_string(i) + "=" + std::string(1000, 'x');
      refusal = cluster->Propose(leader, command).status;
      if (!refusal.ok()) return i;
    }
    ADD_FAILURE() << "the disk never was full";
    return 0;
  }
  void ExpectAllEqual() {
    ASSERT_TRUE(cluster->AwaitAllApplied());
    for (uint32_t number = 2; number <= 3; ++number) {
      EXPECT_EQ(cluster->machine(number).map(), cluster->machine(1).map());
    }
  }
  const Peer& PeerOf(uint32_t leader, uint32_t number) {
    for (const Peer& peer : cluster->driver(leader).state().leading.peers) {
      if (peer.id.number == number) return peer;
    }
    ADD_FAILURE() << "no such peer";
    std::abort();
  }

  Options core;
  std::unique_ptr<MemoryCluster> cluster;
  Watcher watchers[4];
  absl::Status refusal;
};

// ---- A full disk ---------------------------------------------------------------------------------------

TEST_F(StorageTest, WhatAFullDiskDidNotTakeIsNotAcknowledged) {
  const uint32_t leader = Start(1);
  Fill(leader);
  const int acknowledged = WriteUntilRefused(leader);
  EXPECT_GT(acknowledged, 0);
  EXPECT_EQ(refusal.code(), absl::StatusCode::kUnknown) << refusal;
  cluster->LosePower(leader);
  MakeRoom(leader);
  cluster->StartAll();
  cluster->AwaitLeader();
  ASSERT_TRUE(cluster->AwaitAllApplied());
  for (int i = 0; i < acknowledged; ++i) ASSERT_TRUE(cluster->machine(1).map().contains("k" + std::to_string(i)));
}

TEST_F(StorageTest, AFollowerWithAFullDiskAcknowledgesNothingMore) {
  const uint32_t leader = Start(3);
  const uint32_t full = Other(leader);
  Fill(full);
  for (int i = 0; i < 100; ++i) Put(leader, "k" + std::to_string(i) + "=" + std::string(1000, 'x'));
  EXPECT_EQ(cluster->AwaitLeader(), leader);
  const Index last = cluster->driver(leader).state().log.last_index();
  EXPECT_LT(PeerOf(leader, full).progress.match_index, last);
  EXPECT_LE(PeerOf(leader, full).progress.match_index, cluster->driver(full).state().storage.durable_index);
  MakeRoom(full);
  ExpectAllEqual();
  EXPECT_TRUE(cluster->clock().RunUntil([&] { return PeerOf(leader, full).progress.match_index >= last; }));
}

TEST_F(StorageTest, ALeaderWithAFullDiskHandsLeadershipOver) {
  const uint32_t leader = Start(3);
  cluster->messages.clear();
  Fill(leader);
  WriteUntilRefused(leader);
  EXPECT_NE(cluster->driver(leader).state().role, Role::kLeader);
  const uint32_t next = cluster->AwaitLeader();
  EXPECT_NE(next, leader);
  EXPECT_GT(cluster->messages["TimeoutNow"], 0);  // Nobody had to wait for an election timeout.
  for (int i = 0; i < 20; ++i) Put(next, "n=" + std::to_string(i));
}

TEST_F(StorageTest, AFullDiskIsSaidToBeFullAndLaterToWork) {
  const uint32_t leader = Start(3);
  Fill(leader);
  EXPECT_TRUE(cluster->driver(leader).storage().ok());
  WriteUntilRefused(leader);
  ASSERT_EQ(watchers[leader].storage.size(), 1u);
  EXPECT_EQ(watchers[leader].storage[0].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(watchers[leader].storage[0].message().find("log/"), std::string::npos) << watchers[leader].storage[0];
  EXPECT_EQ(cluster->driver(leader).storage().code(), absl::StatusCode::kResourceExhausted);
  MakeRoom(leader);
  Put(cluster->AwaitLeader(), "a=1");
  ExpectAllEqual();
  ASSERT_EQ(watchers[leader].storage.size(), 2u);
  EXPECT_TRUE(watchers[leader].storage[1].ok());
  EXPECT_TRUE(cluster->driver(leader).storage().ok());
}

TEST_F(StorageTest, OnceThereIsSpaceItGoesOnWithoutARestart) {
  const uint32_t leader = Start(3);
  Fill(leader);
  WriteUntilRefused(leader);
  const uint32_t next = cluster->AwaitLeader();
  for (int i = 0; i < 100; ++i) Put(next, "n" + std::to_string(i) + "=" + std::string(1000, 'y'));
  EXPECT_LT(cluster->driver(leader).state().storage.durable_index, cluster->driver(next).state().log.last_index());
  MakeRoom(leader);
  ExpectAllEqual();
  EXPECT_TRUE(watchers[leader].stopped.ok());
  // It may even lead again.
  const Answer transfer = cluster->Await([&](AnswerDone done) {
    return cluster->driver(next).TransferLeadership({leader, 0}, std::move(done));
  });
  EXPECT_TRUE(transfer.status.ok()) << transfer.status;
  ASSERT_EQ(cluster->AwaitLeader(), leader);
  Put(leader, "again=1");
}

// ---- A slow disk ---------------------------------------------------------------------------------------

// What needs no durability leaves at once: the others write while the leader's own disk does.
TEST_F(StorageTest, ALeaderReplicatesWhileItsOwnDiskWrites) {
  const uint32_t leader = Start(3);
  Put(leader, "a=1");
  ASSERT_TRUE(cluster->AwaitAllApplied());
  const Index next = cluster->driver(leader).state().log.last_index() + 1;
  cluster->disk(leader).delay = 150'000;
  std::optional<Answer> answer;
  ASSERT_TRUE(
      cluster->driver(leader).Propose(SharedBytes("a=2"), [&answer](Answer told) { answer = std::move(told); }).ok());
  cluster->clock().Advance(5'000);
  EXPECT_EQ(cluster->driver(leader).state().storage.durable_index, next - 1);
  EXPECT_EQ(cluster->driver(Other(leader)).state().storage.durable_index, next);
  EXPECT_EQ(cluster->driver(leader).state().commit_index, next);
  EXPECT_FALSE(answer.has_value());  // What is applied here is durable here.
  cluster->clock().Advance(150'000);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->status.ok()) << answer->status;
}

TEST_F(StorageTest, HeartbeatsNeverWaitForADisk) {
  const uint32_t leader = Start(3);
  Put(leader, "a=1");
  ASSERT_TRUE(cluster->AwaitAllApplied());
  const Term term = cluster->driver(leader).state().current_term;
  // Every disk stands still for ten election timeouts, with a write under way.
  for (uint32_t number = 1; number <= 3; ++number) cluster->disk(number).delay = 10'000'000;
  std::optional<Answer> answer;
  ASSERT_TRUE(
      cluster->driver(leader).Propose(SharedBytes("a=2"), [&answer](Answer told) { answer = std::move(told); }).ok());
  cluster->messages.clear();
  cluster->clock().Advance(5'000'000);
  EXPECT_FALSE(answer.has_value());
  EXPECT_GE(cluster->messages["Heartbeat"], 2 * 90);  // 50 ms apart, to two followers.
  EXPECT_EQ(cluster->messages["RequestVote"], 0);
  cluster->clock().Advance(10'000'000);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->status.ok()) << answer->status;
  EXPECT_EQ(cluster->driver(leader).state().current_term, term);
}

// ---- A failing sync ------------------------------------------------------------------------------------

TEST_F(StorageTest, AFailingSyncIsTreatedAsAFullDiskIs) {
  const uint32_t leader = Start(3);
  Put(leader, "a=1");
  cluster->messages.clear();
  cluster->disk(leader).sync_fails = true;
  const Answer answer = cluster->Propose(leader, "a=2");
  // The others may have it: nobody is told that it has not happened.
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnknown) << answer.status;
  const uint32_t next = cluster->AwaitLeader();
  EXPECT_NE(next, leader);
  EXPECT_GT(cluster->messages["TimeoutNow"], 0);
  ASSERT_FALSE(watchers[leader].storage.empty());
  EXPECT_NE(watchers[leader].storage[0].message().find("the device failed"), std::string::npos);
  Put(next, "b=1");
  cluster->disk(leader).sync_fails = false;
  ExpectAllEqual();
  EXPECT_TRUE(cluster->driver(leader).storage().ok());
  EXPECT_TRUE(watchers[leader].stopped.ok());
}

// ---- Snapshots -----------------------------------------------------------------------------------------

// The log may lose entries only below a snapshot that is durable, at any moment.
TEST_F(StorageTest, TheLogIsCompactedOnlyBelowADurableSnapshot) {
  core.snapshot_interval_entries = 10;
  const uint32_t leader = Start(1);
  const auto check = [&] {
    MemoryDisk durable = cluster->content(1).Durable();
    MemoryClock clock;
    DiskFaults none;
    MemoryFiles files(durable, clock, none);
    const auto store = FileSnapshotStore::Open(files, {.cluster = 42, .group = 0});
    ASSERT_TRUE(store.ok()) << store.status();
    const auto& snapshot = (*store)->current();
    const Index covered = snapshot.has_value() ? snapshot->last_included.index : 0;
    EXPECT_LE(cluster->driver(1).state().log.base_index(), covered);
  };
  for (int i = 0; i < 30; ++i) {
    Put(leader, "k" + std::to_string(i) + "=v");
    for (int step = 0; step < 5; ++step) {
      cluster->clock().Advance(100);
      check();
    }
  }
  const Index before = cluster->driver(1).state().log.base_index();
  EXPECT_GE(before, 20u);
  // One that cannot be made durable frees nothing, and is said to have failed.
  cluster->disk(1).sync_fails_in = "snapshots";
  cluster->disk(1).sync_fails = true;
  for (int i = 0; i < 30; ++i) Put(leader, "l" + std::to_string(i) + "=v");
  cluster->clock().Advance(100'000);
  check();
  EXPECT_EQ(cluster->driver(1).state().log.base_index(), before);
  ASSERT_FALSE(watchers[1].storage.empty());
  EXPECT_EQ(watchers[1].storage[0].code(), absl::StatusCode::kDataLoss);
  cluster->disk(1).sync_fails = false;
  for (int i = 0; i < 15; ++i) Put(leader, "m" + std::to_string(i) + "=v");
  cluster->clock().Advance(100'000);
  check();
  EXPECT_GT(cluster->driver(1).state().log.base_index(), before);
}

TEST_F(StorageTest, AFullDiskUnderASnapshotLosesNothing) {
  const uint32_t leader = Start(1);
  for (int i = 0; i < 5; ++i) Put(leader, "k" + std::to_string(i) + "=" + std::string(5000, 'x'));
  Fill(1);
  cluster->driver(1).TakeSnapshot();
  cluster->clock().Advance(100'000);
  EXPECT_FALSE(cluster->driver(1).state().snapshot.last_included.index > 0);
  EXPECT_EQ(cluster->driver(1).state().log.base_index(), 0u);
  EXPECT_EQ(cluster->driver(1).storage().code(), absl::StatusCode::kResourceExhausted);
  MakeRoom(1);
  cluster->driver(1).TakeSnapshot();
  cluster->clock().Advance(100'000);
  EXPECT_GT(cluster->driver(1).state().log.base_index(), 0u);
  cluster->LosePower(1);
  cluster->StartAll();
  cluster->AwaitLeader();
  EXPECT_EQ(cluster->machine(1).map().size(), 5u);
}

TEST_F(StorageTest, AnInterruptedTransferGoesOnWhereItWas) {
  core.snapshot_chunk_bytes = 500;
  uint32_t leader = Start(3);
  const uint32_t behind = Other(leader);
  cluster->LosePower(behind);
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 40; ++i) Put(leader, "k" + std::to_string(i) + "=" + std::string(500, 'x'));
  cluster->driver(leader).TakeSnapshot();
  cluster->clock().Advance(100'000);
  const uint64_t bytes = cluster->driver(leader).state().snapshot.bytes;
  const int chunks = static_cast<int>((bytes + 499) / 500);
  ASSERT_GT(chunks, 30);
  cluster->messages.clear();
  ASSERT_TRUE(cluster->Start(behind).ok());
  const auto offset = [&]() -> uint64_t {
    const auto& incoming = cluster->driver(behind).state().incoming;
    return incoming.has_value() ? incoming->next_offset : 0;
  };
  ASSERT_TRUE(cluster->clock().RunUntil([&] { return offset() > bytes / 2; }));
  const uint64_t reached = offset();
  cluster->cut_off = {behind};
  cluster->clock().Advance(400'000);
  EXPECT_EQ(offset(), reached);
  cluster->cut_off = {};
  ExpectAllEqual();
  EXPECT_GE(cluster->driver(behind).state().snapshot.last_included.index, 40u);
  EXPECT_LT(cluster->messages["InstallSnapshot"], chunks + chunks / 4);
}

// ---- A disk that forgets -------------------------------------------------------------------------------

TEST_F(StorageTest, ANodeWhoseDiskForgotWhatItAcknowledgedStopsAndSaysSo) {
  const uint32_t leader = Start(3);
  Put(leader, "a=1");
  ASSERT_TRUE(cluster->AwaitAllApplied());
  const uint32_t forgetful = Other(leader);
  const MemoryDisk older = cluster->content(forgetful).Durable();
  for (int i = 0; i < 5; ++i) Put(leader, "a=" + std::to_string(i));
  ASSERT_TRUE(cluster->AwaitAllApplied());
  cluster->LosePower(forgetful);
  cluster->content(forgetful) = older;
  ASSERT_TRUE(cluster->Start(forgetful).ok());
  EXPECT_TRUE(cluster->clock().RunUntil([&] { return !watchers[forgetful].stopped.ok(); }));
  const std::string said(watchers[forgetful].stopped.message());
  EXPECT_EQ(watchers[forgetful].stopped.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(said.find("its disk lost what it had acknowledged"), std::string::npos) << said;
  EXPECT_NE(said.find("join again under a new incarnation"), std::string::npos) << said;
  EXPECT_NE(said.find("shown by node " + std::to_string(leader)), std::string::npos) << said;
  // It takes part no more, whatever it is asked.
  EXPECT_EQ(cluster->Propose(forgetful, "a=6").status.code(), absl::StatusCode::kFailedPrecondition);
  Put(cluster->AwaitLeader(), "a=7");
}

}  // namespace
}  // namespace lockstep::runtime
