#include "runtime/driver/driver.h"

#include <gtest/gtest.h>

#include "runtime/driver/memory_cluster.h"

namespace lockstep::runtime {
namespace {

std::string Text(size_t bytes, int seed) { return std::string(bytes, static_cast<char>('a' + seed % 26)); }

class DriverTest : public testing::Test {
 protected:
  uint32_t Start(uint32_t founders) {
    cluster = std::make_unique<MemoryCluster>(founders);
    cluster->options.core = core;
    cluster->StartAll();
    const uint32_t leader = cluster->AwaitLeader();
    EXPECT_NE(leader, 0u);
    return leader;
  }
  void Put(uint32_t leader, const std::string& key, const std::string& value) {
    const Answer answer = cluster->Propose(leader, key + "=" + value);
    ASSERT_TRUE(answer.status.ok()) << answer.status;
  }
  uint32_t Other(uint32_t number) { return number % 3 + 1; }
  void ExpectAllEqual() {
    EXPECT_TRUE(cluster->AwaitAllApplied());
    for (uint32_t number = 2; number <= 3; ++number)
      EXPECT_EQ(cluster->machine(number).map(), cluster->machine(1).map());
  }

  Options core;
  std::unique_ptr<MemoryCluster> cluster;
};

TEST_F(DriverTest, OneNodeAnswersOnceItsDiskHasIt) {
  const uint32_t leader = Start(1);
  EXPECT_EQ(cluster->Propose(leader, "a=1").reply, "");
  const Answer second = cluster->Propose(leader, "a=2");
  EXPECT_EQ(second.reply, "1");
  EXPECT_EQ(cluster->Read(leader, "a", ReadLevel::kLinearizable).reply, "2");
  cluster->LosePower(1);
  cluster->StartAll();
  cluster->AwaitLeader();
  EXPECT_EQ(cluster->Read(1, "a", ReadLevel::kLinearizable).reply, "2");
  EXPECT_EQ(cluster->Read(1, "b", ReadLevel::kLinearizable).status.code(), absl::StatusCode::kNotFound);
}

TEST_F(DriverTest, ThreeNodesAgree) {
  const uint32_t leader = Start(3);
  for (int i = 0; i < 50; ++i) Put(leader, "key" + std::to_string(i % 7), std::to_string(i));
  ExpectAllEqual();
  EXPECT_EQ(cluster->Read(Other(leader), "key0", ReadLevel::kLinearizable).reply, "49");
  EXPECT_EQ(cluster->Read(Other(leader), "key0", ReadLevel::kStale).reply, "49");
  EXPECT_EQ(cluster->machine(leader).map().size(), 7u);
}

TEST_F(DriverTest, ElectionsBeginWithinTheSpreadOfTheTimeout) {
  cluster = std::make_unique<MemoryCluster>(1);
  cluster->options.election_spread_percent = 20;
  const int64_t timeout = cluster->options.election_timeout_micros;
  constexpr int64_t kWritingMicros = 20'000;
  int64_t least = 10 * timeout;
  int64_t most = 0;
  for (int i = 0; i < 40; ++i) {
    const int64_t begun = cluster->clock().now_micros();
    cluster->StartAll();
    ASSERT_EQ(cluster->AwaitLeader(), 1u);
    least = std::min(least, cluster->clock().now_micros() - begun);
    most = std::max(most, cluster->clock().now_micros() - begun);
    cluster->LosePower(1);
  }
  EXPECT_GE(least, timeout);
  EXPECT_LT(most, timeout * 12 / 10 + kWritingMicros);
  EXPECT_GT(most - least, timeout / 10);
}

TEST_F(DriverTest, AFollowerSaysWhoLeads) {
  const uint32_t leader = Start(3);
  cluster->clock().Advance(100'000);
  const Answer answer = cluster->Propose(Other(leader), "a=1");
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answer.reason, effect::Reason::kNotLeader);
  EXPECT_EQ(answer.leader, (NodeId{leader, 0}));
  EXPECT_NE(answer.status.message().find("ask there"), std::string::npos);
}

TEST_F(DriverTest, ManyProposalsShareASync) {
  const uint32_t leader = Start(3);
  cluster->clock().Advance(1'000'000);
  const uint64_t syncs = cluster->disk(leader).syncs;
  int answered = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(cluster->driver(leader)
                    .Propose(SharedBytes("k" + std::to_string(i) + "=v"),
                             [&answered](const Answer& answer) {
                               EXPECT_TRUE(answer.status.ok());
                               ++answered;
                             })
                    .ok());
  }
  EXPECT_TRUE(cluster->clock().RunUntil([&] { return answered == 1000; }));
  // Ten segments are filled on the way: each costs syncs of its own.
  EXPECT_LT(cluster->disk(leader).syncs - syncs, 40u);
  ExpectAllEqual();
}

TEST_F(DriverTest, APowerCutOfAllLosesNothingThatWasAnswered) {
  uint32_t leader = Start(3);
  for (int i = 0; i < 20; ++i) Put(leader, "k" + std::to_string(i), Text(500, i));
  for (uint32_t number = 1; number <= 3; ++number) cluster->LosePower(number);
  cluster->StartAll();
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(cluster->Read(leader, "k" + std::to_string(i), ReadLevel::kLinearizable).reply, Text(500, i));
  }
  ExpectAllEqual();
}

