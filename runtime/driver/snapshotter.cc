#include "runtime/driver/snapshotter.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::runtime {

void Snapshotter::Take(LogPosition last_included, const ConfigurationEntry& configuration) {
  if (taking_ || restoring_) {
    told_.input(input::SnapshotTaken{last_included.index, 0, false});
    return;
  }
  LOCKSTEP_CHECK(applier_.applied() == last_included.index);
  taking_ = true;
  host_.snapshots.Take(
      last_included, configuration, host_.machine.Freeze(),
      [this, alive = alive_, last_included](const absl::StatusOr<Snapshot>& taken) {
        if (!*alive) return;
        taking_ = false;
        if (!taken.ok()) told_.storage(taken.status());
        told_.input(input::SnapshotTaken{last_included.index, taken.ok() ? taken->bytes : 0, taken.ok()});
      });
}

void Snapshotter::SendChunk(Message message, uint64_t group) {
  const auto& chunk = std::get<InstallSnapshot>(message.body);
  const NodeId peer = message.dest;
  host_.snapshots.ReadChunk(
      chunk.last_included, chunk.offset, chunk.bytes,
      [this, alive = alive_, message = std::move(message), group, peer](absl::StatusOr<Payload> payload) {
        if (!*alive) return;
        if (payload.ok()) {
          told_.send({group, message, {*std::move(payload)}});
        } else {
          // The peer will be sent the current snapshot instead.
          told_.input(input::PeerUnreachable{peer});
        }
      });
}

void Snapshotter::StoreChunk(const effect::StoreSnapshotChunk& chunk, const Payload& bytes) {
  host_.snapshots.StoreChunk(chunk.last_included, chunk.offset, bytes,
                             [this, alive = alive_, id = chunk.write_id](const absl::Status& status) {
                               if (!*alive) return;
                               if (!status.ok()) told_.storage(status);
                               told_.input(input::SnapshotChunkStored{id, status.ok()});
                             });
}

void Snapshotter::Install(const effect::InstallSnapshot& install, uint64_t total_bytes) {
  LOCKSTEP_CHECK(!installing_.has_value());
  installing_ = Snapshot{install.last_included, install.configuration, total_bytes};
  verified_ = false;
  host_.snapshots.Install(*installing_, [this, alive = alive_](const absl::Status& status) {
    if (*alive) Verified(status);
  });
}

void Snapshotter::Verified(const absl::Status& status) {
  if (!status.ok()) {
    told_.storage(status);
    EndInstall(false);
    return;
  }
  verified_ = true;
  OnApplierIdle();
}

void Snapshotter::OnApplierIdle() {
  if (!verified_ || !applier_.idle()) return;
  verified_ = false;
  writes_.Reset(installing_->last_included, installing_->configuration,
                [this, alive = alive_](const absl::Status& status) {
                  if (*alive) Emptied(status);
                });
  told_.collected();
}

void Snapshotter::Emptied(const absl::Status& status) {
  if (!status.ok()) {
    EndInstall(false);
    return;
  }
  Restore();
}

void Snapshotter::Restore() {
  auto source = host_.snapshots.OpenCurrent();
  if (!source.ok()) return told_.failed(source.status());
  restoring_ = true;
  std::shared_ptr<SnapshotSource> shared = *std::move(source);
  host_.files.RunInBackground([&machine = host_.machine, shared] { return machine.Restore(*shared); },
                              [this, alive = alive_](const absl::Status& status) {
                                if (!*alive) return;
                                if (!status.ok()) return told_.failed(status);
                                restoring_ = false;
                                told_.restored(*installing_);
                                EndInstall(true);
                              });
}

void Snapshotter::EndInstall(bool ok) {
  const LogPosition last_included = installing_->last_included;
  installing_.reset();
  told_.input(input::SnapshotInstalled{last_included, ok});
}

}  // namespace lockstep::runtime
