// StateMachine: what an embedding program replicates.
//
// Deterministic: the same commands in the same order give the same state and the same replies on every node, whatever
// the machine, the time or the process. All calls come on the host's thread but for Restore; a machine needs no lock.
#ifndef LOCKSTEP_RUNTIME_MACHINE_STATE_MACHINE_H_
#define LOCKSTEP_RUNTIME_MACHINE_STATE_MACHINE_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/types.h"
#include "runtime/data_store.h"
#include "runtime/snapshot_store.h"

namespace lockstep::runtime {

struct Command {
  Index index = 0;
  Term term = 0;
  std::string_view bytes;
};

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Applies commands in order. Adds one reply for each to `replies`; a command that cannot be done is replied to like
  // any other, for whatever it was: it is in the log of every node.
  virtual void Apply(std::span<const Command> commands, std::vector<std::string>& replies) = 0;

  // Answers a question about the state without changing it.
  virtual absl::StatusOr<std::string> Lookup(std::string_view query) = 0;

  // The state as it is now, to be read between later calls of Apply, which do not change what it yields.
  virtual std::unique_ptr<SnapshotSource> Freeze() = 0;

  // Replaces the state by what a Freeze yielded, here or on another node. May run in the background; until it has
  // ended no other call is made. After an error the state is of no more use.
  virtual absl::Status Restore(SnapshotSource& source) = 0;

  // Where it keeps large commands itself, outside the log; null: nowhere, the log has everything. The same for as long
  // as the machine lives. What is applied is whole in either case.
  virtual DataStore* data() { return nullptr; }
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MACHINE_STATE_MACHINE_H_
