// The log in memory and the one in files, asked for the same: they must answer the same.
#include "runtime/memory/memory_log.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <memory>

#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {
namespace {

Configuration Members(uint32_t count) {
  Configuration configuration;
  for (uint32_t i = 1; i <= count; ++i) configuration.voters.insert({i, 0});
  return configuration;
}

class Pair {
 public:
  Pair() : memory_(clock_, {0, Members(3)}) {
    options_.identity = {42, 1, {1, 0}};
    options_.segment_bytes = 4096;
    MemoryEntropy entropy(7);
    Open();
    RC_ASSERT(WriteAheadLog::Create(*files_, entropy, options_, {0, Members(3)}).ok());
    Restart();
  }
  void Restart() {
    file_.reset();
    memory_.Interrupt();
    Open();
    auto opened = WriteAheadLog::Open(*files_, options_);
    RC_ASSERT(opened.ok());
    file_ = std::move(opened->log);
    stored_ = std::move(opened->stored);
    Compare();
    latest_ = stored_;
  }
  void Append() {
    Log& log = latest_.log;
    const Index first = *rc::gen::inRange<Index>(log.first_index(), log.last_index() + 2);
    if (first <= log.last_index()) log.TruncateAfter(first - 1);
    effect::AppendLog write{1, first, {}, {}};
    std::vector<Payload> payloads;
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      const auto kind = *rc::gen::weightedElement<EntryKind>(
          {{6, EntryKind::kCommand}, {1, EntryKind::kNoOp}, {1, EntryKind::kConfiguration}});
      const uint32_t bytes = kind == EntryKind::kCommand ? *rc::gen::inRange<uint32_t>(0, 600) : 0;
      const EntryMeta meta{++term_, bytes, kind};
      write.entries.push_back(meta);
      if (kind == EntryKind::kCommand) {
        Payload payload = MakePayload(SharedBytes(std::string(bytes, static_cast<char>('a' + term_ % 26))));
        if (*rc::gen::weightedElement<bool>({{4, false}, {1, true}})) payload.bytes = {};  // It lies outside.
        payloads.push_back(std::move(payload));
      }
      if (kind == EntryKind::kConfiguration) {
        const Configuration members = Members(*rc::gen::inRange(1u, 6u));
        write.configurations.push_back({log.last_index() + 1, members});
        log.Append(meta, members);
      } else {
        log.Append(meta);
      }
    }
    for (LogStore* store : Both()) store->Append(write, payloads);
  }
  void SaveVote() {
    for (LogStore* store : Both()) store->SaveVote(term_, {static_cast<uint32_t>(term_ % 5), 0});
  }
  void Truncate() {
    const Index last = *rc::gen::inRange<Index>(latest_.log.base_index(), latest_.log.last_index() + 1);
    latest_.log.TruncateAfter(last);
    for (LogStore* store : Both()) store->Truncate(last);
  }
  void Compact() {
    const Index index = *rc::gen::inRange<Index>(latest_.log.base_index(), latest_.log.last_index() + 1);
    const LogPosition base{index, *latest_.log.TermAt(index)};
    const ConfigurationEntry configuration = latest_.log.ConfigurationAt(index);
    latest_.log.CompactTo(index);
    for (LogStore* store : Both()) store->Compact(base, configuration);
  }
  void Reset() {
    const LogPosition base{latest_.log.last_index() + *rc::gen::inRange<Index>(0, 4), ++term_};
    latest_.log = Log(base, {base.index, Members(2)});
    for (LogStore* store : Both()) store->Reset(base, {base.index, Members(2)});
  }
  void Commit() {
    int told = 0;
    for (LogStore* store : Both()) {
      store->Commit([&told](const absl::Status& status) {
        RC_ASSERT(status.ok());
        ++told;
      });
    }
    RC_ASSERT(told == 0);
    RC_ASSERT(clock_.RunUntil([&told] { return told == 2; }));
  }

 private:
  std::vector<LogStore*> Both() { return {file_.get(), &memory_}; }
  void Open() { files_ = std::make_unique<MemoryFiles>(disk_, clock_, faults_); }
  void Compare() {
    const StoredLog memory = memory_.stored();
    RC_ASSERT(memory.term == stored_.term);
    RC_ASSERT(memory.voted_for == stored_.voted_for);
    RC_ASSERT(memory.log == stored_.log);
    RC_ASSERT(memory.outside == stored_.outside);
    auto outside = memory.outside.begin();
    for (Index index = memory.log.first_index(); index <= memory.log.last_index(); ++index) {
      if (outside != memory.outside.end() && outside->position.index == index) {
        ++outside;
        continue;
      }
      const auto there = file_->Read(index, index);
      const auto here = memory_.Read(index, index);
      RC_ASSERT(there.ok());
      RC_ASSERT(*there == *here);
    }
  }

  MemoryDisk disk_;
  MemoryClock clock_;
  DiskFaults faults_;
  WriteAheadLogOptions options_;
  std::unique_ptr<MemoryFiles> files_;
  std::unique_ptr<WriteAheadLog> file_;
  MemoryLog memory_;
  StoredLog stored_;
  StoredLog latest_;  // Once everything collected is committed.
  Term term_ = 0;
};

RC_GTEST_PROP(MemoryLogTest, BothLogsAreTheSame, ()) {
  Pair pair;
  for (int i = *rc::gen::inRange(1, 60); i > 0; --i) {
    switch (*rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {4, 5}, {2, 6}})) {
      case 0:
        pair.Append();
        break;
      case 1:
        pair.SaveVote();
        break;
      case 2:
        pair.Truncate();
        break;
      case 3:
        pair.Compact();
        break;
      case 4:
        pair.Reset();
        break;
      case 5:
        pair.Commit();
        break;
      default:
        pair.Restart();
        break;
    }
  }
  pair.Commit();
  pair.Restart();
}

TEST(MemoryLogTest, AFailedCommitHasNeverBeen) {
  MemoryClock clock;
  MemoryLog log(clock, {0, Members(3)}, 100);
  log.SetCommitStatus(absl::ResourceExhaustedError("full"));
  log.SaveVote(3, {1, 0});
  absl::Status told;
  log.Commit([&told](const absl::Status& status) { told = status; });
  log.SaveVote(4, {1, 0});
  clock.Advance(100);
  EXPECT_EQ(told.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(log.has_collected());
  EXPECT_EQ(log.stored().term, 0u);
}

}  // namespace
}  // namespace lockstep::runtime
