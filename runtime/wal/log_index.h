// LogIndex: what the records of the log amount to, and where each entry's payload lies.
//
//     index    4   5 6 7 8 9
//              |   `-------- known entries
//              `------------ floor: the last position before them
//
// While old segments are replayed whose predecessors are gone, the floor may lie above the base (what is compacted); at
// the end it must not: entries would be missing.
#ifndef LOCKSTEP_RUNTIME_WAL_LOG_INDEX_H_
#define LOCKSTEP_RUNTIME_WAL_LOG_INDEX_H_

#include <deque>
#include <vector>

#include "absl/status/status.h"
#include "core/log.h"
#include "runtime/log_store.h"
#include "runtime/wal/record.h"

namespace lockstep::runtime {

struct IndexedEntry {
  EntryMeta meta;
  LogAddress payload_at;
  uint32_t payload_crc = 0;
  bool outside = false;  // The payload lies outside the log.
};

class LogIndex {
 public:
  // Begins with the log in brief. Errors: InvalidArgument if its configuration cannot be read.
  absl::Status Begin(const Record& begin);

  // Takes one record, of any type but kBegin, that stands at `address`.
  // Errors: InvalidArgument saying what about it cannot follow what came before.
  absl::Status Apply(const Record& record, LogAddress address);

  // Whether `begin`, which opens a later segment, tells the log as it is here.
  bool Matches(const Record& begin) const;
  // The log in brief, as a new segment begins; of previous_end and synced nothing is set.
  Record InBrief() const;

  Term term() const { return term_; }
  NodeId voted_for() const { return voted_for_; }
  LogPosition base() const { return base_; }
  // Entries between the base and this are not known.
  LogPosition floor() const { return floor_; }
  LogPosition last() const;
  // Requires: floor().index < index <= last().index.
  const IndexedEntry& At(Index index) const { return entries_[index - floor_.index - 1]; }
  bool empty() const { return entries_.empty(); }

  // As the core wants it. Requires: floor().index <= base().index.
  StoredLog ToStoredLog() const;

 private:
  bool Holds(LogPosition position) const;
  absl::Status BelowBase(Index index) const;
  absl::Status PutEntry(const Record& record, LogAddress address);
  void TruncateAfter(Index last);
  void CompactTo(LogPosition base, ConfigurationEntry configuration);

  Term term_ = 0;
  NodeId voted_for_;
  LogPosition base_;
  ConfigurationEntry base_configuration_;  // In effect at base_.
  LogPosition floor_;                      // Its term is 0 if it is not known.
  std::deque<IndexedEntry> entries_;
  std::vector<ConfigurationEntry> configurations_;  // Of known entries above the base, ascending.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_WAL_LOG_INDEX_H_
