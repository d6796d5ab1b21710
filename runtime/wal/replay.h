// Replay: what the segments of a log say, and how far they can be believed.
//
// Reads only. It tells damage, which is an error, from a torn tail, which is cut (FORMAT.md, "Reading"), and says what
// its caller has to do to the files before the log may be written again.
#ifndef LOCKSTEP_RUNTIME_WAL_REPLAY_H_
#define LOCKSTEP_RUNTIME_WAL_REPLAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/files.h"
#include "runtime/wal/log_index.h"
#include "runtime/wal/record.h"

namespace lockstep::runtime {

std::string SegmentName(uint32_t segment);
std::string SpareName(uint32_t number);

// A range of bytes of a segment.
struct SegmentRange {
  uint32_t segment = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct Replayed {
  LogIndex index;
  uint32_t salt = 0;
  std::vector<uint32_t> segments;  // Those that hold the log, ascending; the last one is to be continued ...
  LogAddress end;                  // ... from here on ...
  uint32_t chain = 0;              // ... behind the record with this checksum.

  // To be done first, then synced:
  SegmentRange rewrite;              // Not proven to be on disk: to be written again as it is.
  SegmentRange wipe;                 // Of a torn batch, behind its first bad record: to be overwritten with zeros.
  std::vector<std::string> garbage;  // Names of files that are not needed, by their names in the log's directory.
  std::vector<uint32_t> prepared;    // Segments made ahead, never begun.

  uint64_t bytes = 0;       // Of records read.
  uint64_t torn_bytes = 0;  // That were cut off.
  std::string rewrite_content;
};

// Reads the log in `directory`, which must be that of `identity`.
// Errors: NotFound if there is no log; DataLoss naming file and offset if it is damaged, or segments are missing;
// FailedPrecondition for another node's or another format's files. All say what an operator can do.
absl::StatusOr<Replayed> ReplayLog(Files& files, const std::string& directory, const LogIdentity& identity);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_WAL_REPLAY_H_
