// DataDirectory: all that a node keeps on its disk: its identity, its log, its snapshots.
//
// The identity is written when the node is first started and says whose files these are. A node whose files belong to
// somebody else, or of whose files some are missing, is refused, with what was seen and what an operator can do: it
// may have voted or acknowledged what it no longer knows.
#ifndef LOCKSTEP_RUNTIME_DRIVER_DATA_DIRECTORY_H_
#define LOCKSTEP_RUNTIME_DRIVER_DATA_DIRECTORY_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "core/configuration.h"
#include "runtime/entropy.h"
#include "runtime/files.h"
#include "runtime/snapshots/file_snapshot_store.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {

struct DataDirectoryOptions {
  LogIdentity identity;
  uint64_t segment_bytes = 64 << 20;
  // Of a node that is one of the cluster's founders: the first configuration, the same for all of them. A node that
  // joins later has none. Of no account once the node has files.
  std::optional<Configuration> founding;
};

struct DataDirectory {
  std::unique_ptr<WriteAheadLog> log;
  std::unique_ptr<FileSnapshotStore> snapshots;
  StoredLog stored;
  LogReport report;
  bool is_new = false;  // Made by this call.
};

// Opens a node's files, or makes them if there are none.
// Errors: FailedPrecondition for another node's files or those of another life; DataLoss for missing or damaged ones;
// those of the disk.
absl::StatusOr<DataDirectory> OpenDataDirectory(Files& files, Entropy& entropy, const DataDirectoryOptions& options);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_DATA_DIRECTORY_H_
