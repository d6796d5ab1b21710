#include "spec/linearizability/certificate_checker.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/model.h"

namespace lockstep::linearizability {
namespace {

using Kind = OperationKind;
using Part = ConflictItem::Part;
constexpr size_t kTriedMax = 2'000'000;

absl::Status Wrong(OperationId id, const char* what) {
  return absl::FailedPreconditionError(absl::StrCat("operation ", id, " ", what));
}

// Tries all orders of a small history's operations.
absl::Status TryAllOrders(const History& history, const Semantics& semantics) {
  std::vector<OperationId> ids;
  while (ids.size() < history.size()) ids.push_back(static_cast<OperationId>(ids.size()));
  const auto model = MakeModel(history, semantics, ids);
  if (!model.ok()) return model.status();
  using Tried = std::pair<std::vector<bool>, Model::State>;
  std::vector<Tried> work = {{std::vector<bool>(ids.size()), (*model)->Initial()}};
  std::set<Tried> tried;
  while (!work.empty()) {
    const auto [taken, state] = std::move(work.back());
    work.pop_back();
    Position deadline = kNever;
    for (OperationId id : ids) deadline = taken[id] ? deadline : std::min(deadline, history.operation(id).complete);
    if (deadline == kNever) return absl::FailedPreconditionError("the operations of the conflict have a legal order");
    for (OperationId id : ids) {
      Tried next(taken, state);
      if (taken[id] || history.operation(id).invoke > deadline || !(*model)->Apply(id, next.second)) continue;
      next.first[id] = true;
      if (tried.insert(next).second) work.push_back(std::move(next));
    }
    if (tried.size() > kTriedMax) return absl::ResourceExhaustedError("the conflict has too many orders to try them");
  }
  return absl::OkStatus();
}

// A register's operation: the value it needs, or must not find, and the value it leaves.
struct Meaning {
  std::optional<Value> needs, refuses, leaves;
};

std::optional<Meaning> RegisterMeaning(const Operation& op) {
  constexpr Value held{UINT32_MAX};
  if (op.kind == Kind::kRead) return Meaning{op.result, {}, {}};
  if (op.kind == Kind::kWrite) return Meaning{{}, {}, op.argument};
  if (op.kind == Kind::kDelete) return Meaning{{}, {}, kNil};
  if (IsRefusal(op)) return Meaning{{}, op.expected, {}};
  if (op.kind == Kind::kCompareAndSet && op.expected == op.argument) return Meaning{op.expected, {}, {}};
  if (op.kind == Kind::kCompareAndSet) return Meaning{op.expected, {}, op.argument};
  if (op.kind == Kind::kAcquire) return Meaning{kNil, {}, held};
  if (op.kind == Kind::kRelease) return Meaning{held, {}, kNil};
  return std::nullopt;
}

bool ShareKey(const History& history, const Operation& a, const Operation& b) {
  std::vector<Key> keys_a, keys_b;
  KeysOf(history, a, &keys_a);
  KeysOf(history, b, &keys_b);
  return std::find_first_of(keys_a.begin(), keys_a.end(), keys_b.begin(), keys_b.end()) != keys_a.end();
}

// Whether leaving out x cannot have changed what `kept` of o observed; see the header.
bool Unaffected(const History& history, ModelKind model, const Operation& x, const Operation& o, Part kept,
                Position overwritten_before) {
  if (model == ModelKind::kSet || model == ModelKind::kListAppend) {
    if (x.kind == Kind::kTransaction || o.kind == Kind::kTransaction) return !ShareKey(history, x, o);
    const bool sees = o.kind == Kind::kRead && history.values().TypeOf(o.result) == ValuePool::Type::kList;
    if (x.key != o.key || !sees) return true;
    const auto seen = history.values().AsList(o.result);
    return std::find(seen.begin(), seen.end(), x.argument) == seen.end();
  }
  const auto wrote = RegisterMeaning(x);
  const auto saw = RegisterMeaning(o);
  if (model == ModelKind::kLease || !wrote || !saw) return !ShareKey(history, x, o);
  if (x.key != o.key || !wrote->leaves || kept == Part::kWriteOnly) return true;
  if (x.invoke > o.complete || x.complete < overwritten_before) return true;
  return saw->needs ? wrote->leaves != saw->needs : !saw->refuses || wrote->leaves == saw->refuses;
}

}  // namespace

absl::Status VerifyConflict(const History& history, const Semantics& semantics, const Conflict& conflict) {
  std::vector<OperationId> ids;
  std::vector<Position> overwritten_before(conflict.size(), 0);
  Position last_end = 0;
  for (const auto [id, part] : conflict) {
    if (id >= history.size() || (!ids.empty() && id <= ids.back())) return Wrong(id, "is out of order or not there");
    ids.push_back(id);
    const Operation& o = history.operation(id);
    const bool leaves = RegisterMeaning(o).value_or(Meaning()).leaves.has_value();
    const bool says = RelevanceOf(semantics, o) != Relevance::kIgnored && (leaves || part != Part::kWriteOnly);
    if (!says) return Wrong(id, "says nothing");
    if (part == Part::kUnfinished || o.complete == kNever) continue;
    last_end = std::max(last_end, o.complete);
    for (size_t j = 0; leaves && j < conflict.size(); ++j) {
      const Operation& later = history.operation(conflict[j].id);
      const bool overwrites = o.key == later.key && o.complete < later.invoke;
      overwritten_before[j] = std::max(overwritten_before[j], overwrites ? o.invoke : 0);
    }
  }
  const auto model = MakeModel(history, semantics, {});
  if (!model.ok() || conflict.empty()) return absl::FailedPreconditionError("there is no conflict");
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& x = history.operation(id);
    if (x.invoke > last_end || RelevanceOf(semantics, x) == Relevance::kIgnored || (*model)->ReadOnly(id)) continue;
    if (std::binary_search(ids.begin(), ids.end(), id)) continue;
    for (size_t i = 0; i < conflict.size(); ++i) {
      const auto [o, part] = conflict[i];
      if (Unaffected(history, semantics.model, x, history.operation(o), part, overwritten_before[i])) continue;
      return Wrong(id, "is left out, but may have changed what one of the conflict observed");
    }
  }
  Semantics reduced = semantics;  // a mutex is a register that holds nil or `held`
  if (semantics.model == ModelKind::kMutex) reduced.model = ModelKind::kRegister;
  const auto keep_part = [&, next = size_t{0}](OperationId, Operation& op) mutable {
    const Part part = conflict[next++].part;
    const auto meaning = RegisterMeaning(op);
    if (semantics.model == ModelKind::kMutex) op.kind = Kind::kCompareAndSet, op.expected = *meaning->needs;
    if (part == Part::kWriteOnly) op.kind = Kind::kWrite;
    if (part == Part::kUnfinished) op.complete = kNever;
    if (meaning && meaning->leaves) op.argument = *meaning->leaves;
  };
  return TryAllOrders(history.Restrict(ids, keep_part), reduced);
}

