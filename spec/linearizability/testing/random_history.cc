#include "spec/linearizability/testing/random_history.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace lockstep::linearizability {
namespace {

using Kind = OperationKind;

// The server and its clients.
class World {
 public:
  World(const HistoryShape& shape, const Choose& choose)
      : shape_(shape),
        choose_(choose),
        builder_(HistoryBuilder::AfterUnknown::kProcessContinues),
        clients_(shape.processes),
        registers_(shape.keys, kNil),
        lists_(shape.keys),
        numbers_(shape.keys, 0),
        held_(shape.keys, false) {
    for (uint32_t key = 0; key < shape.keys; ++key)
      builder_.InternKey(std::string(1, static_cast<char>('a' + key % 26)) + std::to_string(key));
    builder_.Reserve(shape.operations);
  }

  RandomHistory Run() {
    uint32_t invoked = 0;
    std::vector<uint32_t> open;
    std::vector<uint32_t> idle;
    for (uint32_t process = 0; process < shape_.processes; ++process) idle.push_back(process);
    while (invoked < shape_.operations || !open.empty()) {
      const bool invoke = !idle.empty() && invoked < shape_.operations && (open.empty() || choose_(2) == 0);
      std::vector<uint32_t>& from = invoke ? idle : open;
      std::vector<uint32_t>& to = invoke ? open : idle;
      const uint32_t index = choose_(static_cast<uint32_t>(from.size()));
      const uint32_t process = from[index];
      from[index] = from.back();
      from.pop_back();
      to.push_back(process);
      if (invoke) {
        Invoke(process);
        ++invoked;
      } else {
        Complete(process);
      }
      // Let some open operation take effect.
      if (!open.empty() && choose_(2) == 0) TakeEffect(open[choose_(static_cast<uint32_t>(open.size()))]);
    }
    return {std::move(builder_).Finish(), lied_};
  }

 private:
  struct Client {
    Invocation invocation;
    Transaction transaction;
    bool effective = false;
    Outcome outcome = Outcome::kOk;
    Value result = kUnknownValue;
    int64_t moment = 0;
  };

  bool Percent(uint32_t percent) { return percent > 0 && choose_(100) < percent; }

  Value FreshValue() { return ValueOf(shape_.values == 0 ? next_value_++ : choose_(shape_.values)); }

  Value ValueOf(int64_t number) {
    const bool texts = shape_.model == ModelKind::kKeyValue;
    return texts ? builder_.values().String(std::to_string(number)) : builder_.values().Integer(number);
  }

  void Invoke(uint32_t process) {
    Client& client = clients_[process];
    client = {};
    Invocation& invocation = client.invocation;
    invocation.key = choose_(shape_.keys);
    const bool read = Percent(shape_.reads_percent);
    const bool cas = !read && Percent(shape_.cas_percent);
    const bool several = Percent(shape_.transactions_percent);
    switch (shape_.model) {
      case ModelKind::kRegister:
        invocation.kind = read ? Kind::kRead : cas ? Kind::kCompareAndSet : Kind::kWrite;
        break;
      case ModelKind::kKeyValue:
        invocation.kind = read ? Kind::kRead : std::vector{Kind::kWrite, Kind::kAppend, Kind::kDelete}[choose_(3)];
        if (several) invocation.kind = std::vector{Kind::kRange, Kind::kDeleteRange, Kind::kTransaction}[choose_(3)];
        break;
      case ModelKind::kListAppend:
        invocation.kind = several ? Kind::kTransaction : read ? Kind::kRead : Kind::kAppend;
        break;
      case ModelKind::kMutex:
        invocation.kind = held_[invocation.key] == (choose_(4) != 0) ? Kind::kRelease : Kind::kAcquire;
        break;
      case ModelKind::kLease:
        invocation.kind = std::vector{Kind::kAcquire, Kind::kRelease, Kind::kRenew}[choose_(3)];
        break;
      case ModelKind::kQueue:
        invocation.kind = read ? Kind::kDequeue : Kind::kEnqueue;
        break;
      default:
        invocation.kind = read ? Kind::kRead : Kind::kAdd;
        break;
    }
    FillArguments(&client);
    if (!builder_.Invoke(process, invocation).ok()) std::abort();
  }

  void FillArguments(Client* client) {
    Invocation& invocation = client->invocation;
    switch (invocation.kind) {
      case Kind::kRead:
      case Kind::kAcquire:
      case Kind::kDequeue:
      case Kind::kDelete:
        break;
      case Kind::kRelease:
      case Kind::kRenew:
        if (shape_.model == ModelKind::kLease)
          invocation.argument = builder_.values().Integer(numbers_[invocation.key] - (choose_(4) == 0));
        break;
      case Kind::kCompareAndSet:
        invocation.expected = choose_(2) == 0 ? registers_[invocation.key] : FreshValueOrNil();
        invocation.argument = FreshValue();
        break;
      case Kind::kRange:
      case Kind::kDeleteRange: {
        const Value end = choose_(2) == 0 ? kNil : builder_.values().String("c");
        const Value bounds[] = {builder_.values().String(choose_(2) == 0 ? "a" : "b"), end};
        invocation.argument = builder_.values().List(bounds);
        break;
      }
      case Kind::kTransaction:
        FillTransaction(&client->transaction);
        invocation.transaction = &client->transaction;
        break;
      default:
        invocation.argument = FreshValue();
        break;
    }
  }

