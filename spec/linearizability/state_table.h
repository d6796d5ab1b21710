// Hash-consed states of a model, and the steps between them, each computed once.
//
// Idea: equal states get the same number, so that an engine compares and stores integers; a step from a state by an
// operation is looked up before it is computed.
// Contract: numbers are given in the order of first appearance, so the same calls give the same numbers everywhere.
// Left to others: which steps to take.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_STATE_TABLE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_STATE_TABLE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "spec/linearizability/budget.h"
#include "spec/linearizability/model.h"

namespace lockstep::linearizability {

class StateTable {
 public:
  using StateId = uint32_t;
  static constexpr StateId kImpossible = UINT32_MAX;

  // Both must outlive the table.
  StateTable(Model* model, Meter* meter) : model_(model), meter_(meter) { Intern(model->Initial()); }

  static constexpr StateId kInitial = 0;

  // The state after the operation, or kImpossible.
  StateId Next(StateId state, OperationId id) {
    const auto [it, fresh] = steps_.try_emplace({state, id}, kImpossible);
    if (!fresh) return it->second;
    meter_->Hold(2 * sizeof(*it));
    Model::State words = states_[state];
    meter_->Spend(2 + words.size() / 8);
    if (!model_->Apply(id, words)) return kImpossible;
    const StateId next = Intern(std::move(words));
    steps_[{state, id}] = next;
    return next;
  }

  bool ReadOnly(OperationId id) const { return model_->ReadOnly(id); }

 private:
  StateId Intern(Model::State words) {
    const auto [it, fresh] = index_.try_emplace(words, static_cast<StateId>(states_.size()));
    if (fresh) {
      meter_->Hold(2 * words.size() * sizeof(words[0]) + 96);
      states_.push_back(std::move(words));
    }
    return it->second;
  }

  Model* model_;
  Meter* meter_;
  std::vector<Model::State> states_;
  absl::flat_hash_map<Model::State, StateId> index_;
  absl::flat_hash_map<std::pair<StateId, OperationId>, StateId> steps_;
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_STATE_TABLE_H_