absl::Status VerifyOrders(const History& history, const Semantics& semantics, const std::vector<Order>& orders) {
  std::vector<bool> taken(history.size());
  std::vector<size_t> order_of_key(history.key_count(), SIZE_MAX);
  std::vector<Key> keys;
  for (size_t index = 0; index < orders.size(); ++index) {
    const auto model = MakeModel(history, semantics, orders[index]);
    if (!model.ok()) return model.status();
    Model::State state = (*model)->Initial();
    Position latest_invoke = 0;
    for (OperationId id : orders[index]) {
      const Operation& op = history.operation(id);
      if (taken[id] || RelevanceOf(semantics, op) == Relevance::kIgnored) return Wrong(id, "appears twice, or in vain");
      if (op.complete < latest_invoke) return Wrong(id, "completed before one that the order puts first began");
      if (!(*model)->Apply(id, state)) return Wrong(id, "has an answer that is impossible at its place in the order");
      taken[id] = true;
      latest_invoke = std::max(latest_invoke, op.invoke);
      KeysOf(history, op, &(keys = {}));
      for (Key key : keys) {
        if (std::exchange(order_of_key[key], index) < index) return Wrong(id, "is on the key of an earlier order");
      }
    }
  }
  for (OperationId id = 0; id < history.size(); ++id) {
    if (taken[id] || RelevanceOf(semantics, history.operation(id)) != Relevance::kDefinite) continue;
    return Wrong(id, "happened, but is in no order");
  }
  return absl::OkStatus();
}

}  // namespace lockstep::linearizability
