// Snapshotter: a node's snapshots, taken, sent, received and installed, one of each at a time.
//
// Installing goes: verify and make current; wait until nothing is being applied; empty the log, durably; restore the
// state machine. A crash between two of these is made good by the next start: the core drops a log that the snapshot
// replaces. A failure before the last of them changes nothing for the core; a failure of the last one ends the node.
#ifndef LOCKSTEP_RUNTIME_DRIVER_SNAPSHOTTER_H_
#define LOCKSTEP_RUNTIME_DRIVER_SNAPSHOTTER_H_

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "runtime/driver/applier.h"
#include "runtime/driver/host.h"
#include "runtime/driver/writes.h"

namespace lockstep::runtime {

class Snapshotter {
 public:
  struct Told {
    std::function<void(Event)> input;
    std::function<void(Envelope)> send;
    // The state machine holds the state after this.
    std::function<void(const Snapshot&)> restored;
    std::function<void(const absl::Status&)> storage;  // Trouble with the disk.
    std::function<void(absl::Status)> failed;          // The node cannot go on.
    // The log was to be emptied: commit that.
    std::function<void()> collected;
  };
  Snapshotter(const Host& host, Writes& writes, const Applier& applier, Told told)
      : host_(host), writes_(writes), applier_(applier), told_(std::move(told)) {}
  ~Snapshotter() { *alive_ = false; }

  // Takes a snapshot of the state machine as it is now, the state after `last_included`; the core hears how that went.
  // While another one is being taken this one fails at once.
  void Take(LogPosition last_included, const ConfigurationEntry& configuration);

  bool taking() const { return taking_; }

  // Attaches the bytes of an InstallSnapshot message, then sends it.
  void SendChunk(Message message, uint64_t group);
  // Snapshots that are being sent; others may go.
  void Retain(const std::vector<LogPosition>& in_use) { host_.snapshots.Retain(in_use); }

  void StoreChunk(const effect::StoreSnapshotChunk& chunk, const Payload& bytes);
  void Install(const effect::InstallSnapshot& install, uint64_t total_bytes);
  // To be called whenever the applier has become idle.
  void OnApplierIdle();
  // The state machine is being restored: it may not be asked anything.
  bool restoring() const { return restoring_; }

 private:
  void Verified(const absl::Status& status);
  void Emptied(const absl::Status& status);
  void Restore();
  void EndInstall(bool ok);

  const Host& host_;
  Writes& writes_;
  const Applier& applier_;
  const Told told_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool taking_ = false;
  std::optional<Snapshot> installing_;
  bool verified_ = false;  // What is being installed is current, but the log is not emptied yet.
  bool restoring_ = false;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_SNAPSHOTTER_H_