TEST_F(DriverTest, TheNextLeaderGoesOn) {
  const uint32_t leader = Start(3);
  Put(leader, "a", "1");
  cluster->LosePower(leader);
  const uint32_t next = cluster->AwaitLeader();
  ASSERT_NE(next, leader);
  Put(next, "a", "2");
  cluster->StartAll();
  ExpectAllEqual();
  EXPECT_EQ(cluster->machine(leader).map().at("a"), "2");
}

TEST_F(DriverTest, ALeaderCutOffAnswersThatItMayHaveHappened) {
  const uint32_t leader = Start(3);
  cluster->cut_off = {leader};
  const Answer answer = cluster->Propose(leader, "a=lost");
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnknown) << answer.status;
  EXPECT_EQ(cluster->Read(leader, "a", ReadLevel::kLinearizable).status.code(), absl::StatusCode::kUnavailable);
  const uint32_t next = cluster->AwaitLeader();
  Put(next, "a", "kept");
  cluster->cut_off = {};
  ExpectAllEqual();
  EXPECT_EQ(cluster->machine(leader).map().at("a"), "kept");
}

TEST_F(DriverTest, BudgetsAreKept) {
  cluster = std::make_unique<MemoryCluster>(1);
  cluster->options.requests = {.requests_max = 3, .bytes_max = 1000};
  cluster->StartAll();
  cluster->AwaitLeader();
  int answered = 0;
  const auto propose = [&](size_t bytes) {
    return cluster->driver(1).Propose(SharedBytes(std::string(bytes, 'x')), [&](const Answer&) { ++answered; });
  };
  EXPECT_TRUE(propose(900).ok());
  EXPECT_EQ(propose(200).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(propose(10).ok());
  EXPECT_TRUE(propose(10).ok());
  EXPECT_EQ(propose(10).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(cluster->clock().RunUntil([&] { return answered == 3; }));
  EXPECT_TRUE(propose(10).ok());
  EXPECT_TRUE(cluster->clock().RunUntil([&] { return answered == 4; }));
}

TEST_F(DriverTest, WithdrawnRequestsEndAtOnce) {
  const uint32_t leader = Start(3);
  cluster->cut_off = {leader};
  std::optional<Answer> answer;
  const auto id = cluster->driver(leader).Propose(SharedBytes("a=1"), [&](Answer told) { answer = std::move(told); });
  cluster->clock().Advance(1000);
  EXPECT_FALSE(answer.has_value());
  cluster->driver(leader).Cancel(*id);
  cluster->clock().Advance(1000);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status.code(), absl::StatusCode::kUnknown);
}

TEST_F(DriverTest, EndingANodeEndsItsRequests) {
  const uint32_t leader = Start(3);
  std::optional<Answer> answer;
  ASSERT_TRUE(cluster->driver(leader).Propose(SharedBytes("a=1"), [&](Answer told) { answer = std::move(told); }).ok());
  cluster->Stop(leader);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status.code(), absl::StatusCode::kUnknown);
}

