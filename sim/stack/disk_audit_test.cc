#include "sim/stack/disk_audit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/start.h"
#include "runtime/driver/data_directory.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"
#include "sim/stack/disk_damage.h"

namespace lockstep::sim {
namespace {

// A device that says it has synced, and has not.
class LyingDevice final : public runtime::DiskFaults {
 public:
  bool lies = false;
  absl::Status OnSync(const std::string&) override {
    return lies ? absl::DataLossError("the device failed") : absl::OkStatus();
  }
};

class LogAuditTest : public testing::Test {
 protected:
  void SetUp() override {
    Configuration founding;
    founding.voters.insert({1, 0});
    auto opened =
        runtime::OpenDataDirectory(files, entropy, {.identity = identity, .segment_bytes = 4096, .founding = founding});
    ASSERT_TRUE(opened.ok());
    data = *std::move(opened);
    EffectSink effects;
    const DurableState durable{data.stored.term, data.stored.voted_for, {}, data.stored.log};
    state = *Start({1, 0}, {}, 1, durable, effects);
    ASSERT_EQ(audit.Begin(), "");
  }

  // The node appends an entry of its term, in the log and in what it believes.
  void Append(uint32_t bytes) {
    const EntryMeta entry{state.current_term, bytes, EntryKind::kCommand};
    effect::AppendLog write{1, state.log.last_index() + 1, {entry}, {}};
    data.log->Append(write, {runtime::MakePayload(runtime::SharedBytes(std::string(bytes, 'x')))});
    state.log.Append(entry);
  }
  void Vote(Term term) {
    data.log->SaveVote(term, {1, 0});
    state.current_term = state.storage.durable_term = term;
    state.voted_for = state.storage.durable_vote = {1, 0};
  }
  void Commit() {
    data.log->Commit([this](const absl::Status& status) { committed = status.ok(); });
    while (clock.RunNext()) {
    }
    state.storage.durable_index = state.storage.issued_index = state.log.last_index();
  }

  runtime::MemoryDisk disk;
  runtime::MemoryClock clock;
  LyingDevice device;
  runtime::MemoryFiles files{disk, clock, device};
  runtime::MemoryEntropy entropy{1};
  runtime::LogIdentity identity{7, 0, {1, 0}};
  runtime::DataDirectory data;
  LogAudit audit{disk, identity};
  State state;
  bool committed = false;
};

TEST_F(LogAuditTest, FollowsALogThroughItsSegments) {
  Vote(1);
  for (int i = 0; i < 100; ++i) {
    Append(100);
    Commit();
    ASSERT_TRUE(committed);
    ASSERT_EQ(audit.Check(state), "");
  }
  EXPECT_GT(data.log->segment_count(), 2u);
}

TEST_F(LogAuditTest, SeesAnEntryThatIsNotThere) {
  Vote(1);
  Append(10);
  Commit();
  ASSERT_EQ(audit.Check(state), "");
  Append(10);
  state.storage.durable_index = state.log.last_index();
  EXPECT_NE(audit.Check(state), "");
}

TEST_F(LogAuditTest, SeesAVoteThatIsNotThere) {
  Vote(1);
  EXPECT_NE(audit.Check(state), "");
  Commit();
  EXPECT_EQ(audit.Check(state), "");
}

TEST_F(LogAuditTest, SeesWhatWasNeverSynced) {
  Vote(1);
  Append(10);
  device.lies = true;
  Commit();
  EXPECT_FALSE(committed);
  EXPECT_NE(audit.Check(state), "");
}

TEST_F(LogAuditTest, SeesAnotherEntryInItsPlace) {
  Vote(1);
  Append(10);
  Commit();
  ASSERT_EQ(audit.Check(state), "");
  Append(10);
  Commit();
  state.log.TruncateAfter(1);
  state.log.Append({1, 11, EntryKind::kCommand});
  EXPECT_NE(audit.Check(state), "");
}

TEST_F(LogAuditTest, TheLossOfASegmentThatIsNeededShows) {
  Vote(1);
  EXPECT_TRUE(NeededSegments(disk, identity).empty());
  for (int i = 0; i < 100; ++i) {
    Append(100);
    Commit();
  }
  const std::vector<std::string> needed = NeededSegments(disk, identity);
  ASSERT_GT(needed.size(), 2u);
  data = {};
  for (const std::string& path : needed) {
    runtime::MemoryDisk damaged = disk;
    damaged.Remove(path);
    runtime::MemoryFiles view(damaged, clock, device);
    EXPECT_EQ(runtime::OpenDataDirectory(view, entropy, {.identity = identity, .segment_bytes = 4096}).status().code(),
              absl::StatusCode::kDataLoss)
        << path;
  }
}

TEST_F(LogAuditTest, DamageShowsExceptInTheLastBatch) {
  Vote(1);
  Append(600);
  Commit();
  Append(600);
  Commit();
  const std::string path = "log/" + runtime::SegmentName(1);
  EXPECT_TRUE(ShowsDamage(disk, identity, path, 128, 1));
  EXPECT_FALSE(ShowsDamage(disk, identity, path, 1500, 1));
  EXPECT_FALSE(ShowsDamage(disk, identity, path, 4095, 1));
  EXPECT_TRUE(ShowsDamage(disk, identity, "identity", 3, 1));
  disk.Damage(path, 128, 1);
  EXPECT_EQ(runtime::OpenDataDirectory(files, entropy, {.identity = identity, .segment_bytes = 4096}).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace lockstep::sim
