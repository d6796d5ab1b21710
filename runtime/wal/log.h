// The write-ahead log: a LogStore in segment files. (Their format and its reasons: FORMAT.md.)
//
//     log-..3 [ entries 81..140 ]  log-..4 [ entries 141..190 |  ...free ]  log-..5 [ made ahead ]
//               recycled once all         current: batches are added
//               is compacted              at the end, one at a time
//
// One batch is under way at a time; whatever is asked for meanwhile goes with the next one, so that the busier it is
// the more a sync carries. Who may write what, and when, is the core's matter.
#ifndef LOCKSTEP_RUNTIME_WAL_LOG_H_
#define LOCKSTEP_RUNTIME_WAL_LOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/entropy.h"
#include "runtime/files.h"
#include "runtime/log_store.h"
#include "runtime/wal/log_index.h"
#include "runtime/wal/record.h"
#include "runtime/wal/replay.h"

namespace lockstep::runtime {

struct WriteAheadLogOptions {
  std::string directory = "log";
  LogIdentity identity;
  uint64_t segment_bytes = 64 << 20;  // A larger batch gets a larger segment.
  uint32_t spare_segments_max = 4;    // Segments kept for reuse besides the one made ahead.
};

// What opening a log found, for the operator's eyes.
struct LogReport {
  uint64_t segments = 0;
  uint64_t bytes = 0;
  uint64_t torn_bytes = 0;           // Cut off: of a batch that a crash interrupted.
  LogAddress end;                    // Where the log goes on.
  std::vector<std::string> removed;  // Files that were not needed any more.
};

class WriteAheadLog final : public LogStore {
 public:
  // Makes an empty log, durably, in a folder that holds none: it begins after `base`.
  // Errors: AlreadyExists if there is one.
  static absl::Status Create(Files& files, Entropy& entropy, const WriteAheadLogOptions& options,
                             const ConfigurationEntry& configuration);

  struct Opened {
    std::unique_ptr<WriteAheadLog> log;
    StoredLog stored;
    LogReport report;
  };
  // Reads the log and makes it ready to be written. Errors: as ReplayLog; those of the disk.
  static absl::StatusOr<Opened> Open(Files& files, const WriteAheadLogOptions& options);

  ~WriteAheadLog() override;

  void SaveVote(Term term, NodeId voted_for) override;
  void Append(const effect::AppendLog& write, std::vector<Payload> payloads) override;
  void Truncate(Index last) override;
  void Reset(LogPosition base, const ConfigurationEntry& configuration) override;
  void Compact(LogPosition base, const ConfigurationEntry& configuration) override;

  void Commit(Completion done) override;
  bool committing() const override { return writing_ != nullptr; }
  bool has_collected() const override { return !collected_.empty(); }
  void Rest() override;
  uint64_t collected_bytes() const override { return collected_bytes_; }

  absl::StatusOr<std::vector<Payload>> Read(Index first, Index last) override;
  void ReadInBackground(Index first, Index last, ReadDone done) override;

  // Files of the log, for metrics: segments that hold some of it.
  size_t segment_count() const { return segments_.size(); }

 private:
  struct Segment {
    std::shared_ptr<File> file;
    uint64_t bytes = 0;  // What it has room for.
  };
  // Where the log ends, and what the next record is chained to.
  struct End {
    LogAddress address;
    uint32_t chain = 0;
  };
  struct Writing {
    std::vector<Record> records;
    std::vector<LogAddress> addresses;  // Of the records.
    End end;                            // Behind them.
    std::string tail;                   // What the segment will hold from the block of that end to that end.
    bool waiting = false;               // For a segment to go to.
    Completion done;
  };
  struct Batch {
    uint64_t offset = 0;
    std::vector<SharedBytes> parts;
  };
  // A range of a segment that holds payloads to be read.
  struct Piece {
    std::shared_ptr<File> file;
    std::string path;
    uint64_t offset = 0;
    uint64_t bytes = 0;
    struct Item {
      uint64_t at = 0;  // Within the piece.
      uint32_t bytes = 0;
      uint32_t crc = 0;
    };
    std::vector<Item> items;
  };

  WriteAheadLog(Files& files, WriteAheadLogOptions options, Replayed replayed);
  absl::Status OpenSegments(const Replayed& replayed);

  void Collect(Record record);
  void Write();
  bool Fits() const;
  void BeginNextSegment();
  Batch Encode();
  void Written(const absl::Status& status);
  void Fail(const absl::Status& status);
  void FreeSegments();
  void PrepareNext(uint64_t bytes);
  void Prepared(uint32_t number, uint64_t bytes, std::shared_ptr<File> file, const absl::Status& status);
  std::string PathOf(uint32_t segment) const;
  std::vector<Piece> PiecesOf(Index first, Index last) const;
  static absl::StatusOr<std::vector<Payload>> ReadPieces(const std::vector<Piece>& pieces);

  Files& files_;
  const WriteAheadLogOptions options_;
  const uint32_t salt_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  LogIndex index_;                        // What is on disk.
  std::map<uint32_t, Segment> segments_;  // Those that hold some of it; the last one is current.
  uint32_t next_number_ = 1;              // Of the segment made ahead, or to be made.
  std::optional<Segment> next_;           // The segment made ahead.
  bool preparing_ = false;
  std::vector<std::string> spares_;  // Paths of files that may become segments.
  uint32_t becoming_spare_ = 0;
  uint32_t next_spare_ = 1;

  End synced_;            // The log is on disk up to here ...
  End end_;               // ... and a mark, which need not be, up to here.
  std::string tail_;      // What the current segment holds from the block of synced_ to end_.
  bool marked_ = false;   // There is such a mark.
  bool tainted_ = false;  // A write to the current segment failed: no other one goes there.

  std::vector<Record> collected_;
  uint64_t collected_bytes_ = 0;
  std::unique_ptr<Writing> writing_;  // The batch under way.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_WAL_LOG_H_
