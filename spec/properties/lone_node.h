// The laws of one node's steps, without the run that led to them.
//
// Whoever takes each distinct step once, in no particular run (an exhaustive search), shows it here: the node as it is
// before the event, its disk and the writes under way, then the steps. Checked is all that one node's state, disk and
// effects can tell: the step laws, durability before promise, membership's rules for one log, and that every request
// is open or has had its outcome. What needs the history of the cluster is the caller's (paper.h names it).
#ifndef LOCKSTEP_SPEC_PROPERTIES_LONE_NODE_H_
#define LOCKSTEP_SPEC_PROPERTIES_LONE_NODE_H_

#include <optional>

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"
#include "spec/properties/disk_model.h"
#include "spec/properties/violation.h"
#include "spec/properties/watch.h"

namespace lockstep::spec {

class LoneNode {
 public:
  // The node is in `state`; `disk` is what is on its disk. Requires: the node has started, and is not halted.
  LoneNode(const State& state, const DiskView& disk);

  // A write that the node asked for earlier and that is not on its disk yet; in the order in which they were asked for.
  void Asked(const Effect& write);

  // The node took `input`: `before` and `after` are the states around it, `effects` what this step alone emitted.
  // Answers what is broken, if anything. Once something is, do not go on.
  std::optional<Violation> Stepped(const State& before, const Input& input, const EffectSink& effects,
                                   const State& after);

  // The node crashed and started again from `disk` in `state`.
  // DiskMatchesState: the disk is one that the writes can have left, and the state is what the disk says.
  std::optional<Violation> Restarted(const DiskView& disk, const State& state);

 private:
  NodeShadow& node() { return watch_.nodes.front(); }
  void Know(const State& state);
  bool Check(StepView& view);
  bool CheckAllPeers(StepView& view);
  bool CheckEffects(StepView& view);
  bool CheckRequests(StepView& view, const State& before);

  Watch watch_;
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_LONE_NODE_H_
