#include "spec/linearizability/format/write.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/format/event_order.h"
#include "spec/linearizability/format/output.h"
#include "spec/linearizability/format/protobuf.h"
#include "spec/linearizability/format/settings.h"

namespace lockstep::linearizability::format {
namespace {

// The punctuation of one of the two notations.
struct Notation {
  std::string_view name_open, field_close, word_close;  // around a field's name, around a word
  std::string_view between_items, between_fields, nil;
  bool edn;
};
constexpr Notation kEdn = {":", " ", "", " ", ", ", "nil", true};
constexpr Notation kJson = {"\"", "\":", "\"", ",", ",", "null", false};

class Writer {
 public:
  Writer(const HistoryFile& file, const Notation& notation)
      : file_(file), history_(file.history), values_(file.history.values()), notation_(notation) {}

  void Event(const OrderedEvent& event) {
    constexpr std::string_view kTypes[] = {"invoke", "ok", "fail", "info"};
    const Operation& op = history_.operation(event.id);
    out_ += '{';
    first_field_ = true;
    Field("process");
    out_ += std::to_string(op.process);
    Field("type");
    Word(kTypes[static_cast<size_t>(event.type)]);
    Field("f");
    Word(FunctionOf(op.kind));
    if (NamesKey(history_, op)) {
      Field("key");
      Text(history_.key_name(op.key));
    }
    Payload(op, event.type);
    Time(event.position);
    if (event.type != Event::Type::kInvoke && history_.log_index(event.id) >= 0) {
      Field("rev");
      out_ += std::to_string(history_.log_index(event.id));
    }
    out_ += '}';
  }

  // The header of NDJSON.
  void Header() {
    const Semantics& semantics = file_.semantics;
    out_ += '{';
    Field("lockstep");
    Word("history");
    Field("model");
    Word(linearizability::Name(semantics.model));
    Field("initial");
    Scalar(semantics.initial);
    if (!semantics.initial_by_key.empty()) {
      Field("initial-by-key");
      out_ += '{';
      for (size_t i = 0; i < semantics.initial_by_key.size(); ++i) {
        if (i > 0) out_ += notation_.between_fields;
        Text(history_.key_name(semantics.initial_by_key[i].first));
        out_ += ':';
        Scalar(semantics.initial_by_key[i].second);
      }
      out_ += '}';
    }
    Field("nil-read");
    Word(Name(semantics.nil_read));
    Field("failed-cas");
    Word(Name(semantics.failed_cas));
    out_ += '}';
  }

  void Raw(std::string_view text) { out_ += text; }
  void Scalar(Value value) {
    switch (values_.TypeOf(value)) {
      case ValuePool::Type::kNil:
      case ValuePool::Type::kUnknown:
        out_ += notation_.nil;
        return;
      case ValuePool::Type::kInteger:
        out_ += std::to_string(values_.AsInteger(value));
        return;
      case ValuePool::Type::kString:
        Text(values_.AsString(value));
        return;
      case ValuePool::Type::kList:
        break;
    }
    out_ += '[';
    bool first = true;
    for (Value item : values_.AsList(value)) {
      if (!std::exchange(first, false)) out_ += notation_.between_items;
      Scalar(item);
    }
    out_ += ']';
  }
  std::string Take() { return std::move(out_); }

 private:
  using EventType = format::Event::Type;

