#include "spec/linearizability/conflict.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "spec/linearizability/frontier.h"
#include "spec/linearizability/model.h"
#include "spec/linearizability/reduce.h"
#include "spec/linearizability/search.h"
#include "spec/linearizability/state_frontier.h"

namespace lockstep::linearizability {
namespace {

// To make a conflict smaller is a service; it may cost so many steps.
constexpr uint64_t kStepsMax = 5'000'000;

Budget Limited(Budget budget) {
  budget.steps = std::min(budget.steps, kStepsMax);
  return budget;
}

using Index = uint32_t;  // of an access

class RegisterReducer {
 public:
  RegisterReducer(std::span<const Access> accesses, Value initial, const Budget& budget)
      : accesses_(accesses), initial_(initial), meter_(Limited(budget)) {
    for (Index i = 0; i < accesses.size(); ++i) {
      const Access& access = accesses[i];
      if (!access.optional) by_end_.push_back(i);
      if (access.CompareAndSet()) replaces_.push_back(i);
      if (!access.writes) continue;
      writers_[access.set].push_back(i);
      all_writers_.push_back(i);
    }
    std::sort(by_end_.begin(), by_end_.end(), [&](Index a, Index b) { return End(a) < End(b); });
    // The definite write, among those ending up to here, that began last.
    for (Index i : by_end_) {
      if (!accesses[i].writes) continue;
      const bool later = last_begun_.empty() || accesses[last_begun_.back().second].invoke < accesses[i].invoke;
      last_begun_.push_back({End(i), later ? i : last_begun_.back().second});
    }
  }

  SmallConflict Run(const Conflict& hint, Position event) {
    std::vector<Index> kept = FromHint(hint);
    if (kept.empty() || !Impossible(kept)) {
      event_ = event;
      kept = Grow(event);
    }
    if (kept.empty()) return {};
    SmallConflict small;
    kept = Reduce<Index>(
        std::move(kept), [&](const std::vector<Index>& rest) { return Impossible(rest); },
        [&] { return !meter_.exhausted(); }, &small.minimal);
    small.conflict = ConflictOf(kept);
    return small;
  }

 private:
  using Part = ConflictItem::Part;

  Position End(Index i) const { return accesses_[i].complete; }

  Index IndexOf(OperationId id) const {
    const auto it = std::lower_bound(accesses_.begin(), accesses_.end(), id,
                                     [](const Access& access, OperationId wanted) { return access.id < wanted; });
    return static_cast<Index>(it - accesses_.begin());
  }

  std::vector<Index> FromHint(const Conflict& hint) const {
    std::vector<Index> kept;
    for (const ConflictItem& item : hint) kept.push_back(IndexOf(item.id));
    return kept;
  }

  // The definite accesses that end last before the event: more each time, until they are impossible.
  std::vector<Index> Grow(Position event) {
    const auto last = std::upper_bound(by_end_.begin(), by_end_.end(), event,
                                       [&](Position position, Index i) { return position < End(i); });
    const size_t available = static_cast<size_t>(last - by_end_.begin());
    for (size_t size = 8;; size *= 4) {
      const size_t count = std::min(size, available);
      std::vector<Index> kept(last - static_cast<ptrdiff_t>(count), last);
      // That one still open needs its expectation may matter too.
      for (Index i : replaces_) {
        if (accesses_[i].invoke < event && (accesses_[i].optional || End(i) > event)) kept.push_back(i);
      }
      std::sort(kept.begin(), kept.end());
      if (Impossible(kept)) return kept;
      if (count == available) return {};
    }
  }

