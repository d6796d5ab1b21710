// DataLog: a LogStore around another one that keeps large commands in a DataStore, and references to them in the log.
//
//     Commit:   data of the batch --> Store, durable --> the batch, with references --> the log's commit --> done
//
// The order is the point: a reference that a crash leaves in the log finds its data. What a failed or interrupted
// commit stored in vain is overwritten, or removed at the next start.
#ifndef LOCKSTEP_RUNTIME_DATA_DATA_LOG_H_
#define LOCKSTEP_RUNTIME_DATA_DATA_LOG_H_

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "runtime/data_store.h"
#include "runtime/files.h"
#include "runtime/log_store.h"

namespace lockstep::runtime {

class DataLog final : public LogStore {
 public:
  // `references`: those of `log` as it was opened, ascending; `data` has been opened with them. All outlive this.
  DataLog(LogStore& log, DataStore& data, Files& files, std::span<const DataReference> references);
  ~DataLog() override;

  void SaveVote(Term term, NodeId voted_for) override;
  void Append(const effect::AppendLog& write, std::vector<Payload> payloads) override;
  void Truncate(Index last) override;
  void Reset(LogPosition base, const ConfigurationEntry& configuration) override;
  void Compact(LogPosition base, const ConfigurationEntry& configuration) override;

  void Commit(Completion done) override;
  bool committing() const override { return committing_; }
  void Rest() override;
  bool has_collected() const override { return !collected_.writes.empty(); }
  uint64_t collected_bytes() const override { return collected_.bytes; }

  absl::StatusOr<std::vector<Payload>> Read(Index first, Index last) override;
  void ReadInBackground(Index first, Index last, ReadDone done) override;

 private:
  using References = std::map<Index, DataReference>;
  // What is asked of the log, to be passed on once its data is durable, and what it does to the references.
  struct Write {
    std::function<void(LogStore&)> log;
    std::function<void(DataLog&)> references;
  };
  struct Batch {
    std::vector<Write> writes;
    std::vector<Datum> data;
    uint64_t bytes = 0;
  };
  // A part of a range of entries: of the log's, or one that is in the data store.
  struct Part {
    Index first = 0;
    Index last = 0;
    const DataReference* outside = nullptr;
  };

  void Collect(uint64_t bytes, Write write);
  void PassOn(Completion done);
  void End(const absl::Status& status, const Completion& done);
  void Drop(References::iterator first, References::iterator last);
  void ForgetDropped();
  std::vector<Part> PartsOf(Index first, Index last) const;
  static absl::StatusOr<std::vector<Payload>> Load(DataStore& data, const DataReference& reference);

  LogStore& log_;
  DataStore& data_;
  Files& files_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  References references_;               // Of what is committed.
  std::vector<DataReference> dropped_;  // From these by the commit that ends.
  Batch collected_;
  Batch writing_;
  bool committing_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DATA_DATA_LOG_H_
