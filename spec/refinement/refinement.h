// Refinement, online: every step of the core is a step of the specification.
//
// After each Step the model takes the action of the same name from the state before, as the specification sees it. Its
// guard must hold, and its result must equal the core's state and messages after; where the specification leaves a
// choice, the core's choice must be one of those allowed. A step that is no action must change nothing that the
// specification sees. [TLA raft]
//
// What a step decides is compared in full at once; the entries of a long log that a step does not concern are compared
// a few at a time, in turn.
#ifndef LOCKSTEP_SPEC_REFINEMENT_REFINEMENT_H_
#define LOCKSTEP_SPEC_REFINEMENT_REFINEMENT_H_

#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "core/state.h"
#include "spec/model/actions.h"
#include "spec/refinement/map.h"

namespace lockstep::spec {

// A step that the specification does not allow.
struct Mismatch {
  NodeId node;
  std::string action;    // "ReceiveAppendEntries"
  std::string variable;  // What differs: "commitIndex", "message AppendEntriesReply", ...
  std::string expected;  // What the specification has there ...
  std::string found;     // ... and the core.
};

// "ReceiveAppendEntries at node 2: commitIndex is 3, and 2 in the specification".
std::string ToString(const Mismatch& mismatch);

// One node, followed from its start. A regular value.
class NodeRefinement {
 public:
  // The node is in `state`, by whatever way it came there.
  void Begin(const State& state);

  // Node has started from its disk: as Begin, but the state must be one that a start gives. [TLA Restart]
  std::optional<Mismatch> Start(const State& state);

  // The node took `input`; `after` is its state now, `effects` what this step alone emitted.
  // Ensures: follows `after`, if there is no mismatch. Cost: O(members + entries of the step), amortised.
  std::optional<Mismatch> Step(const Input& input, const EffectSink& effects, const State& after);

  const model::Node& node() const { return node_; }

  // Whether the last step was an action, and whether that was a read by lease.
  bool acted() const { return acted_; }
  bool read_by_lease() const { return read_by_lease_; }

 private:
  friend class StepCheck;

  // A snapshot that a peer was offered in this term, and may be sent further chunks of.
  struct Offer {
    NodeId peer;
    LogPosition last_included;
  };

  model::Node node_;
  model::Options options_;
  Index apply_index_ = 0;       // Given to the state machine up to here.
  WriteId store_write_id_ = 0;  // The chunk of a snapshot that is being stored.
  std::vector<Offer> offers_;   // While leading.
  Index sweep_ = 0;             // The next entry to compare in turn.
  bool acted_ = false;
  bool read_by_lease_ = false;
};

// All nodes of a run, by id.
class RefinementChecker {
 public:
  // Both answer nothing if the specification allows what happened. A node that was not started is begun at its state.
  std::optional<Mismatch> Started(const State& state);
  std::optional<Mismatch> Stepped(const Input& input, const EffectSink& effects, const State& after);

 private:
  NodeRefinement* Find(NodeId id);
  std::vector<std::pair<NodeId, NodeRefinement>> nodes_;
};

// One step by itself. Cost: O(log + members).
std::optional<Mismatch> CheckStep(const State& before, const Input& input, const EffectSink& effects,
                                  const State& after);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_REFINEMENT_REFINEMENT_H_