  void Field(std::string_view name) {
    if (!std::exchange(first_field_, false)) out_ += notation_.between_fields;
    out_ += notation_.name_open;
    out_ += name;
    out_ += notation_.field_close;
  }
  void Word(std::string_view word) {
    out_ += notation_.name_open;
    out_ += word;
    out_ += notation_.word_close;
  }
  void Text(std::string_view text) {
    const bool plain = text.find_first_of("\"\\") == std::string_view::npos &&
                       std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (plain) {
      absl::StrAppend(&out_, "\"", std::string(text), "\"");
    } else {
      // JSON's escapes are EDN's too. What is not UTF-8 becomes U+FFFD.
      out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
  }

  void Time(Position position) {
    if (position >= file_.times.size() || file_.times[position] < 0) return;
    Field("time");
    const int64_t nanoseconds = file_.times[position] * file_.time_unit_ns;
    out_ += std::to_string(notation_.edn ? nanoseconds : nanoseconds / 1000);
  }

  void Payload(const Operation& op, EventType type) {
    const format::Payload payload = PayloadOf(op, type);
    if (payload == format::Payload::kNone) return;
    if (payload == format::Payload::kTransaction) return Transaction(history_.TransactionOf(op), type);
    Field("value");
    if (payload == format::Payload::kNil) {
      out_ += notation_.nil;
    } else if (payload == format::Payload::kResult) {
      Answer(op);
    } else if (op.kind == OperationKind::kCompareAndSet) {
      Exchange(op.expected, op.argument);
    } else if (op.kind == OperationKind::kTransfer) {
      Transfer(values_.AsList(op.argument));
    } else {
      Scalar(op.argument);
    }
  }
  void Answer(const Operation& op) {
    const bool pairs = op.kind == OperationKind::kRange || file_.semantics.model == ModelKind::kBank;
    if (pairs && values_.TypeOf(op.result) == ValuePool::Type::kList) return Pairs(values_.AsList(op.result));
    Scalar(op.result);
  }
  void Exchange(Value expected, Value argument) {
    out_ += '[';
    Scalar(expected);
    out_ += notation_.between_items;
    Scalar(argument);
    out_ += ']';
  }
  void Transfer(std::span<const Value> transfer) {
    constexpr std::string_view kParts[] = {"from", "to", "amount"};
    out_ += '{';
    first_field_ = true;
    for (size_t i = 0; i < 3; ++i) {
      Field(kParts[i]);
      Scalar(transfer[i]);
    }
    out_ += '}';
  }
  // A list key, value, key, value, ... as a map. JSON's keys are texts; the reader turns integers back.
  void Pairs(std::span<const Value> flat) {
    out_ += '{';
    for (size_t i = 0; i + 1 < flat.size(); i += 2) {
      if (i > 0) out_ += notation_.between_fields;
      if (!notation_.edn && values_.TypeOf(flat[i]) == ValuePool::Type::kInteger) {
        Text(std::to_string(values_.AsInteger(flat[i])));
      } else {
        Scalar(flat[i]);
      }
      out_ += notation_.edn ? ' ' : ':';
      Scalar(flat[i + 1]);
    }
    out_ += '}';
  }

  void Transaction(const linearizability::Transaction& transaction, EventType type) {
    Field("value");
    Steps(transaction.then, type == EventType::kOk);
    if (!transaction.guards.empty()) {
      Field("guards");
      Guards(transaction.guards);
    }
    if (!transaction.otherwise.empty()) {
      Field("else");
      Steps(transaction.otherwise, type == EventType::kOk);
    }
    if (type == EventType::kOk && transaction.taken != linearizability::Transaction::Branch::kNotTold) {
      Field("branch");
      Word(transaction.taken == linearizability::Transaction::Branch::kThen ? "then" : "else");
    }
  }
  void Guards(const std::vector<TransactionGuard>& guards) {
    out_ += '[';
    for (size_t i = 0; i < guards.size(); ++i) {
      if (i > 0) out_ += notation_.between_items;
      out_ += '[';
      Text(history_.key_name(guards[i].key));
      out_ += notation_.between_items;
      Word(guards[i].comparison == TransactionGuard::Comparison::kEqual ? "=" : "!=");
      out_ += notation_.between_items;
      Scalar(guards[i].value);
      out_ += ']';
    }
    out_ += ']';
  }
  void Steps(const std::vector<TransactionStep>& steps, bool answers) {
    out_ += '[';
    for (size_t i = 0; i < steps.size(); ++i) {
      if (i > 0) out_ += notation_.between_items;
      Step(steps[i], answers);
    }
    out_ += ']';
  }
  void Step(const TransactionStep& step, bool answers) {
    out_ += '[';
    Word(FunctionOf(step.kind));
    out_ += notation_.between_items;
    const bool range = step.kind == OperationKind::kRange || step.kind == OperationKind::kDeleteRange;
    if (range) {
      Scalar(step.argument);
    } else {
      Text(history_.key_name(step.key));
    }
    const bool reads = step.kind == OperationKind::kRead || step.kind == OperationKind::kRange;
    if (reads && answers && step.result != kUnknownValue) {
      out_ += notation_.between_items;
      range ? Pairs(values_.AsList(step.result)) : Scalar(step.result);
    } else if (step.kind == OperationKind::kCompareAndSet) {
      out_ += notation_.between_items;
      Exchange(step.expected, step.argument);
    } else if (step.kind == OperationKind::kWrite || step.kind == OperationKind::kAppend) {
      out_ += notation_.between_items;
      Scalar(step.argument);
    }
    out_ += ']';
  }

  const HistoryFile& file_;
  const History& history_;
  const ValuePool& values_;
  const Notation& notation_;
  std::string out_;
  bool first_field_ = true;
};

bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() && name.substr(name.size() - ending.size()) == ending;
}

}  // namespace

std::string FlagsOf(const HistoryFile& file) {
  const Semantics& semantics = file.semantics;
  const auto spelled = [&](Value value) {
    Writer writer(file, kEdn);
    writer.Scalar(value);
    return writer.Take();
  };
  std::string flags = absl::StrCat("--model=", std::string(linearizability::Name(semantics.model)),
                                   " --nil-read=", std::string(Name(semantics.nil_read)),
                                   " --failed-cas=", std::string(Name(semantics.failed_cas)));
  if (semantics.initial != kNil) absl::StrAppend(&flags, " --initial='", spelled(semantics.initial), "'");
  for (const auto& [key, value] : semantics.initial_by_key) {
    absl::StrAppend(&flags, " --initial-of='", file.history.key_name(key), "=", spelled(value), "'");
  }
  // The flags stand in a comment of one line.
  std::replace_if(
      flags.begin(), flags.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return flags;
}

std::string WriteEdn(const HistoryFile& file) {
  Writer writer(file, kEdn);
  writer.Raw(absl::StrCat("; read it with: lockstep check ", FlagsOf(file), "\n["));
  bool first = true;
  for (const OrderedEvent& event : EventsInOrder(file.history)) {
    if (!std::exchange(first, false)) writer.Raw("\n ");
    writer.Event(event);
  }
  writer.Raw("]\n");
  return writer.Take();
}

std::string WriteNdjson(const HistoryFile& file) {
  Writer writer(file, kJson);
  writer.Header();
  writer.Raw("\n");
  for (const OrderedEvent& event : EventsInOrder(file.history)) {
    writer.Event(event);
    writer.Raw("\n");
  }
  return writer.Take();
}

absl::Status WriteHistoryFile(const HistoryFile& file, const std::string& name) {
  std::string text;
  if (EndsWith(name, ".edn")) {
    text = WriteEdn(file);
  } else if (EndsWith(name, ".ndjson")) {
    text = WriteNdjson(file);
  } else if (EndsWith(name, ".pb")) {
    text = WriteProtobuf(file);
  } else {
    return absl::InvalidArgumentError(absl::StrCat(name, ": expected a name ending in .edn, .ndjson or .pb"));
  }
  return WriteFile(name, text);
}

}  // namespace lockstep::linearizability::format
