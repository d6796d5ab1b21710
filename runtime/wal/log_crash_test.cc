// The log against a model, under crashes, failing syncs, a full disk and damage.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>

#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_entropy.h"
#include "runtime/memory/memory_files.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {
namespace {

// What the log should hold: the same as a StoredLog, with the commands.
struct Model {
  Term term = 0;
  NodeId voted_for;
  Log log{{}, {0, {}}};
  std::vector<std::string> commands;  // Of all entries, from the base on; empty for other kinds.

  void Truncate(Index last) {
    if (last >= log.last_index()) return;
    log.TruncateAfter(last);
    commands.resize(last - log.base_index());
  }
  void Compact(LogPosition base, const ConfigurationEntry& configuration) {
    if (log.Matches(base) && base.index >= log.base_index()) {
      const auto gone = static_cast<ptrdiff_t>(base.index - log.base_index());
      commands.erase(commands.begin(), commands.begin() + gone);
      log.CompactTo(base.index);
      Log again(base, configuration);
      for (Index i = base.index + 1; i <= log.last_index(); ++i) again.Append(log.At(i));
      log = again;
    } else {
      log = Log(base, configuration);
      commands.clear();
    }
  }
  friend bool operator==(const Model&, const Model&) = default;
};

class Faults final : public DiskFaults {
 public:
  absl::Status OnSync(const std::string&) override {
    if (sync_fails) return absl::DataLossError("the device failed");
    return absl::OkStatus();
  }
  uint64_t capacity_bytes() override { return full ? used : UINT64_MAX; }
  int64_t DelayMicros() override { return 10; }
  bool sync_fails = false;
  bool full = false;
  uint64_t used = 0;
};

// A log and its model, driven by draws.
class Run {
 public:
  Run() {
    options_.identity = {42, 1, {1, 0}};
    options_.segment_bytes = 12288;  // Three blocks.
    files_ = std::make_unique<MemoryFiles>(disk_, clock_, faults_);
    RC_ASSERT(WriteAheadLog::Create(*files_, entropy_, options_, {0, {}}).ok());
    possible_ = {durable_};
    Open();
  }

  void DoSomething() {
    switch (*rc::gen::weightedElement<int>(
        {{8, 0}, {2, 1}, {2, 2}, {2, 3}, {1, 4}, {8, 5}, {2, 6}, {2, 7}, {2, 8}, {2, 9}})) {
      case 0:
        return Append();
      case 1:
        return SaveVote();
      case 2:
        return Truncate();
      case 3:
        return Compact();
      case 4:
        return Reset();
      case 5:
        return Commit();
      case 6:
        return Crash();
      case 7:
        return clock_.Advance(*rc::gen::inRange(0, 30));
      case 8:
        return log_->Rest();
      default:
        faults_.sync_fails = *rc::gen::weightedElement<bool>({{4, false}, {1, true}});
        faults_.full = *rc::gen::weightedElement<bool>({{4, false}, {1, true}});
        faults_.used = disk_.used_bytes();
    }
  }

  // Ends with everything durable, the way an orderly end leaves it.
  void Settle() {
    faults_ = {};
    clock_.Advance(1000);
    if (log_->has_collected()) Commit();
    clock_.Advance(1000);
    RC_ASSERT(!log_->committing());
    log_->Rest();
  }

  void Crash() {
    Close();
    faults_ = {};
    const auto bits = *rc::gen::arbitrary<uint64_t>();
    const auto mode = *rc::gen::inRange(0, 3);
    MemoryEntropy draws(bits);
    disk_.Crash([&] { return mode == 0 ? false : mode == 1 ? draws.Draw() % 2 == 0 : draws.Draw() % 8 != 0; });
    Open();
    Check();
  }

  // Flips a byte somewhere. The log must come back as it was, or say that it is damaged.
  void Damage() {
    Close();
    const std::vector<std::string> paths = disk_.Paths();
    const std::string path = *rc::gen::elementOf(paths);
    const auto flip = static_cast<char>(*rc::gen::inRange(1, 256));
    disk_.Damage(path, *rc::gen::inRange<size_t>(0, disk_.Content(path).size()), flip);
    files_ = std::make_unique<MemoryFiles>(disk_, clock_, faults_);
    auto opened = WriteAheadLog::Open(*files_, options_);
    if (!opened.ok()) {
      RC_TAG(std::string("refused"));
      RC_ASSERT(opened.status().code() == absl::StatusCode::kDataLoss);
      return;
    }
    RC_TAG(std::string("no harm"));
    Take(*std::move(opened));
    Check();
  }

 private:
  void Close() {
    log_.reset();
    files_.reset();
  }

  void Open() {
    files_ = std::make_unique<MemoryFiles>(disk_, clock_, faults_);
    auto opened = WriteAheadLog::Open(*files_, options_);
    if (!opened.ok()) RC_FAIL(std::string(opened.status().message()));
    Take(*std::move(opened));
  }