  // The kept accesses, and every write that the certificate's rules do not let go.
  Conflict ConflictOf(const std::vector<Index>& kept) const {
    std::vector<std::pair<Index, Part>> items;
    Position last_end = 0;
    for (Index i : kept) {
      const bool unfinished = End(i) > event_;
      items.push_back({i, unfinished ? Part::kUnfinished : Part::kWhole});
      if (!unfinished && !accesses_[i].optional) last_end = std::max(last_end, End(i));
    }
    for (Index i : kept) {
      const Access& observer = accesses_[i];
      if (!observer.Observes()) continue;
      Position overwritten_before = 0;
      auto it =
          std::lower_bound(last_begun_.begin(), last_begun_.end(), std::pair<Position, Index>{observer.invoke, 0});
      if (it != last_begun_.begin() && MayHaveSeenEarlier(observer)) {
        const Index write = std::prev(it)->second;
        overwritten_before = accesses_[write].invoke;
        items.push_back({write, PartOf(write)});
      }
      AddCandidates(observer, overwritten_before, last_end, &items);
    }
    // More of an operation comes before less of it.
    std::sort(items.begin(), items.end());
    Conflict conflict;
    for (const auto& [i, part] : items) {
      if (conflict.empty() || conflict.back().id != accesses_[i].id) conflict.push_back({accesses_[i].id, part});
    }
    return conflict;
  }

  Part PartOf(Index write) const { return accesses_[write].CompareAndSet() ? Part::kWriteOnly : Part::kWhole; }

  // Whether anything before the observer left what it observed, so that it matters that it was overwritten.
  bool MayHaveSeenEarlier(const Access& observer) const {
    if (observer.guard != Access::Guard::kEqual || observer.expect == initial_) return true;
    const auto same = writers_.find(observer.expect);
    return same != writers_.end() && accesses_[same->second[0]].invoke < observer.complete;
  }

  // The writes that may be the last one before the observer.
  void AddCandidates(const Access& observer, Position overwritten_before, Position last_end,
                     std::vector<std::pair<Index, Part>>* items) const {
    const bool equal = observer.guard == Access::Guard::kEqual;
    const auto same = writers_.find(observer.expect);
    if (equal && same == writers_.end()) return;
    const std::vector<Index>& candidates = equal ? same->second : all_writers_;
    for (Index i : candidates) {
      const Access& write = accesses_[i];
      if (write.invoke > observer.complete || write.invoke > last_end) break;
      if (write.id == observer.id || write.complete < overwritten_before) continue;
      if (equal || write.set != observer.expect) items->push_back({i, PartOf(i)});
    }
  }

  bool Impossible(const std::vector<Index>& kept) {
    std::vector<Access> accesses;
    for (const ConflictItem& item : ConflictOf(kept)) {
      Access access = accesses_[IndexOf(item.id)];
      if (item.part == Part::kWriteOnly) access.guard = Access::Guard::kNone;
      if (item.part == Part::kUnfinished) access.complete = kNever, access.optional = true;
      accesses.push_back(access);
    }
    meter_.Spend(accesses.size());
    return CheckFrontier(accesses, initial_, false, &meter_).decision == Decision::kNotLinearizable;
  }

  std::span<const Access> accesses_;
  const Value initial_;
  Meter meter_;
  std::vector<Index> by_end_;  // definite ones
  std::vector<Index> replaces_;
  Position event_ = kNever;  // what completes later is seen as unfinished
  absl::flat_hash_map<Value, std::vector<Index>> writers_;
  std::vector<Index> all_writers_;
  std::vector<std::pair<Position, Index>> last_begun_;
};

class GenericReducer {
 public:
  GenericReducer(const History& history, const Semantics& semantics, std::span<const OperationId> ids, Position event,
                 const Budget& budget)
      : history_(history), semantics_(semantics), meter_(Limited(budget)) {
    model_ = *MakeModel(history, semantics, ids);
    for (OperationId id : ids) {
      const Operation& op = history.operation(id);
      if (RelevanceOf(semantics, op) == Relevance::kIgnored || op.invoke > event) continue;
      if (op.complete > event) {
        if (!model_->ReadOnly(id)) fixed_.push_back({id, Part::kUnfinished});
      } else if (model_->ReadOnly(id) || AddsElement(op)) {
        removable_.push_back(id);
      } else {
        fixed_.push_back({id, Part::kWhole});
      }
    }
  }

