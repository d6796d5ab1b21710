// KvMachine: the key-value machine as the state machine of a node.
#ifndef LOCKSTEP_RUNTIME_SERVICE_KV_MACHINE_H_
#define LOCKSTEP_RUNTIME_SERVICE_KV_MACHINE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kvsm/machine.h"
#include "runtime/machine/state_machine.h"

namespace lockstep::runtime {

class KvMachine final : public StateMachine {
 public:
  KvMachine();

  // Commands and replies are those of kvsm/command.h.
  void Apply(std::span<const Command> commands, std::vector<std::string>& replies) override;
  // An etcdserverpb.RangeRequest; the reply is that of a command. Nothing, for whoever reads the state by itself once
  // it is fresh.
  absl::StatusOr<std::string> Lookup(std::string_view query) override;
  std::unique_ptr<SnapshotSource> Freeze() override;
  absl::Status Restore(SnapshotSource& source) override;

  // The state; another one after a Restore. Host's thread.
  const std::shared_ptr<kvsm::Machine>& state() const;
  // Which state that is: counts Restores.
  uint64_t restores() const { return restores_; }

  // `applied` is called after each Apply, on the host's thread, within the driver's turn: it must not call the driver.
  void SetApplied(std::function<void()> applied) { applied_ = std::move(applied); }
  // `compacting` is called before a compaction, with all that comes before it applied: after it some of that cannot be
  // told any more. Within an Apply, as above.
  void SetCompacting(std::function<void()> compacting) { compacting_ = std::move(compacting); }

 private:
  std::function<void()> applied_;
  std::function<void()> compacting_;
  mutable std::shared_ptr<kvsm::Machine> state_;
  mutable uint64_t restores_ = 0;
  // From a Restore in the background until the host's thread next looks.
  mutable std::atomic<bool> has_restored_{false};
  mutable std::mutex mutex_;
  mutable std::shared_ptr<kvsm::Machine> restored_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_KV_MACHINE_H_
