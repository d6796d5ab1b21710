// A SnapshotStore in memory: the current snapshot is kept as long as this object is. (As memory_log.h.)
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_SNAPSHOTS_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_SNAPSHOTS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.h"
#include "runtime/snapshot_store.h"

namespace lockstep::runtime {

class MemorySnapshots final : public SnapshotStore {
 public:
  explicit MemorySnapshots(Scheduler& scheduler) : scheduler_(scheduler) {}
  ~MemorySnapshots() override { Interrupt(); }

  // The node has ended: what is under way has never been, and nobody is told.
  void Interrupt();

  const std::optional<Snapshot>& current() const override { return current_; }
  void Take(LogPosition last_included, const ConfigurationEntry& configuration, std::unique_ptr<SnapshotSource> source,
            Taken done) override;
  void StoreChunk(LogPosition last_included, uint64_t offset, const Payload& chunk, Completion done) override;
  void Install(const Snapshot& snapshot, Completion done) override;
  void ReadChunk(LogPosition last_included, uint64_t offset, uint32_t bytes, ChunkRead done) override;
  void Retain(const std::vector<LogPosition>& in_use) override;
  absl::StatusOr<std::unique_ptr<SnapshotSource>> OpenCurrent() override;

 private:
  using Position = std::pair<Index, Term>;
  static Position PositionOf(LogPosition position) { return {position.index, position.term}; }
  void RunLater(Task task);
  void MakeCurrent(const Snapshot& snapshot, std::string image);

  Scheduler& scheduler_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<Snapshot> current_;
  std::map<Position, SharedBytes> images_;  // The current one's, and those being sent.
  LogPosition incoming_;
  std::string incoming_image_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_SNAPSHOTS_H_
