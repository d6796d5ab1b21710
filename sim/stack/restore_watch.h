// RestoreWatch: a node's snapshot store, which notes from when until when a restored state takes the place of another.
//
// A state machine is restored in the background, at any moment after the snapshot has been opened for it; until that
// has ended nothing else may be asked of it (runtime/machine/state_machine.h). The simulator restores in one step, so
// who asks too early would see nothing; here it shows.
#ifndef LOCKSTEP_SIM_STACK_RESTORE_WATCH_H_
#define LOCKSTEP_SIM_STACK_RESTORE_WATCH_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/snapshot_store.h"

namespace lockstep::sim {

class RestoreWatch final : public runtime::SnapshotStore {
 public:
  // `store` outlives this object.
  explicit RestoreWatch(runtime::SnapshotStore& store) : store_(store) {}

  bool restoring() const { return restoring_; }
  void Restored() { restoring_ = false; }

  absl::StatusOr<std::unique_ptr<runtime::SnapshotSource>> OpenCurrent() override {
    restoring_ = true;
    return store_.OpenCurrent();
  }
  const std::optional<Snapshot>& current() const override { return store_.current(); }
  void Take(LogPosition last_included, const ConfigurationEntry& configuration,
            std::unique_ptr<runtime::SnapshotSource> source, Taken done) override {
    store_.Take(last_included, configuration, std::move(source), std::move(done));
  }
  void StoreChunk(LogPosition last_included, uint64_t offset, const runtime::Payload& chunk,
                  runtime::Completion done) override {
    store_.StoreChunk(last_included, offset, chunk, std::move(done));
  }
  void Install(const Snapshot& snapshot, runtime::Completion done) override {
    store_.Install(snapshot, std::move(done));
  }
  void ReadChunk(LogPosition last_included, uint64_t offset, uint32_t bytes, ChunkRead done) override {
    store_.ReadChunk(last_included, offset, bytes, std::move(done));
  }
  void Retain(const std::vector<LogPosition>& in_use) override { store_.Retain(in_use); }

 private:
  runtime::SnapshotStore& store_;
  bool restoring_ = false;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_RESTORE_WATCH_H_
