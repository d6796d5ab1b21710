#include "spec/linearizability/models/abstract_types.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace lockstep::linearizability {
namespace {

using Type = ValuePool::Type;

// What the models of this file share: the history, and that answers of
// operations of unknown outcome are unknown.
class SimpleModel : public Model {
 public:
  explicit SimpleModel(const History& history) : history_(history), values_(history.values()) {}
  bool ReadOnly(OperationId id) const override { return history_.operation(id).kind == OperationKind::kRead; }

 protected:
  static bool Happened(const Operation& op) { return op.outcome == Outcome::kOk; }

  // Integers take two words, low half first.
  static int64_t Load(const State& state, size_t index) {
    return static_cast<int64_t>(state[index] | static_cast<uint64_t>(state[index + 1]) << 32);
  }
  static void Save(int64_t integer, size_t index, State* state) {
    (*state)[index] = static_cast<uint32_t>(integer);
    (*state)[index + 1] = static_cast<uint32_t>(static_cast<uint64_t>(integer) >> 32);
  }

  const History& history_;
  const ValuePool& values_;
};

class MutexModel : public SimpleModel {
 public:
  using SimpleModel::SimpleModel;
  State Initial() const override { return {0}; }
  bool Apply(OperationId id, State& state) override {
    const uint32_t needed = history_.operation(id).kind == OperationKind::kAcquire ? 0 : 1;
    if (state[0] != needed) return false;
    state[0] = 1 - needed;
    return true;
  }
};

// State: the newest token that was told (two words), and who holds the lease.
class LeaseModel : public SimpleModel {
 public:
  using SimpleModel::SimpleModel;
  State Initial() const override {
    State state(3);
    Save(INT64_MIN, 0, &state);
    return state;
  }
  bool Apply(OperationId id, State& state) override {
    const Operation& op = history_.operation(id);
    if (op.kind == OperationKind::kAcquire) return Acquire(op, state);
    if (values_.TypeOf(op.argument) != Type::kInteger) return false;
    const int64_t token = values_.AsInteger(op.argument);
    const bool good = state[2] == kHeld ? token == Load(state, 0) : state[2] == kHeldUntold && token > Load(state, 0);
    if (op.kind == OperationKind::kRenew && op.outcome != Outcome::kOk) {
      if (op.outcome == Outcome::kUnknown) return false;  // changes nothing
      // It has expired; of a token that was never told, another one may still be good.
      if (good && state[2] == kHeld) state[2] = kGone;
      return true;
    }
    if (!good) return false;
    Save(token, 0, &state);
    state[2] = op.kind == OperationKind::kRenew ? kHeld : kGone;
    return true;
  }

 private:
  enum Holder : uint32_t { kGone, kHeld, kHeldUntold };

  bool Acquire(const Operation& op, State& state) {
    if (!Happened(op) || values_.TypeOf(op.result) != Type::kInteger) {
      state[2] = kHeldUntold;  // by a token greater than the newest that was told
      return true;
    }
    const int64_t token = values_.AsInteger(op.result);
    if (token <= Load(state, 0)) return false;
    Save(token, 0, &state);
    state[2] = kHeld;
    return true;
  }
};

class SetModel : public SimpleModel {
 public:
  using SimpleModel::SimpleModel;
  State Initial() const override { return {}; }
  bool Apply(OperationId id, State& state) override {
    const Operation& op = history_.operation(id);
    if (op.kind == OperationKind::kAdd) {
      auto it = std::lower_bound(state.begin(), state.end(), op.argument.bits);
      if (it == state.end() || *it != op.argument.bits) state.insert(it, op.argument.bits);
      return true;
    }
    if (op.result == kNil) return state.empty();
    if (values_.TypeOf(op.result) != Type::kList) return false;
    const auto told = values_.AsList(op.result);
    return std::equal(state.begin(), state.end(), told.begin(), told.end(),
                      [](uint32_t word, Value value) { return word == value.bits; });
  }
};

class QueueModel : public SimpleModel {
 public:
  using SimpleModel::SimpleModel;
  State Initial() const override { return {}; }
  bool ReadOnly(OperationId) const override { return false; }
  bool Apply(OperationId id, State& state) override {
    const Operation& op = history_.operation(id);
    if (op.kind == OperationKind::kEnqueue) {
      state.push_back(op.argument.bits);
      return true;
    }
    if (!Happened(op) || op.result == kUnknownValue) {
      if (!state.empty()) state.erase(state.begin());
      return true;
    }
    if (op.result == kNil) return state.empty();
    if (state.empty() || state.front() != op.result.bits) return false;
    state.erase(state.begin());
    return true;
  }
};

class CounterModel : public SimpleModel {
 public:
  CounterModel(const History& history, Value initial) : SimpleModel(history), initial_(initial) {}
  State Initial() const override {
    State state(2);
    Save(AmountOf(initial_), 0, &state);
    return state;
  }
  bool Apply(OperationId id, State& state) override {
    const Operation& op = history_.operation(id);
    if (op.kind == OperationKind::kRead) {
      return values_.TypeOf(op.result) == Type::kInteger && values_.AsInteger(op.result) == Load(state, 0);
    }
    Save(Load(state, 0) + AmountOf(op.argument), 0, &state);
    return true;
  }