  SmallConflict Run() {
    SmallConflict small;
    // Readers first: an addition can only go once those who saw it have gone.
    std::stable_partition(removable_.begin(), removable_.end(), [&](OperationId id) { return model_->ReadOnly(id); });
    if (!Impossible(removable_)) {
      // Too much to refute once more within the limit: the whole prefix is the conflict.
      if (meter_.exhausted()) small.conflict = ConflictOf(removable_);
      return small;
    }
    // With fewer readers it may be harder to refute: not worth much more than it cost with all.
    steps_per_try_ = 4 * last_steps_ + 1000;
    const std::vector<OperationId> kept = Reduce<OperationId>(
        removable_, [&](const std::vector<OperationId>& rest) { return Allowed(rest) && Impossible(rest); },
        [&] { return !meter_.exhausted(); }, &small.minimal);
    small.conflict = ConflictOf(kept);
    return small;
  }

 private:
  using Part = ConflictItem::Part;

  bool AddsElement(const Operation& op) const {
    const bool by_element = semantics_.model == ModelKind::kSet || semantics_.model == ModelKind::kListAppend;
    return by_element && (op.kind == OperationKind::kAdd || op.kind == OperationKind::kAppend);
  }

  // Whether no kept read saw an element whose addition is left out, and no kept transaction might have.
  bool Allowed(const std::vector<OperationId>& kept) const {
    if (semantics_.model != ModelKind::kSet && semantics_.model != ModelKind::kListAppend) return true;
    absl::flat_hash_map<Key, std::vector<Value>> seen;
    bool transactions = false;
    for (const ConflictItem& item : ConflictOf(kept)) {
      const Operation& op = history_.operation(item.id);
      transactions = transactions || op.kind == OperationKind::kTransaction;
      if (op.kind != OperationKind::kRead || history_.values().TypeOf(op.result) != ValuePool::Type::kList) continue;
      const auto list = history_.values().AsList(op.result);
      seen[op.key].insert(seen[op.key].end(), list.begin(), list.end());
    }
    for (auto& [key, values] : seen) std::sort(values.begin(), values.end());
    const absl::flat_hash_set<OperationId> stays(kept.begin(), kept.end());
    return std::all_of(removable_.begin(), removable_.end(), [&](OperationId id) {
      const Operation& op = history_.operation(id);
      if (!AddsElement(op) || stays.contains(id)) return true;
      const auto it = seen.find(op.key);
      return !transactions &&
             (it == seen.end() || !std::binary_search(it->second.begin(), it->second.end(), op.argument));
    });
  }

  Conflict ConflictOf(const std::vector<OperationId>& kept) const {
    Conflict conflict = fixed_;
    for (OperationId id : kept) conflict.push_back({id, Part::kWhole});
    std::sort(conflict.begin(), conflict.end(),
              [](const ConflictItem& a, const ConflictItem& b) { return a.id < b.id; });
    return conflict;
  }

  bool Impossible(const std::vector<OperationId>& kept) {
    std::vector<Call> calls;
    for (const ConflictItem& item : ConflictOf(kept)) {
      const Operation& op = history_.operation(item.id);
      const bool open = item.part == Part::kUnfinished;
      calls.push_back({item.id, op.invoke, open ? kNever : op.complete, model_->ReadOnly(item.id)});
    }
    Meter meter({.steps = steps_per_try_});
    StateTable table(model_.get(), &meter);
    const std::vector<uint32_t> alike(calls.size(), UINT32_MAX);
    StateFrontier frontier(calls, alike, &table, &meter);
    frontier.Advance(steps_per_try_);
    meter_.Spend(calls.size() + meter.steps());
    last_steps_ = meter.steps();
    return frontier.answer().decision == Decision::kNotLinearizable;
  }

  const History& history_;
  const Semantics& semantics_;
  Meter meter_;
  uint64_t steps_per_try_ = kStepsMax;
  uint64_t last_steps_ = 0;
  std::unique_ptr<Model> model_;
  Conflict fixed_;
  std::vector<OperationId> removable_;
};

}  // namespace

SmallConflict ReduceRegisterConflict(std::span<const Access> accesses, Value initial, const Conflict& hint,
                                     Position event, const Budget& budget) {
  return RegisterReducer(accesses, initial, budget).Run(hint, event);
}

SmallConflict ReduceConflict(const History& history, const Semantics& semantics, std::span<const OperationId> ids,
                             Position event, const Budget& budget) {
  return GenericReducer(history, semantics, ids, event, budget).Run();
}

}  // namespace lockstep::linearizability
