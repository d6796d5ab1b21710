#include "spec/linearizability/state_frontier.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace lockstep::linearizability {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// The elements that answers of these operations show; nothing where a model has no elements of their own.
absl::flat_hash_set<Value> ShownElements(const History& history, std::span<const OperationId> ids) {
  absl::flat_hash_set<Value> shown;
  const auto show = [&](Value value) {
    shown.insert(value);
    if (history.values().TypeOf(value) != ValuePool::Type::kList) return;
    for (Value item : history.values().AsList(value)) shown.insert(item);
  };
  for (OperationId id : ids) {
    const Operation& op = history.operation(id);
    if (op.kind != OperationKind::kTransaction) {
      show(op.result);
      continue;
    }
    for (const auto* steps : {&history.TransactionOf(op).then, &history.TransactionOf(op).otherwise}) {
      for (const TransactionStep& step : *steps) show(step.result);
    }
  }
  return shown;
}

// Whether an operation of unknown outcome only adds an element: if nobody saw the element, it need not have happened.
bool OnlyAdds(ModelKind model, OperationKind kind) {
  return (model == ModelKind::kListAppend && kind == OperationKind::kAppend) ||
         (model == ModelKind::kSet && kind == OperationKind::kAdd) ||
         (model == ModelKind::kQueue && kind == OperationKind::kEnqueue);
}

}  // namespace

std::vector<Call> CallsOf(const History& history, const Semantics& semantics, std::span<const OperationId> ids,
                          const Model& model) {
  std::vector<Call> calls;
  const absl::flat_hash_set<Value> shown = ShownElements(history, ids);
  for (OperationId id : ids) {
    const Operation& op = history.operation(id);
    const Relevance relevance = RelevanceOf(semantics, op);
    if (relevance == Relevance::kIgnored) continue;
    const bool read_only = model.ReadOnly(id);
    if (relevance == Relevance::kOptional) {
      if (read_only || (OnlyAdds(semantics.model, op.kind) && !shown.contains(op.argument))) continue;
    }
    calls.push_back({id, op.invoke, op.complete, read_only});
  }
  return calls;
}

std::vector<uint32_t> AlikeOptional(const History& history, std::span<const Call> calls) {
  std::vector<uint32_t> alike(calls.size(), kNone);
  absl::flat_hash_map<std::tuple<uint8_t, Key, Value, Value>, uint32_t> last;
  for (uint32_t i = 0; i < calls.size(); ++i) {
    const Operation& op = history.operation(calls[i].id);
    if (calls[i].complete != kNever || op.kind == OperationKind::kTransaction) continue;
    auto [it, fresh] = last.try_emplace({static_cast<uint8_t>(op.kind), op.key, op.argument, op.expected}, i);
    if (!fresh) alike[i] = std::exchange(it->second, i);
  }
  return alike;
}

StateFrontier::StateFrontier(std::span<const Call> calls, std::span<const uint32_t> alike, StateTable* table,
                             Meter* meter)
    : calls_(calls), alike_(alike), table_(table), meter_(meter), slot_of_(calls.size(), kNone) {
  for (uint32_t i = 0; i < calls.size(); ++i) {
    events_.push_back({calls[i].invoke, i, false});
    if (calls[i].complete != kNever) events_.push_back({calls[i].complete, i, true});
  }
  std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) { return a.position < b.position; });
  configurations_.push_back({});
  answer_.decision = Decision::kExhausted;
}

bool StateFrontier::Advance(uint64_t steps) {
  const uint64_t until = meter_->steps() + steps;
  while (answer_.decision == Decision::kExhausted && meter_->steps() < until && !meter_->exhausted()) {
    if (exploring_) {
      ContinueCompletion();
    } else if (next_event_ == events_.size()) {
      Conclude(Decision::kLinearizable, kNever);
    } else {
      const Event event = events_[next_event_++];
      answer_.event = event.position;
      meter_->Spend(1);
      if (event.completes) {
        BeginCompletion(event.call);
      } else {
        BeginCall(event.call);
      }
    }
  }
  return answer_.decision != Decision::kExhausted;
}

void StateFrontier::BeginCall(uint32_t call) {
  uint32_t slot;
  if (!free_slots_.empty()) {
    slot = free_slots_.back();
    free_slots_.pop_back();
  } else {
    slot = static_cast<uint32_t>(in_slot_.size());
    in_slot_.push_back(kNone);
    if (slot % 64 == 0) {
      for (Configuration& c : configurations_) c.done.push_back(0);
      reads_.push_back(0);
      optionals_.push_back(0);
    }
  }
  in_slot_[slot] = call;
  slot_of_[call] = slot;
  open_.push_back(call);
  if (calls_[call].complete == kNever) Put(slot, &optionals_);
  if (!calls_[call].read_only) return;
  Put(slot, &reads_);
  meter_->Spend(configurations_.size());
  for (Configuration& c : configurations_) {
    if (table_->Next(c.state, calls_[call].id) != StateTable::kImpossible) Record(call, &c);
  }
}

void StateFrontier::Record(uint32_t call, Configuration* configuration) {
  Put(slot_of_[call], &configuration->done);
  meter_->Hold(sizeof(Trail));
  trail_.push_back({configuration->trail, call});
  configuration->trail = static_cast<uint32_t>(trail_.size() - 1);
}