  Value FreshValueOrNil() { return shape_.values == 0 || choose_(3) == 0 ? kNil : FreshValue(); }

  void FillTransaction(Transaction* transaction) {
    const bool lists = shape_.model == ModelKind::kListAppend;
    if (!lists && choose_(2) == 0) {
      const Key key = choose_(shape_.keys);
      const Value value = lists_[key].size() == 1 ? lists_[key][0] : kNil;
      transaction->guards.push_back({key, static_cast<TransactionGuard::Comparison>(choose_(2)), value});
    }
    for (auto* steps : {&transaction->then, &transaction->otherwise}) {
      if (steps == &transaction->otherwise && transaction->guards.empty()) break;
      for (uint32_t i = 1 + choose_(2); i > 0; --i) {
        TransactionStep step;
        step.key = choose_(shape_.keys);
        step.kind = choose_(2) == 0 ? Kind::kRead : lists ? Kind::kAppend : Kind::kWrite;
        if (step.kind != Kind::kRead) step.argument = FreshValue();
        steps->push_back(step);
      }
    }
  }

  void Complete(uint32_t process) {
    Client& client = clients_[process];
    const bool changes = client.invocation.kind != Kind::kRead && client.invocation.kind != Kind::kRange;
    Completion completion;
    if (changes && Percent(shape_.unknown_percent)) {
      completion.outcome = Outcome::kUnknown;
      if (!client.effective && choose_(2) == 0) late_.push_back(client);
      if (!builder_.Complete(process, completion).ok()) std::abort();
      return;
    }
    TakeEffect(process);
    if (shape_.lies_percent > 0 && Percent(shape_.lies_percent)) Lie(&client);
    completion.outcome = client.outcome;
    completion.result = client.result;
    if (shape_.log_indices) completion.log_index = client.moment;
    if (client.invocation.kind == Kind::kTransaction) completion.transaction = &client.transaction;
    if (!builder_.Complete(process, completion).ok()) std::abort();
  }

  void TakeEffect(uint32_t process) {
    // Timed-out operations strike late.
    if (!late_.empty() && choose_(4) == 0) {
      Client late = std::move(late_.back());
      late_.pop_back();
      Apply(&late);
    }
    Apply(&clients_[process]);
  }

  void Apply(Client* client) {
    if (client->effective) return;
    client->effective = true;
    client->moment = moment_++;
    const Invocation& op = client->invocation;
    const Key key = op.key;
    ValuePool& values = builder_.values();
    switch (shape_.model) {
      case ModelKind::kRegister:
        if (op.kind == Kind::kRead) {
          client->result = registers_[key];
        } else if (op.kind == Kind::kWrite || registers_[key] == op.expected) {
          registers_[key] = op.argument;
        } else {
          client->outcome = Outcome::kFail;
        }
        return;
      case ModelKind::kMutex:
        if (held_[key] == (op.kind == Kind::kAcquire)) client->outcome = Outcome::kFail;
        held_[key] = op.kind == Kind::kAcquire;
        return;
      case ModelKind::kLease:
        ApplyLease(client);
        return;
      case ModelKind::kCounter:
        if (op.kind == Kind::kRead) client->result = values.Integer(numbers_[key]);
        if (op.kind == Kind::kAdd) numbers_[key] += values.AsInteger(op.argument);
        return;
      default:
        ApplyToLists(client);
        return;
    }
  }

  void ApplyLease(Client* client) {
    const Invocation& op = client->invocation;
    ValuePool& values = builder_.values();
    if (op.kind == Kind::kAcquire) {
      client->result = values.Integer(++numbers_[op.key]);
      held_[op.key] = true;
      return;
    }
    const bool good = held_[op.key] && values.AsInteger(op.argument) == numbers_[op.key];
    if (!good) client->outcome = Outcome::kFail;
    if (op.kind == Kind::kRelease) held_[op.key] = held_[op.key] && !good;
  }

  Value Content(Key key) {
    ValuePool& values = builder_.values();
    if (shape_.model != ModelKind::kKeyValue) return values.List(lists_[key]);
    if (lists_[key].empty()) return kNil;
    std::string text;
    for (Value piece : lists_[key]) text += std::string(values.AsString(piece));
    return values.String(text);
  }

