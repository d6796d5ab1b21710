#include "spec/linearizability/testing/naive_checker.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace lockstep::linearizability {
namespace {

constexpr size_t kKeysMax = 4;
using Kind = OperationKind;

// Everything any model can hold.
struct World {
  std::array<Value, kKeysMax> value = {};         // registers and key-value without append
  std::array<std::vector<Value>, kKeysMax> list;  // lists, sets, queues, pieces of texts, balances by account
  std::array<int64_t, kKeysMax> number = {};      // counters, newest lease
  std::array<bool, kKeysMax> held = {};           // mutexes, leases
  std::array<bool, kKeysMax> untold = {};         // leases: held by a token nobody was told
};

class Naive {
 public:
  Naive(const History& history, const Semantics& semantics)
      : history_(history), values_(history.values()), s_(semantics) {}

  bool Run() {
    World world;
    for (Key key = 0; key < history_.key_count(); ++key) {
      Value initial = s_.initial;
      for (const auto& [named, value] : s_.initial_by_key) {
        if (named == key) initial = value;
      }
      world.value[key] = initial;
      if (s_.model == ModelKind::kCounter) world.number[key] = initial == kNil ? 0 : values_.AsInteger(initial);
      if (s_.model == ModelKind::kLease) world.number[key] = INT64_MIN;
      if (values_.TypeOf(initial) == ValuePool::Type::kList) Assign(initial, &world.list[key]);
      if (values_.TypeOf(initial) == ValuePool::Type::kString) world.list[key] = {initial};
    }
    return Explain(std::vector<bool>(history_.size()), world);
  }

 private:
  bool Ignored(const Operation& op) const {
    if (op.outcome != Outcome::kFail) return false;
    if (op.kind == Kind::kRenew) return false;
    return !(op.kind == Kind::kCompareAndSet && s_.failed_cas == Semantics::FailedCompareAndSet::kFact);
  }

  bool Explain(const std::vector<bool>& taken, const World& world) {
    bool all = true;
    for (OperationId id = 0; id < history_.size(); ++id) {
      const Operation& op = history_.operation(id);
      if (!taken[id] && op.outcome != Outcome::kUnknown && !Ignored(op)) all = false;
    }
    if (all) return true;
    for (OperationId id = 0; id < history_.size(); ++id) {
      const Operation& op = history_.operation(id);
      if (taken[id] || Ignored(op) || !MayComeNext(taken, id)) continue;
      World next = world;
      if (!Apply(op, &next)) continue;
      std::vector<bool> more = taken;
      more[id] = true;
      if (Explain(more, next)) return true;
    }
    return false;
  }

  bool MayComeNext(const std::vector<bool>& taken, OperationId id) const {
    for (OperationId other = 0; other < history_.size(); ++other) {
      const Operation& op = history_.operation(other);
      if (!taken[other] && !Ignored(op) && op.complete < history_.operation(id).invoke) return false;
    }
    return true;
  }

  void Assign(Value list, std::vector<Value>* to) const {
    const auto items = values_.AsList(list);
    to->assign(items.begin(), items.end());
  }

  bool SaysNothing(Value result) const {
    return result == kUnknownValue || (result == kNil && s_.nil_read == Semantics::NilRead::kNoAnswer);
  }

  bool Apply(const Operation& op, World* world) const {
    const bool ok = op.outcome == Outcome::kOk;
    if (op.kind == Kind::kTransaction) return ApplyTransaction(op, ok, world);
    const Value result = ok ? op.result : kUnknownValue;
    return ApplyStep(op.kind, op.key, op.argument, op.expected, result, op.outcome, world);
  }

  bool ApplyTransaction(const Operation& op, bool ok, World* world) const {
    const Transaction& transaction = history_.TransactionOf(op);
    bool then = true;
    for (const TransactionGuard& guard : transaction.guards) {
      const bool equal = Holds(world, guard.key, guard.value);
      if (equal != (guard.comparison == TransactionGuard::Comparison::kEqual)) then = false;
    }
    if (ok && transaction.taken == Transaction::Branch::kThen && !then) return false;
    if (ok && transaction.taken == Transaction::Branch::kOtherwise && then) return false;
    for (const TransactionStep& step : then ? transaction.then : transaction.otherwise) {
      const Value result = ok ? step.result : kUnknownValue;
      if (!ApplyStep(step.kind, step.key, step.argument, step.expected, result, Outcome::kOk, world)) return false;
    }
    return true;
  }

  std::string Text(const std::vector<Value>& pieces) const {
    std::string text;
    for (Value piece : pieces) text += std::string(values_.AsString(piece));
    return text;
  }

  // Key-value: the pieces of its text; an absent key has none.
  bool Holds(const World* world, Key key, Value value) const {
    if (s_.model != ModelKind::kKeyValue) return world->value[key] == value;
    if (value == kNil) return world->list[key].empty();
    return !world->list[key].empty() && Text(world->list[key]) == values_.AsString(value);
  }

