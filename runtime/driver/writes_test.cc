#include "runtime/driver/writes.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

// Notes what it is asked for; a commit ends when the test says how.
class NotedLog final : public LogStore {
 public:
  void SaveVote(Term term, NodeId) override { collected.push_back(absl::StrCat("vote ", term)); }
  void Append(const effect::AppendLog& write, std::vector<Payload>) override {
    collected.push_back(absl::StrCat("append ", write.first, "-", write.last()));
  }
  void Truncate(Index last) override { collected.push_back(absl::StrCat("truncate ", last)); }
  void Reset(LogPosition base, const ConfigurationEntry&) override {
    collected.push_back(absl::StrCat("reset ", base.index));
  }
  void Compact(LogPosition base, const ConfigurationEntry&) override {
    collected.push_back(absl::StrCat("compact ", base.index));
  }
  void Commit(Completion done) override {
    committed = std::exchange(collected, {});
    done_ = std::move(done);
  }
  bool committing() const override { return done_ != nullptr; }
  bool has_collected() const override { return !collected.empty(); }
  uint64_t collected_bytes() const override { return collected.size(); }
  absl::StatusOr<std::vector<Payload>> Read(Index, Index) override { return absl::UnimplementedError("not here"); }
  void ReadInBackground(Index, Index, ReadDone) override {}

  void End(const absl::Status& status) {
    if (!status.ok()) collected.clear();
    std::exchange(done_, nullptr)(status);
  }

  std::vector<std::string> collected;
  std::vector<std::string> committed;

 private:
  Completion done_;
};

using Texts = std::vector<std::string>;

class WritesTest : public testing::Test {
 protected:
  void Append(WriteId id, Index first) {
    writes.Collect(effect::AppendLog{id, first, {{1, 0, EntryKind::kNoOp}}, {}}, {});
  }
  void Hold(WriteId after) { writes.Hold(after, {after, {}, {}}); }
  // Tells the core what it has not heard of yet; the messages that leave, by the write they waited for.
  std::vector<uint64_t> TellAll() {
    std::vector<uint64_t> left;
    for (const Event& event : std::exchange(inputs, {})) {
      const auto* done = std::get_if<input::WriteDone>(&event);
      const WriteId id = done != nullptr ? done->write_id : std::get<input::WriteFailed>(event).write_id;
      for (const Envelope& envelope : writes.Told(id, done != nullptr)) left.push_back(envelope.group);
    }
    return left;
  }

  NotedLog log;
  std::vector<Event> inputs;
  Writes writes{log, [this](Event event) { inputs.push_back(std::move(event)); }, [](const absl::Status&) {}};
};

TEST_F(WritesTest, WhatIsAskedForMeanwhileGoesTogetherWithTheNextCommit) {
  Append(1, 5);
  writes.MaybeCommit();
  Append(2, 6);
  Append(3, 7);
  writes.MaybeCommit();
  EXPECT_EQ(log.committed, Texts{"append 5-5"});
  log.End(absl::OkStatus());
  writes.MaybeCommit();
  EXPECT_EQ(log.committed, (Texts{"append 6-6", "append 7-7"}));
}

TEST_F(WritesTest, MessagesLeaveOnceTheCoreHasHeardOfTheirWrite) {
  Append(1, 5);
  Hold(1);
  Append(2, 6);
  Hold(2);
  writes.MaybeCommit();
  EXPECT_EQ(TellAll(), std::vector<uint64_t>{});
  log.End(absl::OkStatus());
  EXPECT_EQ(TellAll(), (std::vector<uint64_t>{1, 2}));
}

TEST_F(WritesTest, AFailureIsOneOfWhatIsUnderWayAndOfWhatWasCollectedSince) {
  Append(1, 5);
  Hold(1);
  writes.MaybeCommit();
  Append(2, 6);
  Hold(2);
  log.End(absl::DataLossError("the device failed"));
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<input::WriteFailed>(inputs[0]));
  EXPECT_TRUE(std::holds_alternative<input::WriteFailed>(inputs[1]));
  EXPECT_EQ(TellAll(), std::vector<uint64_t>{});
}

// The core goes on at 7 as long as it does not know that 5 and 6 have failed.
TEST_F(WritesTest, WhatTheCoreAsksForBeforeItHasHeardOfAFailureIsDropped) {
  Append(1, 5);
  Append(2, 6);
  writes.MaybeCommit();
  log.End(absl::DataLossError("the device failed"));
  Append(3, 7);
  writes.Collect(effect::SaveVote{4, 2, {}});
  writes.Collect(effect::TruncateLog{5, 6});
  Hold(3);
  writes.Told(1, false);
  Append(6, 5);
  EXPECT_EQ(log.collected, Texts{});
  writes.Told(2, false);
  Append(7, 5);
  Hold(7);
  EXPECT_EQ(log.collected, Texts{"append 5-5"});
  inputs.clear();
  writes.MaybeCommit();
  log.End(absl::OkStatus());
  EXPECT_EQ(TellAll(), std::vector<uint64_t>{7});
  EXPECT_EQ(writes.Told(3, true).size(), 0u);
}

TEST_F(WritesTest, AnInstallationHearsHowItsResetEnded) {
  std::vector<absl::StatusCode> ends;
  const auto end = [&ends](const absl::Status& status) { ends.push_back(status.code()); };
  writes.Reset({9, 2}, {}, end);
  writes.MaybeCommit();
  log.End(absl::DataLossError("the device failed"));
  writes.Reset({9, 2}, {}, end);
  writes.MaybeCommit();
  log.End(absl::OkStatus());
  EXPECT_EQ(ends, (std::vector<absl::StatusCode>{absl::StatusCode::kDataLoss, absl::StatusCode::kOk}));
}

}  // namespace
}  // namespace lockstep::runtime
