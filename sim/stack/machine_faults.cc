#include "sim/stack/machine_faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::sim {
namespace {

absl::Status Ended() { return absl::CancelledError("the process has ended"); }

bool OfSnapshots(const std::string& path) { return path.find("snapshot") != std::string::npos; }

}  // namespace

bool MachineFaults::Goes(uint32_t weight) {
  if (dying_) return false;
  if (world_.now < stalled_until_ && !in_background_) blocked_until_ = stalled_until_;
  const uint32_t ppm = world_.faults_on ? world_.scenario.fault_ppm[Fault::kCrashAtFile] : 0;
  if (ppm == 0 || !world_.choices.Chance(std::min(ppm * weight, 200'000u))) return true;
  world_.Inject(Fault::kCrashAtFile, FaultPhase::kOnce, id_);
  dying_ = true;
  return false;
}

absl::Status MachineFaults::Struck(Fault fault, absl::Status status) {
  struck_ = true;
  world_.Inject(fault, FaultPhase::kOnce, id_);
  return status;
}

void MachineFaults::Fill(int64_t until) {
  full_until_ = until;
  full_bytes_ = disk_.used_bytes() + world_.choices.Below(8192);
}

absl::Status MachineFaults::OnWrite(const std::string& path, uint64_t, size_t) {
  if (!Goes(1)) return Ended();
  if (OfSnapshots(path) && world_.Strikes(Fault::kSnapshotFailure)) {
    return Struck(Fault::kSnapshotFailure, absl::DataLossError(absl::StrCat(path, ": a write failed")));
  }
  if (world_.Strikes(Fault::kWriteFailure)) {
    return Struck(Fault::kWriteFailure, absl::DataLossError(absl::StrCat(path, ": a write failed")));
  }
  return absl::OkStatus();
}

absl::Status MachineFaults::OnSync(const std::string& path) {
  if (!Goes(4)) return Ended();
  if (world_.now >= syncs_fail_until_) return absl::OkStatus();
  return Struck(Fault::kSyncFailure, absl::DataLossError(absl::StrCat(path, ": the device failed to sync")));
}

absl::Status MachineFaults::OnNames(const std::string&) { return Goes(8) ? absl::OkStatus() : Ended(); }

absl::Status MachineFaults::OnRead(const std::string& path, uint64_t offset, std::span<char> bytes) {
  if (!Goes(1)) return Ended();
  if (bytes.empty() || !world_.Strikes(Fault::kDamagedRead)) return absl::OkStatus();
  const uint64_t at = world_.choices.Below(bytes.size());
  if (!may_damage_(path, offset + at, 1)) return absl::OkStatus();
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << world_.choices.Below(8)));
  return Struck(Fault::kDamagedRead, absl::OkStatus());
}

uint64_t MachineFaults::capacity_bytes() {
  if (world_.now >= full_until_) return UINT64_MAX;
  return full_bytes_;
}

int64_t MachineFaults::DelayMicros() {
  int64_t delay = world_.DiskDelay();
  if (world_.now < slow_until_) delay *= world_.choices.Between(8, 64);
  if (world_.now < stalled_until_) delay += stalled_until_ - world_.now;
  return delay;
}

}  // namespace lockstep::sim
