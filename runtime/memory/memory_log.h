// A LogStore in memory: what is committed is kept as long as this object is.
//
// For tests of whoever uses a LogStore, and for nodes that need not survive their process. A node that ends and starts
// again goes on with stored(), once Interrupt() has ended what was under way.
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_LOG_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_LOG_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "runtime/clock.h"
#include "runtime/log_store.h"

namespace lockstep::runtime {

class MemoryLog final : public LogStore {
 public:
  // An empty log that begins with `configuration`. A commit takes `commit_micros` of the scheduler's time.
  MemoryLog(Scheduler& scheduler, const ConfigurationEntry& configuration, int64_t commit_micros = 0)
      : scheduler_(scheduler), commit_micros_(commit_micros), durable_{{0, kNoNode, Log({}, configuration), {}}, {}} {}
  ~MemoryLog() override { Interrupt(); }

  // What a start finds.
  StoredLog stored() const { return durable_.log; }
  // The node has ended: what is collected or under way has never been, and nobody is told.
  void Interrupt();
  // How commits that end from now on end.
  void SetCommitStatus(absl::Status status) { commit_status_ = std::move(status); }

  void SaveVote(Term term, NodeId voted_for) override;
  void Append(const effect::AppendLog& write, std::vector<Payload> payloads) override;
  void Truncate(Index last) override;
  void Reset(LogPosition base, const ConfigurationEntry& configuration) override;
  void Compact(LogPosition base, const ConfigurationEntry& configuration) override;

  void Commit(Completion done) override;
  bool committing() const override { return commit_ != 0; }
  bool has_collected() const override { return !collected_.empty(); }
  uint64_t collected_bytes() const override { return collected_bytes_; }

  absl::StatusOr<std::vector<Payload>> Read(Index first, Index last) override;
  void ReadInBackground(Index first, Index last, ReadDone done) override;

 private:
  struct Content {
    StoredLog log;
    std::deque<Payload> payloads;  // Of the log's entries; empty for those that are no commands.

    void TruncateAfter(Index last);
    void Restart(LogPosition base, const ConfigurationEntry& configuration);
  };
  using Write = std::function<void(Content&)>;

  Scheduler& scheduler_;
  const int64_t commit_micros_;
  Content durable_;
  std::vector<Write> collected_;
  uint64_t collected_bytes_ = 0;
  TaskId commit_ = 0;
  std::vector<TaskId> reads_;
  absl::Status commit_status_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_LOG_H_