  void ApplyToLists(Client* client) {
    const Invocation& op = client->invocation;
    if (op.kind == Kind::kTransaction) {
      ApplyTransaction(&client->transaction);
    } else if (op.kind == Kind::kRange || op.kind == Kind::kDeleteRange) {
      ApplyRange(client);
    } else {
      ApplyStep(op.kind, op.key, op.argument, &client->result);
    }
  }

  void ApplyTransaction(Transaction* transaction) {
    bool then = true;
    for (const TransactionGuard& guard : transaction->guards) {
      const bool equal = Content(guard.key) == guard.value;
      then = then && equal == (guard.comparison == TransactionGuard::Comparison::kEqual);
    }
    transaction->taken = then ? Transaction::Branch::kThen : Transaction::Branch::kOtherwise;
    for (TransactionStep& step : then ? transaction->then : transaction->otherwise) {
      ApplyStep(step.kind, step.key, step.argument, &step.result);
    }
  }

  void ApplyRange(Client* client) {
    ValuePool& values = builder_.values();
    const Value first = values.AsList(client->invocation.argument)[0];
    const Value end = values.AsList(client->invocation.argument)[1];
    std::vector<Value> found;
    for (Key key = 0; key < shape_.keys; ++key) {  // names ascend with keys
      const std::string name = std::string(1, static_cast<char>('a' + key % 26)) + std::to_string(key);
      if (name < values.AsString(first) || (end != kNil && name >= values.AsString(end))) continue;
      if (lists_[key].empty()) continue;
      found.push_back(values.String(name));
      found.push_back(Content(key));
      if (client->invocation.kind == Kind::kDeleteRange) lists_[key].clear();
    }
    if (client->invocation.kind == Kind::kRange) client->result = values.List(found);
  }

  void ApplyStep(Kind kind, Key key, Value argument, Value* result) {
    std::vector<Value>& list = lists_[key];
    switch (kind) {
      case Kind::kRead:
        *result = Content(key);
        return;
      case Kind::kDelete:
        list.clear();
        return;
      case Kind::kWrite:
        list = {argument};
        return;
      case Kind::kAdd:
        if (std::find(list.begin(), list.end(), argument) == list.end()) list.push_back(argument);
        std::sort(list.begin(), list.end());
        return;
      case Kind::kDequeue:
        *result = list.empty() ? kNil : list.front();
        if (!list.empty()) list.erase(list.begin());
        return;
      default:
        list.push_back(argument);
        return;
    }
  }

  // A wrong answer, or perhaps by chance a right one.
  void Lie(Client* client) {
    lied_ = true;
    ValuePool& values = builder_.values();
    switch (client->invocation.kind) {
      case Kind::kRead:
      case Kind::kDequeue:
      case Kind::kAcquire:
        if (shape_.model == ModelKind::kListAppend || shape_.model == ModelKind::kSet) {
          std::vector<Value> list(values.AsList(client->result).begin(), values.AsList(client->result).end());
          if (!list.empty() && choose_(2) == 0) {
            list.pop_back();
          } else {
            list.push_back(FreshValue());
          }
          std::sort(list.begin(), shape_.model == ModelKind::kSet ? list.end() : list.begin());
          client->result = values.List(list);
        } else if (shape_.values == 0 && next_value_ > 1) {
          client->result = ValueOf(choose_(static_cast<uint32_t>(next_value_)));
        } else {
          client->result = FreshValue();
        }
        return;
      case Kind::kCompareAndSet:
      case Kind::kRenew:
        client->outcome = client->outcome == Outcome::kOk ? Outcome::kFail : Outcome::kOk;
        return;
      case Kind::kRelease:
        client->outcome = Outcome::kOk;
        return;
      case Kind::kTransaction:
        for (TransactionStep& step : client->transaction.then) {
          if (step.kind == Kind::kRead && step.result != kUnknownValue) step.result = kNil;
        }
        return;
      default:
        return;
    }
  }

  const HistoryShape& shape_;
  const Choose& choose_;
  HistoryBuilder builder_;
  std::vector<Client> clients_;
  std::vector<Client> late_;  // timed out, not yet effective
  std::vector<Value> registers_;
  std::vector<std::vector<Value>> lists_;
  std::vector<int64_t> numbers_;
  std::vector<bool> held_;
  int64_t next_value_ = 1;
  int64_t moment_ = 0;
  bool lied_ = false;
};

}  // namespace

Choose FromSeed(uint64_t seed) {
  auto state = std::make_shared<uint64_t>(seed);
  return [state](uint32_t n) {
    // SplitMix64.
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return static_cast<uint32_t>((x >> 32) * n >> 32);
  };
}

Choose FromBytes(std::vector<uint8_t> bytes) {
  auto next = std::make_shared<size_t>(0);
  return [bytes = std::move(bytes), next](uint32_t n) { return *next < bytes.size() ? bytes[(*next)++] % n : 0; };
}

RandomHistory MakeHistory(const HistoryShape& shape, const Choose& choose) { return World(shape, choose).Run(); }

}  // namespace lockstep::linearizability