TEST_F(DriverTest, SnapshotsCompactTheLogAndCatchFollowersUp) {
  core.snapshot_interval_entries = 50;
  core.snapshot_trailing_entries = 5;
  core.snapshot_chunk_bytes = 1000;
  uint32_t leader = Start(3);
  const uint32_t behind = Other(leader);
  cluster->LosePower(behind);
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 300; ++i) Put(leader, "k" + std::to_string(i % 100), Text(200, i));
  cluster->clock().Advance(1'000'000);
  EXPECT_GT(cluster->driver(leader).state().log.base_index(), 200u);
  EXPECT_LT(cluster->log(leader).segment_count(), 5u);
  ASSERT_TRUE(cluster->Start(behind).ok());
  ExpectAllEqual();
  EXPECT_GT(cluster->messages["InstallSnapshot"], 5);
  EXPECT_GT(cluster->driver(behind).state().snapshot.last_included.index, 0u);
  // All of it again from the disks alone.
  for (uint32_t number = 1; number <= 3; ++number) cluster->LosePower(number);
  cluster->StartAll();
  leader = cluster->AwaitLeader();
  Put(leader, "after", "all");
  ExpectAllEqual();
  EXPECT_EQ(cluster->machine(behind).map().size(), 101u);
}

TEST_F(DriverTest, ASnapshotIsTakenOnceTheLogHoldsSoMuch) {
  cluster = std::make_unique<MemoryCluster>(3);
  cluster->options.snapshot_log_bytes = 10'000;
  cluster->StartAll();
  const uint32_t leader = cluster->AwaitLeader();
  for (int i = 0; i < 9; ++i) Put(leader, "k" + std::to_string(i), Text(1000, i));
  cluster->clock().Advance(1'000'000);
  EXPECT_EQ(cluster->driver(leader).state().snapshot.last_included.index, 0u);
  for (int i = 0; i < 3; ++i) Put(leader, "k" + std::to_string(i), Text(1000, i));
  cluster->clock().Advance(1'000'000);
  const Index first = cluster->driver(leader).state().snapshot.last_included.index;
  EXPECT_GT(first, 9u);
  EXPECT_GT(cluster->driver(leader).state().log.base_index(), 0u);
  for (int i = 0; i < 12; ++i) Put(leader, "k" + std::to_string(i), Text(1000, i));
  cluster->clock().Advance(1'000'000);
  EXPECT_GT(cluster->driver(leader).state().snapshot.last_included.index, first);
  ExpectAllEqual();
}

TEST_F(DriverTest, AFollowerFarBehindIsFedFromTheLog) {
  core.resident_entries = 10;
  core.append_bytes_max = 5000;
  uint32_t leader = Start(3);
  const uint32_t behind = Other(leader);
  cluster->LosePower(behind);
  cluster->options.payload_cache_bytes = 3000;
  leader = cluster->AwaitLeader();
  cluster->LosePower(leader);  // It comes back with a small cache.
  cluster->StartAll();
  cluster->LosePower(behind);
  leader = cluster->AwaitLeader();
  for (int i = 0; i < 200; ++i) Put(leader, "k" + std::to_string(i), Text(300, i));
  ASSERT_TRUE(cluster->Start(behind).ok());
  ExpectAllEqual();
}