  void Take(WriteAheadLog::Opened opened) {
    log_ = std::move(opened.log);
    stored_ = std::move(opened.stored);
    committing_.clear();
    collected_.clear();
  }

  // What was read is one of the states that are possible; it is the durable one from now on.
  void Check() {
    Model found{stored_.term, stored_.voted_for, stored_.log, {}};
    for (Index i = stored_.log.first_index(); i <= stored_.log.last_index(); ++i) {
      const auto payloads = log_->Read(i, i);
      RC_ASSERT(payloads.ok());
      RC_ASSERT(payloads->size() == 1u);
      found.commands.emplace_back((*payloads)[0].bytes.view());
    }
    RC_ASSERT(std::find(possible_.begin(), possible_.end(), found) != possible_.end());
    durable_ = found;
    possible_ = {durable_};
  }

  // The state once all that is collected is durable.
  const Model& Latest() const { return collected_.empty() ? base() : collected_.back(); }
  const Model& base() const { return committing_.empty() ? durable_ : committing_.back(); }
  void Collect(const Model& next) { collected_.push_back(next); }

  void Append() {
    Model next = Latest();
    const Index first = *rc::gen::inRange<Index>(next.log.base_index() + 1, next.log.last_index() + 2);
    next.Truncate(first - 1);
    effect::AppendLog write{1, first, {}, {}};
    std::vector<Payload> payloads;
    const int count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
      const size_t size = *rc::gen::weightedOneOf<size_t>({{8, rc::gen::inRange<size_t>(0, 50)},
                                                           {2, rc::gen::inRange<size_t>(0, 1500)},
                                                           {1, rc::gen::just<size_t>(9000)}});
      const std::string command(size, static_cast<char>('a' + next_letter_++ % 26));
      const EntryMeta meta{next.log.last_term() + 1, static_cast<uint32_t>(size), EntryKind::kCommand};
      write.entries.push_back(meta);
      payloads.push_back(MakePayload(SharedBytes(command)));
      next.log.Append(meta);
      next.commands.push_back(command);
      Collect(next);
    }
    log_->Append(write, std::move(payloads));
  }
  void SaveVote() {
    Model next = Latest();
    next.term += *rc::gen::inRange<Term>(0, 3);
    next.voted_for = {*rc::gen::inRange<uint32_t>(0, 4), 0};
    log_->SaveVote(next.term, next.voted_for);
    Collect(next);
  }
  void Truncate() {
    Model next = Latest();
    const Index last = *rc::gen::inRange<Index>(next.log.base_index(), next.log.last_index() + 1);
    next.Truncate(last);
    log_->Truncate(last);
    Collect(next);
  }
  void Compact() {
    Model next = Latest();
    const Index index = *rc::gen::inRange<Index>(next.log.base_index(), next.log.last_index() + 1);
    const LogPosition base{index, *next.log.TermAt(index)};
    next.Compact(base, {index, {}});
    log_->Compact(base, {index, {}});
    Collect(next);
  }
  void Reset() {
    Model next = Latest();
    const LogPosition base{next.log.last_index() + *rc::gen::inRange<Index>(1, 5), next.log.last_term() + 1};
    next.log = Log(base, {base.index, {}});
    next.commands.clear();
    log_->Reset(base, {base.index, {}});
    Collect(next);
  }
  void Commit() {
    if (log_->committing()) {
      clock_.Advance(20);
      return;
    }
    committing_ = std::move(collected_);
    collected_.clear();
    // Until this has gone well, what an earlier one that failed left behind is possible too.
    possible_.insert(possible_.end(), committing_.begin(), committing_.end());
    log_->Commit([this](const absl::Status& status) {
      if (status.ok()) {
        durable_ = base();
        possible_ = {durable_};
      } else {
        collected_.clear();
      }
      committing_.clear();
    });
  }

  MemoryDisk disk_;
  MemoryClock clock_;
  MemoryEntropy entropy_{7};
  Faults faults_;
  WriteAheadLogOptions options_;
  std::unique_ptr<MemoryFiles> files_;
  std::unique_ptr<WriteAheadLog> log_;
  StoredLog stored_;

  Model durable_;
  std::vector<Model> possible_;    // What a crash now may leave.
  std::vector<Model> committing_;  // After each record of the batch under way.
  std::vector<Model> collected_;   // After each record collected since.
  int next_letter_ = 0;
};

RC_GTEST_PROP(LogCrashTest, ACrashLeavesWhatWasCommittedAndMaybeAPrefixOfTheRest, ()) {
  Run run;
  const int actions = *rc::gen::inRange(1, 120);
  for (int i = 0; i < actions; ++i) run.DoSomething();
  run.Crash();
}

RC_GTEST_PROP(LogCrashTest, DamageIsNeverPassedOver, ()) {
  Run run;
  const int actions = *rc::gen::inRange(1, 60);
  for (int i = 0; i < actions; ++i) run.DoSomething();
  run.Settle();
  run.Damage();
}

}  // namespace
}  // namespace lockstep::runtime
