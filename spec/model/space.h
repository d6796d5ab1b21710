// The states of the whole and how they follow from each other, with everything remembered that was computed once.
//
// A state is a few numbers: one for each node's local state, one for the set of messages, one for the history. What one
// node does depends on its local state and the message alone, so each such step is computed once and looked up after.
#ifndef LOCKSTEP_SPEC_MODEL_SPACE_H_
#define LOCKSTEP_SPEC_MODEL_SPACE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "spec/model/bounds.h"
#include "spec/model/history.h"
#include "spec/model/intern.h"
#include "spec/model/properties.h"
#include "spec/model/transitions.h"

namespace lockstep::model {

inline constexpr uint32_t kServersMax = 5;

struct StateKey {
  std::array<uint32_t, kServersMax> locals{};  // Of node 1, 2, ...; 0 where there is none.
  uint32_t messages = 0;
  uint32_t history = 0;
  friend auto operator<=>(const StateKey&, const StateKey&) = default;
};

// A step of one node from one local state, as remembered.
struct StepInfo {
  uint32_t action = 0;  // Its place in ActionNames().
  std::string detail;
  uint32_t before = 0;
  uint32_t after = 0;
  uint32_t sent = 0;                 // A list of messages.
  uint32_t received = ~uint32_t{0};  // The message received.
  std::vector<ConfirmedRead> answered;
  bool crashes = false;
  bool fails = false;
  bool reads = false;
  bool is_within = true;
  const char* violates = nullptr;  // A step law that this step breaks by itself.
};

class Space {
 public:
  Space(const Bounds& bounds, const PropertySet& properties);

  const Bounds& bounds() const { return bounds_; }
  StateKey Initial();

  // Calls visit(step, successor) for every step from `state` that stays within bounds, in a fixed order, those that
  // change nothing included. Stops when visit answers false.
  template <typename Visit>
  void ForEachSuccessor(const StateKey& state, const Visit& visit);

  // The same state under a smallest renaming of nodes and values.
  StateKey Canonical(const StateKey& state);
  size_t renamings() const { return renamings_.size(); }

  StateView View(const StateKey& state) const;
  const StepInfo& step(uint32_t id) const { return steps_[id]; }
  const Local& local(uint32_t id) const { return locals_[id]; }
  const Message& message(uint32_t id) const { return messages_[id]; }
  // One line for the step that node `node` took.
  std::string Text(const StepInfo& step, uint32_t node) const;
  std::string Text(const StateKey& state) const;

 private:
  const std::vector<uint32_t>& OwnSteps(uint32_t local, uint32_t read);
  uint32_t ReceptionStep(uint32_t local, uint32_t message);
  uint32_t AddStep(uint32_t before, LocalStep&& step, uint32_t received);
  bool Apply(const StateKey& state, uint32_t node, const StepInfo& step, StateKey& successor);
  uint32_t MessagesAfter(const StateKey& state, uint32_t node, const StepInfo& step);
  uint32_t HistoryAfter(uint32_t history, uint32_t step_id);
  StateKey RenamedState(const StateKey& state, size_t renaming);
  void FindRenamings();

  const Bounds bounds_;
  const PropertySet properties_;
  Interner<Local> locals_;
  Interner<Message> messages_;
  Interner<History> histories_;
  ListInterner lists_;
  std::deque<StepInfo> steps_;
  std::vector<bool> is_unsettled_;                                  // By local.
  absl::flat_hash_map<uint64_t, std::vector<uint32_t>> own_steps_;  // By local and read.
  absl::flat_hash_map<uint64_t, uint32_t> reception_steps_;         // By local and message.
  absl::flat_hash_map<uint64_t, uint32_t> history_steps_;           // By history and step.
  std::vector<Renaming> renamings_;
  std::vector<std::vector<uint32_t>> renamed_locals_, renamed_messages_, renamed_lists_, renamed_histories_;
  std::vector<uint32_t> scratch_;
};

template <typename Visit>
void Space::ForEachSuccessor(const StateKey& state, const Visit& visit) {
  const auto take = [&](uint32_t node, uint32_t step_id) {
    const StepInfo& step = steps_[step_id];
    StateKey successor = state;
    if (!step.is_within || !Apply(state, node, step, successor)) return true;
    const uint32_t history = HistoryAfter(state.history, step_id);
    if (history == IdTable::kNone) return true;
    successor.history = history;
    return visit(node, step, successor);
  };
  const uint32_t read = static_cast<uint32_t>(histories_[state.history].begun.size()) + 1;
  for (uint32_t node = 0; node < bounds_.servers; ++node) {
    if (!is_unsettled_[state.locals[node]]) continue;
    for (uint32_t step : OwnSteps(state.locals[node], read)) take(node, step);
    return;
  }
  for (uint32_t node = 0; node < bounds_.servers; ++node) {
    for (uint32_t step : OwnSteps(state.locals[node], read)) {
      if (!take(node, step)) return;
    }
  }
  const uint32_t messages = state.messages;
  for (size_t i = 0; i < lists_.size(messages); ++i) {
    const uint32_t message = lists_.data(messages)[i];
    const uint32_t node = messages_[message].dest.number - 1;
    const uint32_t step = ReceptionStep(state.locals[node], message);
    if (step != IdTable::kNone && !take(node, step)) return;
  }
}

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_SPACE_H_
