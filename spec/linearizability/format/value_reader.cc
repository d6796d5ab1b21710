#include "spec/linearizability/format/value_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lockstep::linearizability::format {
namespace {

using Kind = Datum::Kind;

bool IsCollection(const Datum& datum) {
  return datum.kind == Kind::kVector || datum.kind == Kind::kSet || datum.kind == Kind::kMap;
}
bool IsWord(const Datum& datum) {
  return datum.kind == Kind::kText || datum.kind == Kind::kKeyword || datum.kind == Kind::kSymbol;
}

// The integer that a text spells in the one usual way.
std::optional<int64_t> IntegerIn(std::string_view text) {
  int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error != std::errc() || end != text.data() + text.size() || std::to_string(integer) != text) return std::nullopt;
  return integer;
}

}  // namespace

std::optional<OperationKind> KindOf(std::string_view function) {
  using K = OperationKind;
  static constexpr std::pair<std::string_view, K> kNames[] = {
      {"read", K::kRead},       {"write", K::kWrite},     {"cas", K::kCompareAndSet}, {"append", K::kAppend},
      {"txn", K::kTransaction}, {"r", K::kRead},          {"w", K::kWrite},           {"get", K::kRead},
      {"put", K::kWrite},       {"delete", K::kDelete},   {"range", K::kRange},       {"delete-range", K::kDeleteRange},
      {"acquire", K::kAcquire}, {"release", K::kRelease}, {"renew", K::kRenew},       {"add", K::kAdd},
      {"enqueue", K::kEnqueue}, {"dequeue", K::kDequeue}, {"transfer", K::kTransfer},
  };
  for (const auto& [name, kind] : kNames) {
    if (name == function) return kind;
  }
  return std::nullopt;
}

Value ValueReader::Spelled(const Datum& datum) {
  ValuePool& values = builder_.values();
  return datum.kind == Kind::kKeyword ? values.String(":" + std::string(datum.text)) : values.String(datum.text);
}

Value ValueReader::ToValue(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  ValuePool& values = builder_.values();
  switch (datum.kind) {
    case Kind::kNil:
      return kNil;
    case Kind::kInteger:
      return values.Integer(datum.integer);
    case Kind::kText:
      return values.String(datum.text);
    case Kind::kBoolean:
    case Kind::kNumber:
    case Kind::kKeyword:
    case Kind::kSymbol:
      return Spelled(datum);
    case Kind::kSet:
      return ToSet(data, index);
    case Kind::kMap:
      return SortedPairs(data, index);
    case Kind::kVector:
      break;
  }
  std::vector<Value> items;
  items.reserve(static_cast<size_t>(datum.integer));
  for (uint32_t i = index + 1; i < datum.next; i = data[i].next) items.push_back(ToValue(data, i));
  return values.List(items);
}

Value ValueReader::ToSet(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  if (!IsCollection(datum)) return ToValue(data, index);
  std::vector<Value> items;
  for (uint32_t i = index + 1; i < datum.next; i = data[i].next) items.push_back(ToValue(data, i));
  std::sort(items.begin(), items.end());
  return builder_.values().List(items);
}

