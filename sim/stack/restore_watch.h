// RestoreWatch: a node's snapshot store, which notes from when until when a restored state takes the place of another,
// and tells when one is taken.
//
// A state machine is restored in the background, at any moment after the snapshot has been opened for it; until that
// has ended nothing else may be asked of it (runtime/machine/state_machine.h). The simulator restores in one step, so
// who asks too early would see nothing; here it shows.
#ifndef LOCKSTEP_SIM_STACK_RESTORE_WATCH_H_
#define LOCKSTEP_SIM_STACK_RESTORE_WATCH_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/snapshot_store.h"

namespace lockstep::sim {

class RestoreWatch final : public runtime::SnapshotStore {
 public:
  // `taken` hears of the index whose state is being taken, while the state machine has that state. `store` outlives
  // this object.
  RestoreWatch(runtime::SnapshotStore& store, std::function<void(Index)> taken)
      : store_(store), taken_(std::move(taken)) {}

  bool restoring() const { return restoring_; }
  void Restored() { restoring_ = false; }

  absl::StatusOr<std::unique_ptr<runtime::SnapshotSource>> OpenCurrent() override {
    restoring_ = true;
    return store_.OpenCurrent();
  }
  const std::optional<Snapshot>& current() const override { return store_.current(); }
  void Take(LogPosition last_included, const ConfigurationEntry& configuration,
            std::unique_ptr<runtime::SnapshotSource> source, Taken done) override {
    taken_(last_included.index);
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
  const std::function<void(Index)> taken_;
  bool restoring_ = false;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_RESTORE_WATCH_H_
