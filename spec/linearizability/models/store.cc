#include "spec/linearizability/models/store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace lockstep::linearizability {
namespace {

using Type = ValuePool::Type;

// Words of texts and lists that are made by appending lie above all of the
// pool's non-integer handles and below the integers; see value.cc. 2^30 of them
// suffice for any history that fits in memory.
constexpr uint32_t kFirstMadeWord = uint32_t{1} << 30;

class StoreModel : public Model {
 public:
  StoreModel(const History& history, const Semantics& semantics, std::span<const OperationId> ids)
      : history_(history), values_(history.values()), semantics_(semantics), ids_(ids.begin(), ids.end()) {
    std::vector<Key> keys;
    for (OperationId id : ids) KeysOf(history, history.operation(id), &keys);
    for (Key key : keys) slots_.try_emplace(key, static_cast<uint32_t>(slots_.size()));
    initial_.assign(slots_.size(), 0);
    for (uint32_t& word : initial_) word = WordOf(semantics.initial);
    for (const auto& [key, value] : semantics.initial_by_key) {
      if (auto it = slots_.find(key); it != slots_.end()) initial_[it->second] = WordOf(value);
    }
  }

  State Initial() const override { return initial_; }

  bool ReadOnly(OperationId id) const override {
    const Operation& op = history_.operation(id);
    if (op.kind == OperationKind::kRead || op.kind == OperationKind::kRange || IsRefusal(op)) return true;
    if (op.kind != OperationKind::kTransaction) return false;
    const Transaction& transaction = history_.TransactionOf(op);
    for (const auto* steps : {&transaction.then, &transaction.otherwise}) {
      for (const TransactionStep& step : *steps) {
        if (step.kind != OperationKind::kRead && step.kind != OperationKind::kRange) return false;
      }
    }
    return true;
  }

  bool Apply(OperationId id, State& state) override {
    const Operation& op = history_.operation(id);
    if (op.kind == OperationKind::kTransaction) return ApplyTransaction(op, state);
    if (IsRefusal(op)) return state[slots_.at(op.key)] != WordOf(op.expected);
    // What an operation of unknown outcome might have answered constrains
    // nothing.
    const Value result = op.outcome == Outcome::kUnknown ? kUnknownValue : op.result;
    return ApplyStep({op.kind, op.key, op.argument, op.expected, result}, state);
  }

 private:
  bool ApplyTransaction(const Operation& op, State& state) {
    const Transaction& transaction = history_.TransactionOf(op);
    bool then = true;
    for (const TransactionGuard& guard : transaction.guards) {
      const bool equal = state[slots_.at(guard.key)] == WordOf(guard.value);
      then = then && equal == (guard.comparison == TransactionGuard::Comparison::kEqual);
    }
    const bool known = op.outcome != Outcome::kUnknown;
    if (known && transaction.taken != Transaction::Branch::kNotTold &&
        then != (transaction.taken == Transaction::Branch::kThen)) {
      return false;
    }
    for (TransactionStep step : then ? transaction.then : transaction.otherwise) {
      if (!known) step.result = kUnknownValue;
      if (!ApplyStep(step, state)) return false;
    }
    return true;
  }

  bool ApplyStep(const TransactionStep& step, State& state) {
    switch (step.kind) {
      case OperationKind::kRange:
        return RangeIs(step, state);
      case OperationKind::kDeleteRange: {
        std::vector<Key> keys;
        AppendRangeKeys(history_, step.argument, &keys);
        for (Key key : keys) state[slots_.at(key)] = WordOf(kNil);
        return true;
      }
      default:
        break;
    }
    uint32_t& word = state[slots_.at(step.key)];
    switch (step.kind) {
      case OperationKind::kRead:
        return Silent(step.result) || word == WordOf(step.result);
      case OperationKind::kWrite:
        word = WordOf(step.argument);
        return true;
      case OperationKind::kDelete:
        word = WordOf(kNil);
        return true;
      case OperationKind::kCompareAndSet:
        if (word != WordOf(step.expected)) return false;
        word = WordOf(step.argument);
        return true;
      case OperationKind::kAppend:
        word =
            semantics_.model == ModelKind::kListAppend ? Cons(word, step.argument) : Concatenate(word, step.argument);
        return true;
      default:
        return false;
    }
  }

  bool Silent(Value result) const {
    return result == kUnknownValue || (result == kNil && semantics_.nil_read == Semantics::NilRead::kNoAnswer);
  }

  bool RangeIs(const TransactionStep& step, const State& state) {
    if (step.result == kUnknownValue) return true;
    std::vector<Key> keys;
    AppendRangeKeys(history_, step.argument, &keys);
    const std::span<const Value> told = values_.AsList(step.result);
    size_t next = 0;
    for (Key key : keys) {
      const uint32_t word = state[slots_.at(key)];
      if (word == WordOf(kNil)) continue;
      if (next + 1 >= told.size() || values_.TypeOf(told[next]) != Type::kString) return false;
      if (values_.AsString(told[next]) != history_.key_name(key) || WordOf(told[next + 1]) != word) return false;
      next += 2;
    }
    return next == told.size();
  }