// A node takes a snapshot of its own while it installs a later one: its log, which the installation has emptied, must
// not be compacted back.
TEST_F(DriverTest, ASnapshotTakenDuringAnInstallationCompactsNothing) {
  for (int64_t delay = 100; delay <= 2'000; delay += 100) {
    core = Options();
    core.snapshot_interval_entries = 4;
    const uint32_t leader = Start(3);
    const uint32_t behind = Other(leader);
    for (int i = 0; i < 3; ++i) Put(leader, "a" + std::to_string(i), "1");
    ASSERT_TRUE(cluster->AwaitAllApplied());
    cluster->cut_off.insert(behind);
    for (int i = 0; i < 20; ++i) Put(leader, "b" + std::to_string(i), "2");
    cluster->clock().Advance(100'000);
    cluster->cut_off.clear();
    cluster->disk(behind).delay = delay;
    for (int i = 0; i < 200 && cluster->driver(behind).state().snapshot.last_included.index < 20; ++i) {
      cluster->driver(behind).TakeSnapshot();
      cluster->clock().Advance(delay / 2);
    }
    ExpectAllEqual();
    cluster->LosePower(behind);
    ASSERT_TRUE(cluster->Start(behind).ok());
    ExpectAllEqual();
  }
}

// Entries are asked for and, before they are read, compacted: the follower gets the snapshot instead.
TEST_F(DriverTest, AFollowerWhoseEntriesAreCompactedWhileTheyAreReadCatchesUp) {
  core.resident_entries = 1;
  core.append_bytes_max = 100;
  core.snapshot_interval_entries = 4;
  const uint32_t leader = Start(3);
  const uint32_t behind = Other(leader);
  for (int round = 0; round < 40; ++round) {
    cluster->LosePower(behind);
    for (int i = 0; i < 6; ++i) Put(leader, "k" + std::to_string(i), Text(60, round));
    cluster->disk(leader).delay = 100 * (1 + round % 7);
    ASSERT_TRUE(cluster->Start(behind).ok());
    for (int i = 0; i < 6; ++i) Put(leader, "n" + std::to_string(i), Text(60, round));
    ExpectAllEqual();
  }
}

TEST_F(DriverTest, ALeaderWhoseDiskIsFullHandsOverAndComesBack) {
  const uint32_t leader = Start(3);
  cluster->clock().Advance(1'000'000);
  cluster->disk(leader).capacity = cluster->content(leader).used_bytes();
  absl::Status status;
  for (int i = 0; i < 500 && status.ok(); ++i) status = cluster->Propose(leader, "k=" + Text(1000, i)).status;
  EXPECT_FALSE(status.ok());
  const uint32_t next = cluster->AwaitLeader();
  EXPECT_NE(next, leader);
  for (int i = 0; i < 100; ++i) Put(next, "n" + std::to_string(i), Text(1000, i));
  EXPECT_LT(cluster->driver(leader).state().storage.durable_index, cluster->driver(next).state().log.last_index());
  cluster->disk(leader).capacity = UINT64_MAX;
  ExpectAllEqual();
  EXPECT_TRUE(cluster->driver(leader).stopped().ok());
}

TEST_F(DriverTest, AFailingSyncIsNotAnswered) {
  const uint32_t leader = Start(3);
  Put(leader, "a", "1");
  for (uint32_t number = 1; number <= 3; ++number) cluster->disk(number).sync_fails = true;
  const Answer answer = cluster->Propose(leader, "a=2");
  EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnknown) << answer.status;
  for (uint32_t number = 1; number <= 3; ++number) cluster->disk(number).sync_fails = false;
  const uint32_t next = cluster->AwaitLeader();
  Put(next, "a", "3");
  ExpectAllEqual();
}