void StateFrontier::BeginCompletion(uint32_t call) {
  exploring_ = true;
  completing_ = call;
  for (Configuration& c : configurations_) {
    reached_[c.state].push_back(c.done);
    (Has(c.done, slot_of_[call]) ? results_ : queue_).push_back(std::move(c));
  }
  begun_with_ = queue_.size();
  meter_->Spend(configurations_.size());
  configurations_.clear();
}

void StateFrontier::ContinueCompletion() {
  if (next_in_queue_ == queue_.size()) {
    FinishCompletion();
    return;
  }
  Configuration from = std::move(queue_[next_in_queue_++]);
  if (Has(from.done, slot_of_[completing_])) {
    results_.push_back(std::move(from));
  } else {
    Successors(from);
  }
}

void StateFrontier::Successors(const Configuration& from) {
  for (uint32_t call : open_) {
    const uint32_t slot = slot_of_[call];
    if (Has(from.done, slot) || calls_[call].read_only) continue;
    // Of equal optional calls, the one invoked first.
    if (const uint32_t twin = alike_[call];
        twin != kNone && slot_of_[twin] != kNone && !Has(from.done, slot_of_[twin])) {
      continue;
    }
    meter_->Spend(1);
    const StateTable::StateId state = table_->Next(from.state, calls_[call].id);
    if (state == StateTable::kImpossible) continue;
    // An optional call that changes nothing need not have happened.
    if (state == from.state && Has(optionals_, slot)) continue;
    Configuration next = from;
    next.state = state;
    Put(slot, &next.done);
    for (uint32_t read : open_) {
      if (!calls_[read].read_only || Has(next.done, slot_of_[read])) continue;
      if (table_->Next(state, calls_[read].id) != StateTable::kImpossible) Put(slot_of_[read], &next.done);
    }
    std::vector<Set>& reached = reached_[state];
    meter_->Spend(reached.size() / 8);
    if (std::any_of(reached.begin(), reached.end(), [&](const Set& done) { return Covers(done, next.done); })) continue;
    reached.push_back(next.done);
    meter_->Hold(3 * sizeof(Configuration));
    const Set answered = next.done;
    next.done = from.done;
    Record(call, &next);
    for (uint32_t read : open_) {
      if (Has(answered, slot_of_[read]) && !Has(next.done, slot_of_[read])) Record(read, &next);
    }
    queue_.push_back(std::move(next));
  }
}

void StateFrontier::FinishCompletion() {
  exploring_ = false;
  meter_->Release(3 * sizeof(Configuration) * (queue_.size() - begun_with_));
  queue_.clear();
  next_in_queue_ = 0;
  reached_.clear();
  const uint32_t slot = slot_of_[completing_];
  for (Configuration& c : results_) Take(slot, &c.done);
  if (!reads_.empty()) Take(slot, &reads_);
  in_slot_[slot] = kNone;
  slot_of_[completing_] = kNone;
  free_slots_.push_back(slot);
  open_.erase(std::find(open_.begin(), open_.end(), completing_));
  Reduce(&results_);
  configurations_ = std::move(results_);
  results_.clear();
  if (configurations_.empty()) Conclude(Decision::kNotLinearizable, calls_[completing_].complete);
}

// Whether, in the same state, `a` has answered at least the reads that `b` has, and used at most the optional calls.
bool StateFrontier::Covers(const Set& a, const Set& b) const {
  for (size_t i = 0; i < a.size(); ++i) {
    const uint64_t more = a[i] & ~b[i];
    const uint64_t less = b[i] & ~a[i];
    if ((more & ~reads_[i]) != 0 || (less & ~optionals_[i]) != 0) return false;
  }
  return true;
}

void StateFrontier::Reduce(std::vector<Configuration>* configurations) {
  // What covers another comes before it.
  auto merit = [&](const Configuration& c) {
    int merit = 0;
    for (size_t i = 0; i < c.done.size(); ++i) {
      merit += std::popcount(c.done[i] & reads_[i]) - std::popcount(c.done[i] & optionals_[i]);
    }
    return merit;
  };
  std::sort(configurations->begin(), configurations->end(), [&](const Configuration& a, const Configuration& b) {
    if (a.state != b.state) return a.state < b.state;
    const int merit_a = merit(a);
    const int merit_b = merit(b);
    return merit_a != merit_b ? merit_a > merit_b : a.done < b.done;
  });
  std::vector<Configuration> kept;
  size_t group = 0;  // where the configurations with the present state begin
  for (Configuration& c : *configurations) {
    if (!kept.empty() && kept.back().state != c.state) group = kept.size();
    meter_->Spend(1 + (kept.size() - group) / 8);
    const auto first = kept.begin() + static_cast<ptrdiff_t>(group);
    const bool covered = std::any_of(first, kept.end(), [&](const Configuration& a) { return Covers(a.done, c.done); });
    if (!covered) kept.push_back(std::move(c));
  }
  *configurations = std::move(kept);
}

void StateFrontier::Conclude(Decision decision, Position event) {
  answer_.decision = decision;
  answer_.event = event;
  if (decision != Decision::kLinearizable) return;
  for (uint32_t node = configurations_[0].trail; node != kNone; node = trail_[node].previous) {
    answer_.order.push_back(calls_[trail_[node].call].id);
  }
  std::reverse(answer_.order.begin(), answer_.order.end());
}

}  // namespace lockstep::linearizability
