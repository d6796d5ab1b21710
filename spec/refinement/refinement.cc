#include "spec/refinement/refinement.h"

#include "spec/refinement/step_check.h"

namespace lockstep::spec {

std::string ToString(const Mismatch& mismatch) {
  return mismatch.action + " at node " + lockstep::ToString(mismatch.node) + ": " + mismatch.variable + " is " +
         mismatch.found + ", and " + mismatch.expected + " in the specification";
}

void NodeRefinement::Begin(const State& state) {
  MapState(state, node_);
  options_.pre_vote = state.options.pre_vote;
  options_.check_quorum = state.options.check_quorum;
  options_.leases = state.options.lease_micros > 0;
  apply_index_ = state.apply_index;
  store_write_id_ = state.incoming.has_value() ? state.incoming->store_write_id : 0;
  offers_.clear();
  for (const Peer& peer : state.leading.peers) {
    if (peer.progress.mode != ProgressMode::kSnapshot) continue;
    offers_.push_back({peer.id, peer.progress.snapshot.snapshot.last_included});
  }
  sweep_ = 0;
}

std::optional<Mismatch> NodeRefinement::Start(const State& state) {
  Begin(state);
  node_ = model::Start(state.id, state.current_term, state.voted_for, node_.log, node_.snapshot,
                       options_.leases && state.current_term > 0);
  std::optional<Difference> difference = CompareState(node_, state);
  if (!difference.has_value()) return std::nullopt;
  return Mismatch{state.id, "Restart", difference->variable, difference->expected, difference->found};
}

std::optional<Mismatch> NodeRefinement::Step(const Input& input, const EffectSink& effects, const State& after) {
  StepCheck check(*this, input, effects, after);
  std::optional<Difference> difference = check.Run();
  if (!difference.has_value()) [[likely]]
    return std::nullopt;
  return Mismatch{after.id, ActionName(input.event), difference->variable, difference->expected, difference->found};
}

NodeRefinement* RefinementChecker::Find(NodeId id) {
  for (auto& [known, node] : nodes_) {
    if (known == id) return &node;
  }
  return nullptr;
}

std::optional<Mismatch> RefinementChecker::Started(const State& state) {
  NodeRefinement* node = Find(state.id);
  if (node == nullptr) node = &nodes_.emplace_back(state.id, NodeRefinement{}).second;
  return node->Start(state);
}

std::optional<Mismatch> RefinementChecker::Stepped(const Input& input, const EffectSink& effects, const State& after) {
  if (NodeRefinement* node = Find(after.id)) return node->Step(input, effects, after);
  nodes_.emplace_back(after.id, NodeRefinement{}).second.Begin(after);
  return std::nullopt;
}

std::optional<Mismatch> CheckStep(const State& before, const Input& input, const EffectSink& effects,
                                  const State& after) {
  NodeRefinement node;
  node.Begin(before);
  return node.Step(input, effects, after);
}

}  // namespace lockstep::spec