Value ValueReader::SortedPairs(const Data& data, uint32_t map) {
  std::vector<std::pair<Value, Value>> pairs;
  for (uint32_t key = map + 1; key < data[map].next; key = data[data[key].next].next) {
    const std::optional<int64_t> integer = json_ ? IntegerIn(data[key].text) : std::nullopt;
    pairs.emplace_back(integer ? builder_.values().Integer(*integer) : ToValue(data, key),
                       ToValue(data, data[key].next));
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<Value> flat;
  for (const auto& [key, value] : pairs) {
    flat.push_back(key);
    flat.push_back(value);
  }
  return builder_.values().List(flat);
}

absl::StatusOr<Key> ValueReader::ToKey(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  if (IsWord(datum) || datum.kind == Kind::kNumber || datum.kind == Kind::kBoolean) {
    if (last_key_ && last_name_ == datum.text) return *last_key_;
    last_name_.assign(datum.text);
  } else if (datum.kind == Kind::kInteger) {
    const std::string name = std::to_string(datum.integer);
    if (last_key_ && last_name_ == name) return *last_key_;
    last_name_ = name;
  } else {
    return source_.Expected(datum.offset, "a key: a text, a keyword or a number");
  }
  last_key_ = builder_.InternKey(last_name_);
  return *last_key_;
}

Key ValueReader::SoleKey() {
  if (!last_key_ || !last_name_.empty()) {
    last_name_.clear();
    last_key_ = builder_.InternKey("");
  }
  return *last_key_;
}

absl::StatusOr<Value> ValueReader::ToRange(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  const auto children = IsCollection(datum) ? data.ChildrenOf(index) : std::vector<uint32_t>();
  const bool fits = datum.kind == Kind::kVector && children.size() == 2 && data[children[0]].kind == Kind::kText &&
                    (data[children[1]].kind == Kind::kText || data[children[1]].kind == Kind::kNil);
  if (!fits) return source_.Expected(datum.offset, "a range: [first end], two texts, the end excluded or nil");
  return ToValue(data, index);
}

absl::StatusOr<Value> ValueReader::ToRangeAnswer(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  if (datum.kind == Kind::kNil) return builder_.values().List({});
  std::vector<std::pair<std::string, Value>> pairs;
  const auto add = [&](uint32_t key, uint32_t value) -> absl::Status {
    if (data[key].kind != Kind::kText) return source_.Expected(data[key].offset, "a key's name, a text");
    builder_.InternKey(data[key].text);
    pairs.emplace_back(std::string(data[key].text), ToValue(data, value));
    return absl::OkStatus();
  };
  absl::Status status;
  if (datum.kind == Kind::kMap) {
    for (uint32_t key = index + 1; key < datum.next && status.ok(); key = data[data[key].next].next) {
      status = add(key, data[key].next);
    }
  } else if (datum.kind == Kind::kVector) {
    for (uint32_t pair = index + 1; pair < datum.next && status.ok(); pair = data[pair].next) {
      if (data[pair].kind != Kind::kVector || data[pair].integer != 2) {
        return source_.Expected(data[pair].offset, "a pair [key value]");
      }
      status = add(pair + 1, data[pair + 1].next);
    }
  } else {
    return source_.Expected(datum.offset, "what the range held, a map or a list of pairs");
  }
  if (!status.ok()) return status;
  std::sort(pairs.begin(), pairs.end());
  std::vector<Value> flat;
  for (const auto& [name, value] : pairs) {
    flat.push_back(builder_.values().String(name));
    flat.push_back(value);
  }
  return builder_.values().List(flat);
}

absl::StatusOr<Value> ValueReader::ToTransfer(const Data& data, uint32_t index) {
  constexpr std::string_view kExpected = "a transfer: {:from account :to account :amount n}";
  if (data[index].kind != Kind::kMap) return source_.Expected(data[index].offset, kExpected);
  Value parts[3] = {kUnknownValue, kUnknownValue, kUnknownValue};
  for (uint32_t key = index + 1; key < data[index].next; key = data[data[key].next].next) {
    const std::string_view name = data[key].text;
    const size_t part = name == "from" ? 0 : name == "to" ? 1 : name == "amount" ? 2 : 3;
    if (part < 3) parts[part] = ToValue(data, data[key].next);
  }
  const bool complete = parts[0] != kUnknownValue && parts[1] != kUnknownValue &&
                        builder_.values().TypeOf(parts[2]) == ValuePool::Type::kInteger;
  if (!complete) return source_.Expected(data[index].offset, kExpected);
  return builder_.values().List(parts);
}

absl::StatusOr<ValueReader::Exchange> ValueReader::ToExchange(const Data& data, uint32_t index) {
  if (data[index].kind != Kind::kVector || data[index].integer != 2) {
    return source_.Expected(data[index].offset, "[old new], the values of a compare-and-set");
  }
  const uint32_t old_value = index + 1;
  return Exchange{ToValue(data, old_value), ToValue(data, data[old_value].next)};
}

bool ValueReader::LooksLikeSteps(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  if (datum.kind != Kind::kVector || datum.integer == 0) return false;
  const Datum& first = data[index + 1];
  return first.kind == Kind::kVector && first.integer == 3 && IsWord(data[index + 2]) &&
         KindOf(data[index + 2].text).has_value();
}

absl::StatusOr<TransactionStep> ValueReader::ToStep(const Data& data, uint32_t index, bool answers) {
  const Datum& datum = data[index];
  const auto parts = IsCollection(datum) ? data.ChildrenOf(index) : std::vector<uint32_t>();
  const bool shaped = datum.kind == Kind::kVector && (parts.size() == 2 || parts.size() == 3) && IsWord(data[parts[0]]);
  const auto kind = shaped ? KindOf(data[parts[0]].text) : std::nullopt;
  if (!kind) return source_.Expected(datum.offset, "a step [f key value], f being read, write, cas, append or delete");
  TransactionStep step;
  step.kind = *kind;
  if (step.kind == OperationKind::kRange || step.kind == OperationKind::kDeleteRange) {
    absl::StatusOr<Value> bounds = ToRange(data, parts[1]);
    if (!bounds.ok()) return bounds.status();
    step.argument = *bounds;
    if (step.kind == OperationKind::kDeleteRange || !answers || parts.size() != 3) return step;
    absl::StatusOr<Value> answer = ToRangeAnswer(data, parts[2]);
    if (!answer.ok()) return answer.status();
    step.result = *answer;
    return step;
  }
  absl::StatusOr<Key> key = ToKey(data, parts[1]);
  if (!key.ok()) return key.status();
  step.key = *key;
  switch (step.kind) {
    case OperationKind::kRead:
      if (answers && parts.size() == 3) step.result = ToValue(data, parts[2]);
      return step;
    case OperationKind::kDelete:
      return step;
    case OperationKind::kWrite:
    case OperationKind::kAppend:
      if (parts.size() != 3) return source_.Expected(datum.offset, "a step with a value: [f key value]");
      step.argument = ToValue(data, parts[2]);
      return step;
    case OperationKind::kCompareAndSet: {
      if (parts.size() != 3) return source_.Expected(datum.offset, "a step [cas key [old new]]");
      absl::StatusOr<Exchange> exchange = ToExchange(data, parts[2]);
      if (!exchange.ok()) return exchange.status();
      step.expected = exchange->expected;
      step.argument = exchange->argument;
      return step;
    }
    default:
      return source_.Expected(data[parts[0]].offset, "a step's function: read, write, cas, append or delete");
  }
}

absl::StatusOr<std::vector<TransactionStep>> ValueReader::ToSteps(const Data& data, uint32_t index, bool answers) {
  if (data[index].kind != Kind::kVector) {
    return source_.Expected(data[index].offset, "a transaction's steps: [[f key value] ...]");
  }
  std::vector<TransactionStep> steps;
  for (uint32_t i = index + 1; i < data[index].next; i = data[i].next) {
    absl::StatusOr<TransactionStep> step = ToStep(data, i, answers);
    if (!step.ok()) return step.status();
    steps.push_back(*step);
  }
  return steps;
}

absl::StatusOr<std::vector<TransactionGuard>> ValueReader::ToGuards(const Data& data, uint32_t index) {
  constexpr std::string_view kExpected = "a guard [key = value] or [key != value]";
  if (data[index].kind != Kind::kVector) return source_.Expected(data[index].offset, "a list of guards");
  std::vector<TransactionGuard> guards;
  for (uint32_t i = index + 1; i < data[index].next; i = data[i].next) {
    if (data[i].kind != Kind::kVector || data[i].integer != 3) return source_.Expected(data[i].offset, kExpected);
    const std::vector<uint32_t> parts = data.ChildrenOf(i);
    const std::string_view comparison = data[parts[1]].text;
    if (comparison != "=" && comparison != "!=") return source_.Expected(data[parts[1]].offset, kExpected);
    absl::StatusOr<Key> key = ToKey(data, parts[0]);
    if (!key.ok()) return key.status();
    const bool equal = comparison == "=";
    guards.push_back({*key, equal ? TransactionGuard::Comparison::kEqual : TransactionGuard::Comparison::kNotEqual,
                      ToValue(data, parts[2])});
  }
  return guards;
}

}  // namespace lockstep::linearizability::format