  // The word that stands for a value of the history. A list is the same word as
  // the list made by appending its items to nothing; so is a text, because made
  // texts are looked up among the history's.
  uint32_t WordOf(Value value) {
    const Type type = values_.TypeOf(value);
    if (type != Type::kList || semantics_.model != ModelKind::kListAppend) {
      return value.bits;
    }
    auto [it, inserted] = list_words_.try_emplace(value, kNil.bits);
    if (inserted) {
      uint32_t word = kNil.bits;
      for (Value item : values_.AsList(value)) word = Cons(word, item);
      list_words_[value] = word;
      return word;
    }
    return it->second;
  }

  uint32_t Cons(uint32_t rest, Value last) {
    auto [it, inserted] = cells_.try_emplace({rest, last.bits}, kFirstMadeWord + static_cast<uint32_t>(cells_.size()));
    return it->second;
  }

  std::string TextOf(uint32_t word) const {
    if (word >= kFirstMadeWord && word < 2 * kFirstMadeWord) return texts_[word - kFirstMadeWord];
    const Value value{word};
    switch (values_.TypeOf(value)) {
      case Type::kString:
        return std::string(values_.AsString(value));
      case Type::kInteger:
        return std::to_string(values_.AsInteger(value));
      default:
        return "";
    }
  }

  uint32_t Concatenate(uint32_t word, Value suffix) {
    auto [step, fresh] = concatenations_.try_emplace({word, suffix.bits}, 0);
    if (!fresh) return step->second;
    std::string text = TextOf(word) + TextOf(suffix.bits);
    if (!texts_indexed_) IndexTexts();
    auto [it, inserted] =
        made_texts_.try_emplace(std::move(text), kFirstMadeWord + static_cast<uint32_t>(texts_.size()));
    if (inserted) texts_.push_back(it->first);
    return concatenations_[{word, suffix.bits}] = it->second;
  }

  // Enters every text of the operations under its own handle, so that a made
  // text equal to it gets the same word.
  void IndexTexts() {
    texts_indexed_ = true;
    for (const auto& [key, value] : semantics_.initial_by_key) IndexText(value);
    IndexText(semantics_.initial);
    for (OperationId id : ids_) {
      const Operation& op = history_.operation(id);
      if (op.kind != OperationKind::kTransaction) {
        for (Value value : {op.argument, op.expected, op.result}) IndexText(value);
        continue;
      }
      const Transaction& transaction = history_.TransactionOf(op);
      for (const auto& guard : transaction.guards) IndexText(guard.value);
      for (const auto* steps : {&transaction.then, &transaction.otherwise}) {
        for (const TransactionStep& step : *steps) {
          for (Value value : {step.argument, step.expected, step.result}) IndexText(value);
        }
      }
    }
  }

  void IndexText(Value value) {
    const Type type = values_.TypeOf(value);
    if (type == Type::kList) {
      for (Value item : values_.AsList(value)) IndexText(item);
    } else if (type == Type::kString) {
      made_texts_.try_emplace(std::string(values_.AsString(value)), value.bits);
    }
  }

  const History& history_;
  const ValuePool& values_;
  const Semantics& semantics_;
  absl::flat_hash_map<Key, uint32_t> slots_;
  const std::vector<OperationId> ids_;
  State initial_;
  absl::flat_hash_map<Value, uint32_t> list_words_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> cells_;
  bool texts_indexed_ = false;
  std::vector<std::string> texts_;
  absl::flat_hash_map<std::string, uint32_t> made_texts_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> concatenations_;
};

}  // namespace

void AppendRangeKeys(const History& history, Value bounds, std::vector<Key>* keys) {
  const ValuePool& values = history.values();
  const std::span<const Value> pair = values.AsList(bounds);
  const std::string_view first = values.AsString(pair[0]);
  const bool unbounded = pair.size() < 2 || pair[1] == kNil;
  const size_t from = keys->size();
  for (Key key = 0; key < history.key_count(); ++key) {
    const std::string& name = history.key_name(key);
    if (name >= first && (unbounded || name < values.AsString(pair[1]))) keys->push_back(key);
  }
  std::sort(keys->begin() + static_cast<ptrdiff_t>(from), keys->end(),
            [&](Key a, Key b) { return history.key_name(a) < history.key_name(b); });
}

std::unique_ptr<Model> MakeStoreModel(const History& history, const Semantics& semantics,
                                      std::span<const OperationId> ids) {
  return std::make_unique<StoreModel>(history, semantics, ids);
}

}  // namespace lockstep::linearizability
