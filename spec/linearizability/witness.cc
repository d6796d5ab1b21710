#include "spec/linearizability/witness.h"

#include <algorithm>
#include <tuple>

namespace lockstep::linearizability {
namespace {

class LogReplay {
 public:
  LogReplay(const History& history, Model& model) : history_(history), model_(model), state_(model.Initial()) {}

  WitnessResult Run(const Semantics& semantics, std::span<const OperationId> ids) {
    if (!Collect(semantics, ids)) return {};
    std::vector<Position> deadline(log_.size() + 1, kNever);  // the first completion from here on
    for (size_t i = log_.size(); i-- > 0;) {
      deadline[i] = std::min(deadline[i + 1], history_.operation(log_[i]).complete);
    }
    OperationId latest = 0;  // of the operations so far, the one invoked last
    for (size_t i = 0; i < log_.size(); ++i) {
      const OperationId id = log_[i];
      const Operation& op = history_.operation(id);
      if (i > 0 && op.complete < history_.operation(latest).invoke) return Violated({latest, id});
      if (i == 0 || history_.operation(latest).invoke < op.invoke) latest = id;
      if (Take(id) || TakeAfterLoose(id, deadline[i])) continue;
      if (loose_.empty() || (only_plain_loose_ && model_of_one_register_ && !IsRefusal(op))) return Violated({id});
      return {LogOrder::kUndecided, {}, {id}};
    }
    return {LogOrder::kFollowed, std::move(order_), {}};
  }

 private:
  static WitnessResult Violated(std::vector<OperationId> evidence) {
    return {LogOrder::kViolated, {}, std::move(evidence)};
  }

  // Sorts the operations by the log, and sets apart those of unknown place. False if a definite one has no index.
  bool Collect(const Semantics& semantics, std::span<const OperationId> ids) {
    using Place = std::tuple<int64_t, bool, Position, OperationId>;
    std::vector<Place> places;
    places.reserve(ids.size());
    for (OperationId id : ids) {
      const Operation& op = history_.operation(id);
      const Relevance relevance = RelevanceOf(semantics, op);
      if (relevance == Relevance::kIgnored) continue;
      const bool single = op.kind == OperationKind::kRead || op.kind == OperationKind::kWrite ||
                          op.kind == OperationKind::kCompareAndSet || op.kind == OperationKind::kDelete;
      model_of_one_register_ = model_of_one_register_ && single && op.key == history_.operation(ids[0]).key;
      if (history_.log_index(id) >= 0) {
        places.push_back({history_.log_index(id), model_.ReadOnly(id), op.invoke, id});
      } else if (relevance == Relevance::kDefinite) {
        return false;
      } else {
        loose_.push_back(id);
        only_plain_loose_ =
            only_plain_loose_ && (op.kind == OperationKind::kWrite || op.kind == OperationKind::kDelete);
      }
    }
    std::sort(places.begin(), places.end());
    for (const Place& place : places) log_.push_back(std::get<3>(place));
    return true;
  }

  bool Take(OperationId id) {
    scratch_ = state_;
    if (!model_.Apply(id, scratch_)) return false;
    std::swap(state_, scratch_);
    order_.push_back(id);
    return true;
  }

  // Takes first one operation of unknown place that makes the answer right. Any later moment allows at least those that
  // this one does, so which of several equal ones is taken does not matter.
  bool TakeAfterLoose(OperationId id, Position deadline) {
    for (size_t i = 0; i < loose_.size(); ++i) {
      if (history_.operation(loose_[i]).invoke > deadline) break;
      Model::State state = state_;
      if (!model_.Apply(loose_[i], state) || !model_.Apply(id, state)) continue;
      state_ = std::move(state);
      order_.push_back(loose_[i]);
      order_.push_back(id);
      loose_.erase(loose_.begin() + static_cast<ptrdiff_t>(i));
      return true;
    }
    return false;
  }

  const History& history_;
  Model& model_;
  Model::State state_;
  Model::State scratch_;
  std::vector<OperationId> log_;
  std::vector<OperationId> loose_;  // of unknown place, in order of invocation
  bool only_plain_loose_ = true;
  bool model_of_one_register_ = true;
  Order order_;
};

}  // namespace

WitnessResult TryLogOrder(const History& history, const Semantics& semantics, std::span<const OperationId> ids,
                          Model& model) {
  if (!history.has_log_indices() || ids.empty()) return {};
  return LogReplay(history, model).Run(semantics, ids);
}

}  // namespace lockstep::linearizability