  bool ApplyStep(Kind kind, Key key, Value argument, Value expected, Value result, Outcome outcome,
                 World* world) const {
    switch (s_.model) {
      case ModelKind::kRegister:
      case ModelKind::kKeyValue:
        return Store(kind, key, argument, expected, result, outcome, world);
      case ModelKind::kMutex:
        if (world->held[key] == (kind == Kind::kAcquire)) return false;
        world->held[key] = kind == Kind::kAcquire;
        return true;
      case ModelKind::kCounter:
        if (kind == Kind::kRead) return SaysNothing(result) || values_.AsInteger(result) == world->number[key];
        world->number[key] += values_.AsInteger(argument);
        return true;
      case ModelKind::kLease:
        return Lease(kind, key, argument, result, outcome, world);
      default:
        return Collection(kind, argument, result, &world->list[key]);
    }
  }

  bool Store(Kind kind, Key key, Value argument, Value expected, Value result, Outcome outcome, World* world) const {
    const bool texts = s_.model == ModelKind::kKeyValue;
    switch (kind) {
      case Kind::kRead:
        return SaysNothing(result) || Holds(world, key, result);
      case Kind::kCompareAndSet:
        if (outcome == Outcome::kFail) return !Holds(world, key, expected);
        if (!Holds(world, key, expected)) return false;
        break;
      case Kind::kAppend:
        world->list[key].push_back(argument);
        return true;
      case Kind::kDelete:
        world->list[key].clear();
        world->value[key] = kNil;
        return true;
      case Kind::kDeleteRange:
      case Kind::kRange:
        return Range(kind, argument, result, world);
      default:
        break;
    }
    if (texts) world->list[key] = {argument};
    world->value[key] = argument;
    return true;
  }

  bool Range(Kind kind, Value bounds, Value result, World* world) const {
    std::vector<std::pair<std::string, Key>> names;
    const auto pair = values_.AsList(bounds);
    for (Key key = 0; key < history_.key_count(); ++key) {
      const std::string& name = history_.key_name(key);
      if (name < values_.AsString(pair[0]) || (pair[1] != kNil && name >= values_.AsString(pair[1]))) continue;
      names.push_back({name, key});
    }
    std::sort(names.begin(), names.end());
    std::vector<std::string> found;
    for (const auto& [name, key] : names) {
      if (world->list[key].empty()) continue;
      found.push_back(name);
      found.push_back(Text(world->list[key]));
      if (kind == Kind::kDeleteRange) world->list[key].clear();
    }
    if (kind == Kind::kDeleteRange || result == kUnknownValue) return true;
    std::vector<std::string> told;
    for (Value value : values_.AsList(result)) told.emplace_back(values_.AsString(value));
    return told == found;
  }

  bool Lease(Kind kind, Key key, Value argument, Value result, Outcome outcome, World* world) const {
    int64_t& newest = world->number[key];
    if (kind == Kind::kAcquire) {
      world->untold[key] = outcome != Outcome::kOk;
      world->held[key] = outcome == Outcome::kOk;
      if (outcome != Outcome::kOk) return true;
      if (values_.AsInteger(result) <= newest) return false;
      newest = values_.AsInteger(result);
      return true;
    }
    const int64_t token = values_.AsInteger(argument);
    if (kind == Kind::kRenew && outcome == Outcome::kUnknown) return true;
    if (kind == Kind::kRenew && outcome == Outcome::kFail) {
      if (token == newest) world->held[key] = false;
      return true;
    }
    if (!(world->held[key] && token == newest) && !(world->untold[key] && token > newest)) {
      return outcome == Outcome::kUnknown;
    }
    newest = token;
    world->held[key] = kind == Kind::kRenew;
    world->untold[key] = false;
    return true;
  }

  // Lists, sets, queues.
  bool Collection(Kind kind, Value argument, Value result, std::vector<Value>* items) const {
    switch (kind) {
      case Kind::kRead: {
        if (SaysNothing(result)) return true;
        std::vector<Value> told;
        if (result != kNil) Assign(result, &told);
        return told == *items;
      }
      case Kind::kAdd:
        if (std::find(items->begin(), items->end(), argument) == items->end()) items->push_back(argument);
        std::sort(items->begin(), items->end());
        return true;
      case Kind::kDequeue:
        if (result == kNil) return items->empty();
        if (items->empty()) return result == kUnknownValue;
        if (result != kUnknownValue && result != items->front()) return false;
        items->erase(items->begin());
        return true;
      default:
        items->push_back(argument);
        return true;
    }
  }

  const History& history_;
  const ValuePool& values_;
  const Semantics& s_;
};

}  // namespace

bool NaivelyLinearizable(const History& history, const Semantics& semantics) { return Naive(history, semantics).Run(); }

}  // namespace lockstep::linearizability
