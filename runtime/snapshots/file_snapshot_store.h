// A SnapshotStore in files. (Their format: FORMAT.md.)
#ifndef LOCKSTEP_RUNTIME_SNAPSHOTS_FILE_SNAPSHOT_STORE_H_
#define LOCKSTEP_RUNTIME_SNAPSHOTS_FILE_SNAPSHOT_STORE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/files.h"
#include "runtime/snapshot_store.h"
#include "runtime/snapshots/image.h"

namespace lockstep::runtime {

struct SnapshotStoreOptions {
  std::string directory = "snapshots";
  ClusterId cluster = 0;
  uint64_t group = 0;
  size_t piece_bytes = 1 << 20;  // Read from a source at a time.
};

class FileSnapshotStore final : public SnapshotStore {
 public:
  // Finds the newest snapshot and removes what is not needed.
  // Errors: DataLoss naming the file if that one is damaged as far as can be seen at once; FailedPrecondition if it is
  // another cluster's or of another format; those of the disk.
  static absl::StatusOr<std::unique_ptr<FileSnapshotStore>> Open(Files& files, const SnapshotStoreOptions& options);
  ~FileSnapshotStore() override;

  const std::optional<Snapshot>& current() const override { return current_; }
  void Take(LogPosition last_included, const ConfigurationEntry& configuration, std::unique_ptr<SnapshotSource> source,
            Taken done) override;
  void StoreChunk(LogPosition last_included, uint64_t offset, const Payload& chunk, Completion done) override;
  void Install(const Snapshot& snapshot, Completion done) override;
  void ReadChunk(LogPosition last_included, uint64_t offset, uint32_t bytes, ChunkRead done) override;
  void Retain(const std::vector<LogPosition>& in_use) override;
  absl::StatusOr<std::unique_ptr<SnapshotSource>> OpenCurrent() override;

  // Files removed when the store was opened.
  const std::vector<std::string>& removed() const { return removed_; }

 private:
  using Position = std::pair<Index, Term>;
  struct Taking {
    Snapshot snapshot;
    std::unique_ptr<SnapshotSource> source;
    std::shared_ptr<ImageWriter> writer;
    Taken done;
  };
  struct Incoming {
    LogPosition last_included;
    uint64_t bytes = 0;  // Stored, or on their way.
    std::shared_ptr<File> file;
  };

  FileSnapshotStore(Files& files, SnapshotStoreOptions options) : files_(files), options_(std::move(options)) {}

  absl::Status FindCurrent();
  std::string PathOf(LogPosition last_included) const;
  std::string PartPath(std::string_view name) const;
  void OpenWriter();
  void CopyPiece();
  void FinishTaking();
  void EndTaking(absl::StatusOr<Snapshot> result);
  void MakeCurrent(const Snapshot& snapshot);
  void RemoveLater(LogPosition last_included);

  Files& files_;
  const SnapshotStoreOptions options_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<Snapshot> current_;
  std::map<Position, std::shared_ptr<File>> open_;  // Images that are kept, opened when first read.
  std::optional<Taking> taking_;
  std::optional<Incoming> incoming_;
  std::vector<std::string> removed_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SNAPSHOTS_FILE_SNAPSHOT_STORE_H_
