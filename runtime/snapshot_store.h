// SnapshotStore: where a node keeps snapshots of its state, its own and those it is sent.
//
// A snapshot is an image: a file that is made once, by whoever took it, with checksums of every block and of the whole,
// and sent and stored as it is. The last good one stays until the next is durable and verified. What the content means
// is the state machine's matter; when one is taken, sent or installed, the core's.
#ifndef LOCKSTEP_RUNTIME_SNAPSHOT_STORE_H_
#define LOCKSTEP_RUNTIME_SNAPSHOT_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/state.h"
#include "runtime/files.h"
#include "runtime/payload.h"

namespace lockstep::runtime {

// A state's content, piece by piece.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // The next piece, of about `bytes_wanted` bytes; empty at the end.
  virtual absl::StatusOr<std::string> Read(size_t bytes_wanted) = 0;
};

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // The current snapshot, if there is one; its `bytes` are the image's.
  virtual const std::optional<Snapshot>& current() const = 0;

  // Makes an image of what `source` yields: it is read on the host's thread, a piece at a time, between its other work.
  // Once the image is durable it is current. Requires: none is being taken.
  using Taken = std::function<void(absl::StatusOr<Snapshot>)>;
  virtual void Take(LogPosition last_included, const ConfigurationEntry& configuration,
                    std::unique_ptr<SnapshotSource> source, Taken done) = 0;

  // Stores a part of an image that another node sends; offset 0 begins anew.
  virtual void StoreChunk(LogPosition last_included, uint64_t offset, const Payload& chunk, Completion done) = 0;
  // Verifies what has been stored; if it is the whole and undamaged image of `snapshot`, makes it durable and current.
  // Errors: DataLoss if it is not.
  virtual void Install(const Snapshot& snapshot, Completion done) = 0;

  // Bytes [offset, offset + bytes) of the image of the snapshot at `last_included`.
  // Errors: NotFound if it is kept no longer.
  using ChunkRead = std::function<void(absl::StatusOr<Payload>)>;
  virtual void ReadChunk(LogPosition last_included, uint64_t offset, uint32_t bytes, ChunkRead done) = 0;
  // Snapshots that are being sent: they stay, all others but the current one go.
  virtual void Retain(const std::vector<LogPosition>& in_use) = 0;

  // The content of the current snapshot. It verifies what it reads; it may be read in the background.
  // Errors: NotFound if there is none.
  virtual absl::StatusOr<std::unique_ptr<SnapshotSource>> OpenCurrent() = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SNAPSHOT_STORE_H_