TEST_F(DriverTest, ManyEntriesAreWrittenAgainAfterAFailure) {
  const uint32_t leader = Start(1);
  Put(leader, "a", "0");
  cluster->disk(leader).sync_fails = true;
  std::vector<Answer> answers;
  for (int i = 0; i < 5; ++i) {
    const std::string command = "k" + std::to_string(i) + "=v";
    ASSERT_TRUE(cluster->driver(leader)
                    .Propose(SharedBytes(command), [&answers](Answer told) { answers.push_back(std::move(told)); })
                    .ok());
  }
  cluster->clock().Advance(100'000);
  cluster->disk(leader).sync_fails = false;
  ASSERT_EQ(cluster->AwaitLeader(), leader);
  Put(leader, "a", "1");
  EXPECT_EQ(answers.size(), 5u);
  EXPECT_TRUE(cluster->driver(leader).stopped().ok());
  cluster->LosePower(1);
  cluster->StartAll();
  cluster->AwaitLeader();
  EXPECT_EQ(cluster->Read(1, "a", ReadLevel::kLinearizable).reply, "1");
  // Whatever was told to have happened is there; the others may be.
  for (int i = 0; i < 5; ++i) {
    if (!answers[i].status.ok()) continue;
    EXPECT_EQ(cluster->Read(1, "k" + std::to_string(i), ReadLevel::kLinearizable).reply, "v");
  }
}

TEST_F(DriverTest, MembersComeAndGo) {
  uint32_t leader = Start(3);
  for (int i = 0; i < 10; ++i) Put(leader, "k" + std::to_string(i), "v");
  ASSERT_TRUE(cluster->Start(4).ok());
  const auto change = [&](ChangeKind kind, uint32_t number) {
    ConfigurationChange wish;
    wish.members.push_back({kind, {number, 0}});
    return cluster->Await(
        [&](AnswerDone done) { return cluster->driver(leader).ChangeConfiguration(wish, std::move(done)); });
  };
  EXPECT_TRUE(change(ChangeKind::kAddLearner, 4).status.ok());
  EXPECT_TRUE(change(ChangeKind::kAddVoter, 4).status.ok());
  EXPECT_TRUE(cluster->AwaitAllApplied());
  EXPECT_EQ(cluster->machine(4).map().size(), 10u);
  const uint32_t gone = Other(leader);
  EXPECT_TRUE(change(ChangeKind::kRemove, gone).status.ok());
  EXPECT_FALSE(cluster->driver(leader).state().configuration().IsMember({gone, 0}));
  cluster->Stop(gone);
  const Answer transfer = cluster->Await([&](AnswerDone done) {
    return cluster->driver(leader).TransferLeadership({4, 0}, std::move(done));
  });
  EXPECT_TRUE(transfer.status.ok()) << transfer.status;
  EXPECT_EQ(cluster->AwaitLeader(), 4u);
  // A later start finds the configuration in its log.
  cluster->LosePower(4);
  ASSERT_TRUE(cluster->Start(4).ok());
  EXPECT_TRUE(cluster->driver(4).state().configuration().IsVoter({4, 0}));
}

TEST_F(DriverTest, LeaseReadsNeedNoRound) {
  core.lease_micros = 300'000;
  const uint32_t leader = Start(3);
  Put(leader, "a", "1");
  cluster->clock().Advance(200'000);
  const int before = cluster->messages["Heartbeat"];
  EXPECT_EQ(cluster->Read(leader, "a", ReadLevel::kLease).reply, "1");
  EXPECT_EQ(cluster->messages["Heartbeat"], before);
  EXPECT_EQ(cluster->Read(leader, "a", ReadLevel::kLinearizable).reply, "1");
  EXPECT_GT(cluster->messages["Heartbeat"], before);
}

TEST_F(DriverTest, SameSeedsSameRun) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    const uint32_t leader = Start(3);
    for (int i = 0; i < 20; ++i) Put(leader, "k" + std::to_string(i), Text(100, i));
    std::string result = std::to_string(cluster->clock().now_micros());
    for (const std::string& path : cluster->content(leader).Paths()) result += cluster->content(leader).Content(path);
    if (run == 0) first = result;
    EXPECT_EQ(result, first);
  }
}

}  // namespace
}  // namespace lockstep::runtime
