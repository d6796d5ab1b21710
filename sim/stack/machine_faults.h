// MachineFaults: what goes wrong with one node's machine: its disk, and the process at any touch of it.
//
// Asked at each operation on a file (runtime/memory/memory_files.h). A process may end at any of them: from then on
// nothing that it still does reaches the disk, and its host lets it go at the end of the task under way. So a crash
// falls between any two operations, and what was written and not synced may be lost in any part.
#ifndef LOCKSTEP_SIM_STACK_MACHINE_FAULTS_H_
#define LOCKSTEP_SIM_STACK_MACHINE_FAULTS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "runtime/memory/memory_files.h"
#include "sim/world.h"

namespace lockstep::sim {

class MachineFaults final : public runtime::DiskFaults {
 public:
  // Whether the bytes [offset, offset + size) of a file may be damaged: a reader must be able to tell.
  using MayDamage = std::function<bool(const std::string& path, uint64_t offset, uint64_t size)>;

  MachineFaults(World& world, const NodeId& id, const runtime::MemoryDisk& disk, MayDamage may_damage)
      : world_(world), id_(id), disk_(disk), may_damage_(std::move(may_damage)) {}

  // ---- A process's life ----
  void Begin() {
    dying_ = false;
    struck_ = false;
  }
  // It ends here.
  void End() { dying_ = true; }
  // It has ended within an operation, or is to end: nothing reaches the disk any more.
  bool dying() const { return dying_; }
  // A fault has struck an operation since Begin.
  bool struck() const { return struck_; }
  // While the host's thread itself waits for the disk, it must wait until then.
  int64_t TakeBlockedUntil() { return std::exchange(blocked_until_, 0); }
  // Operations of the disk's own lane do not block the thread.
  void SetInBackground(bool in_background) { in_background_ = in_background; }

  // ---- Conditions that last ----
  void Slow(int64_t until) { slow_until_ = until; }
  void Stall(int64_t until) { stalled_until_ = until; }
  void FailSyncs(int64_t until) { syncs_fail_until_ = until; }
  void Fill(int64_t until);
  void Repair() { slow_until_ = stalled_until_ = syncs_fail_until_ = full_until_ = 0; }

  absl::Status OnWrite(const std::string& path, uint64_t offset, size_t size) override;
  absl::Status OnSync(const std::string& path) override;
  absl::Status OnNames(const std::string& path) override;
  absl::Status OnRead(const std::string& path, uint64_t offset, std::span<char> bytes) override;
  uint64_t capacity_bytes() override;
  int64_t DelayMicros() override;

 private:
  // Whether the process goes on; draws whether it ends here.
  bool Goes(uint32_t weight);
  absl::Status Struck(Fault fault, absl::Status status);

  World& world_;
  const NodeId& id_;
  const runtime::MemoryDisk& disk_;
  const MayDamage may_damage_;
  bool dying_ = false;
  bool struck_ = false;
  bool in_background_ = false;
  int64_t blocked_until_ = 0;
  int64_t slow_until_ = 0;
  int64_t stalled_until_ = 0;
  int64_t syncs_fail_until_ = 0;
  int64_t full_until_ = 0;
  uint64_t full_bytes_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_MACHINE_FAULTS_H_
