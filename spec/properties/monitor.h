// Every property of core and cluster, checked online: one Monitor watches one run.
//
// The host of the run tells the monitor what happens, in the order in which it happens, and stops at the first
// event that answers false. The monitor keeps, of each node, the few old values that a step law compares with and a
// model of its disk; and of the cluster a ghost history (who led each term, what was committed, who held it). It is
// a regular value: copy it to branch a run. It never changes what it is shown, and costs O(members + effects) amortised
// for each step, without allocation while nothing grows.
//
// What it leaves to others: linearizability of client histories and liveness, which the program that owns the run
// judges at its end; and running Step a second time (determinism.h).
#ifndef LOCKSTEP_SPEC_PROPERTIES_MONITOR_H_
#define LOCKSTEP_SPEC_PROPERTIES_MONITOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"
#include "spec/properties/disk_model.h"
#include "spec/properties/goals.h"
#include "spec/properties/violation.h"
#include "spec/properties/watch.h"

namespace lockstep::spec {

class Monitor {
 public:
  Monitor() = default;

  // From now on only Fail tells of a violation: for measuring what the checks of a run find without these.
  void Mute() { watch_.muted = true; }

  // Events. `step` is the caller's number, for reports. Each answers whether all properties still hold; once one
  // does not, violation() is set and further events are ignored and answer false.

  // Node `state.id` started from `disk`: `state` and `effects` are what Start gave. Its first start makes `disk` the
  // model of its disk; at every later one `disk` must be one that the node's writes can have left (DiskMatchesState).
  // Call Crashed before a later start. A wiped disk must come under another incarnation.
  bool Started(uint64_t step, const DiskView& disk, const State& state, const EffectSink& effects);

  // Node `state.id` took `input`: `state` is the state after it, `effects` what this step alone emitted.
  bool Stepped(uint64_t step, const Input& input, const State& state, const EffectSink& effects);

  // `message` leaves its source for the network: its `after` write, if any, is complete. Call it before, or in, the
  // host's carrying out of the Send; duplicates made by the network are not sent again.
  bool Sent(uint64_t step, const Message& message);

  // A SaveVote, AppendLog or TruncateLog of `node` is on the disk for good. Call it when the disk says so, before
  // messages that wait for it are released and before input::WriteDone (which implies it, if it has not been called).
  bool WriteDurable(uint64_t step, NodeId node, WriteId write_id);

  // A SaveVote, AppendLog or TruncateLog of `node` failed: it may be on the disk whole, in part or not at all, and log
  // writes behind it are void. Call it when the disk says so (input::WriteFailed implies it, if it has not been
  // called).
  bool WriteFailed(uint64_t step, NodeId node, WriteId write_id);

  // A fault took durable data from the disk of `node`, which keeps its identity all the same: no protocol survives that
  // for sure. From now on halting is right, and the next start of `node` may find any disk.
  bool DiskLost(uint64_t step, NodeId node);

  // The process of `node` ended. Of its writes that are not durable any prefix may survive, the last one in part.
  bool Crashed(uint64_t step, NodeId node);

  // The state machine of `node` applied the command at `index`; `payload` is a hash of the command's bytes.
  // `operation` identifies the client's operation if the machine executed it, and is 0 if it did not (a retry that the
  // session table answered, a command without effect).
  bool AppliedCommand(uint64_t step, NodeId node, Index index, uint64_t payload, uint64_t operation);

  // A client was told that its operation succeeded.
  bool OperationAcknowledged(uint64_t step, uint64_t operation);

  // The host of `node` answered the read `request_id`, whose Outcome was kDone, with the state applied up to `applied`
  // (for a read by lease: after the last check of its clock, which says `now`). ReadDropped: it will not be answered (a
  // lease that ran out).
  bool ReadServed(uint64_t step, NodeId node, RequestId request_id, Index applied, Now now);
  bool ReadDropped(uint64_t step, NodeId node, RequestId request_id);

  // A property that the caller checks itself (Determinism, Linearizability, Liveness) failed. Answers false.
  bool Fail(Property property, NodeId node, uint64_t step, std::string evidence);

  // The first violation of the run, if any.
  const std::optional<Violation>& violation() const { return watch_.violation; }
  // What the run has reached so far.
  const GoalCounts& goals() const { return watch_.goals; }

  // The largest index known to be committed anywhere.
  Index committed_index() const { return watch_.history.committed_index(); }
  // The index of the last configuration that is committed.
  Index committed_configuration_index() const {
    const CommittedConfiguration* last = watch_.history.ConfigurationAt(committed_index());
    return last == nullptr ? 0 : last->index;
  }
  // Requests of `node` without an outcome yet.
  size_t open_requests(NodeId node) const;

 private:
  NodeShadow* Find(NodeId id, Slot* slot);

  Watch watch_;
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_MONITOR_H_