 private:
  int64_t AmountOf(Value value) const { return values_.TypeOf(value) == Type::kInteger ? values_.AsInteger(value) : 0; }
  Value initial_;
};

// State: whether the balances are known, then two words per account.
class BankModel : public SimpleModel {
 public:
  BankModel(const History& history, Value initial, std::span<const OperationId> ids)
      : SimpleModel(history), initial_(initial) {
    Enter(initial);
    for (OperationId id : ids) {
      const Operation& op = history.operation(id);
      if (op.kind == OperationKind::kRead) {
        Enter(op.result);
      } else {
        const auto transfer = values_.AsList(op.argument);
        EnterAccount(transfer[0]);
        EnterAccount(transfer[1]);
      }
    }
  }
  State Initial() const override {
    State state(1 + 2 * slots_.size());
    if (values_.TypeOf(initial_) != Type::kList) return state;
    Learn(initial_, &state);
    return state;
  }
  bool Apply(OperationId id, State& state) override {
    const Operation& op = history_.operation(id);
    return op.kind == OperationKind::kRead ? Read(op, state) : Transfer(op, state);
  }
  bool ReadOnly(OperationId) const override { return false; }  // the first read teaches the balances

 private:
  void EnterAccount(Value account) { slots_.try_emplace(account, 1 + 2 * slots_.size()); }
  void Enter(Value balances) {
    if (values_.TypeOf(balances) != Type::kList) return;
    const auto list = values_.AsList(balances);
    for (size_t i = 0; i + 1 < list.size(); i += 2) EnterAccount(list[i]);
  }
  void Learn(Value balances, State* state) const {
    (*state)[0] = 1;
    const auto list = values_.AsList(balances);
    for (size_t i = 0; i + 1 < list.size(); i += 2) Save(values_.AsInteger(list[i + 1]), slots_.at(list[i]), state);
  }
  bool Read(const Operation& op, State& state) const {
    if (values_.TypeOf(op.result) != Type::kList) return false;
    const auto list = values_.AsList(op.result);
    for (size_t i = 0; i + 1 < list.size(); i += 2) {
      if (values_.TypeOf(list[i + 1]) != Type::kInteger) return false;
      const int64_t balance = values_.AsInteger(list[i + 1]);
      if (balance < 0) return false;
      if (state[0] != 0 && balance != Load(state, slots_.at(list[i]))) return false;
    }
    if (state[0] == 0) Learn(op.result, &state);
    return true;
  }
  bool Transfer(const Operation& op, State& state) const {
    if (state[0] == 0) return true;
    const auto transfer = values_.AsList(op.argument);
    const int64_t amount = values_.AsInteger(transfer[2]);
    const size_t from = slots_.at(transfer[0]);
    const size_t to = slots_.at(transfer[1]);
    if (Load(state, from) < amount) return false;
    Save(Load(state, from) - amount, from, &state);
    Save(Load(state, to) + amount, to, &state);
    return true;
  }

  Value initial_;
  absl::flat_hash_map<Value, size_t> slots_;
};

}  // namespace

std::unique_ptr<Model> MakeMutexModel(const History& history) { return std::make_unique<MutexModel>(history); }
std::unique_ptr<Model> MakeLeaseModel(const History& history) { return std::make_unique<LeaseModel>(history); }
std::unique_ptr<Model> MakeSetModel(const History& history) { return std::make_unique<SetModel>(history); }
std::unique_ptr<Model> MakeQueueModel(const History& history) { return std::make_unique<QueueModel>(history); }
std::unique_ptr<Model> MakeCounterModel(const History& history, const Semantics& semantics) {
  return std::make_unique<CounterModel>(history, semantics.initial);
}
std::unique_ptr<Model> MakeBankModel(const History& history, const Semantics& semantics,
                                     std::span<const OperationId> ids) {
  return std::make_unique<BankModel>(history, semantics.initial, ids);
}

}  // namespace lockstep::linearizability
