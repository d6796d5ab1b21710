#include "spec/model/search.h"

#include <algorithm>
#include <utility>

#include "spec/model/space.h"

namespace lockstep::model {
namespace {

class Searcher {
 public:
  Searcher(const Bounds& bounds, const SearchOptions& options)
      : options_(options),
        depth_max_(bounds.max_depth == 0 ? options.depth_max : std::min(bounds.max_depth, options.depth_max)),
        space_(bounds, options.properties) {}

  SearchResult Run() {
    const StateKey initial = space_.Initial();
    Add(options_.symmetry ? space_.Canonical(initial) : initial, IdTable::kNone);
    CheckNew(0);
    size_t level_end = 1;
    result_.levels.push_back(1);
    result_.actions.resize(ActionNames().size());
    for (size_t next = 0; next < states_.size() && !stopped_; ++next) {
      if (next == level_end) {
        result_.levels.push_back(states_.size() - level_end);
        level_end = states_.size();
        if (result_.levels.size() > depth_max_) break;
      }
      Expand(static_cast<uint32_t>(next));
      if (next % options_.progress_every == 0) Report(next);
    }
    result_.states = states_.size();
    result_.complete = !stopped_ && (result_.levels.size() <= depth_max_ || depth_max_ < options_.depth_max);
    return std::move(result_);
  }

 private:
  bool Add(const StateKey& state, uint32_t parent) {
    const uint64_t hash = Hash(state);
    const uint32_t known = table_.Find(hash, [&](uint32_t id) { return states_[id] == state; });
    if (known != IdTable::kNone) return false;
    states_.push_back(state);
    parents_.push_back(parent);
    table_.Add(hash, static_cast<uint32_t>(states_.size() - 1), [this](uint32_t id) { return Hash(states_[id]); });
    return true;
  }

  static uint64_t Hash(const StateKey& state) {
    return HashWords(reinterpret_cast<const uint32_t*>(&state), sizeof(StateKey) / sizeof(uint32_t));
  }

  void Expand(uint32_t id) {
    const StateKey state = states_[id];
    space_.ForEachSuccessor(state, [&](uint32_t node, const StepInfo& step, const StateKey& successor) {
      ++result_.transitions;
      ++result_.actions[step.action];
      const char* broken = step.violates;
      if (broken == nullptr && !options_.properties.whole_steps.empty() && successor != state) {
        broken = CheckWhole(state, successor, node, step);
      }
      if (broken != nullptr) {
        Fail(broken, id, &successor, space_.Text(step, node));
        return false;
      }
      if (successor == state) return true;
      if (!Add(options_.symmetry ? space_.Canonical(successor) : successor, id)) return true;
      CheckNew(static_cast<uint32_t>(states_.size() - 1));
      if (states_.size() >= options_.states_max) stopped_ = true;
      return !stopped_;
    });
  }

  // The properties of steps that concern more than one node; only where they can matter.
  const char* CheckWhole(const StateKey& state, const StateKey& successor, uint32_t node, const StepInfo& step) {
    const bool commits = space_.local(step.after).node.commit_index > space_.local(step.before).node.commit_index;
    if (!commits) return nullptr;
    return CheckWholeStep(options_.properties, space_.View(state), space_.View(successor), node);
  }

  void CheckNew(uint32_t id) {
    const char* broken = CheckState(options_.properties, space_.View(states_[id]));
    if (broken != nullptr) Fail(broken, id, nullptr, "");
  }

  // A way to state `id`, and from there, if it is one, to `last`.
  void Fail(const char* property, uint32_t id, const StateKey* last, const std::string& last_step) {
    stopped_ = true;
    Counterexample found;
    found.property = property;
    std::vector<uint32_t> path;
    for (uint32_t at = id; at != IdTable::kNone; at = parents_[at]) path.push_back(at);
    std::reverse(path.begin(), path.end());
    // Under symmetry the states on the path are renamed ones: walk from the beginning to a state that is the same but
    // for names, each time.
    StateKey state = space_.Initial();
    for (size_t i = 1; i < path.size(); ++i) {
      StateKey next = state;
      const StateKey wanted = states_[path[i]];
      space_.ForEachSuccessor(state, [&](uint32_t node, const StepInfo& step, const StateKey& successor) {
        if ((options_.symmetry ? space_.Canonical(successor) : successor) != wanted) return true;
        found.steps.push_back(space_.Text(step, node));
        next = successor;
        return false;
      });
      state = next;
    }
    if (last != nullptr) found.steps.push_back(last_step);
    found.last_state = space_.Text(last != nullptr && !options_.symmetry ? *last : state);
    result_.counterexample = std::move(found);
  }

  void Report(size_t next) {
    if (!options_.progress) return;
    const Progress progress{states_.size(), result_.transitions, static_cast<uint32_t>(result_.levels.size()) - 1,
                            states_.size() - next};
    if (!options_.progress(progress)) stopped_ = true;
  }

  const SearchOptions& options_;
  const uint32_t depth_max_;
  Space space_;
  std::vector<StateKey> states_;
  std::vector<uint32_t> parents_;
  IdTable table_;
  SearchResult result_;
  bool stopped_ = false;
};

}  // namespace

SearchResult Search(const Bounds& bounds, const SearchOptions& options) { return Searcher(bounds, options).Run(); }

}  // namespace lockstep::model
