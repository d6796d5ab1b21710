#include "spec/linearizability/format/assembler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::linearizability::format {
namespace {

using K = OperationKind;
using Kind = Datum::Kind;

// A usual event's size in a file: to reserve memory once. A wrong guess costs a little time or address space.
constexpr size_t kOperationBytes = 140;

// Jepsen retires a process whose operation ended unknown; clients of our own formats may go on.
HistoryBuilder::AfterUnknown AfterUnknownIn(Format format) {
  const bool ours = format == Format::kNdjson || format == Format::kProtobuf;
  return ours ? HistoryBuilder::AfterUnknown::kProcessContinues : HistoryBuilder::AfterUnknown::kProcessEnds;
}

bool IsNil(const Data& data, uint32_t index) { return index == Event::kAbsent || data[index].kind == Kind::kNil; }

std::string Text(std::string_view view) { return std::string(view); }

}  // namespace

Assembler::Assembler(const Source& source, Format format, const ReadOptions& options)
    : source_(source),
      format_(format),
      options_(options),
      lines_(source.text()),
      builder_(AfterUnknownIn(format)),
      reader_(source, builder_, format == Format::kJson || format == Format::kNdjson) {
  builder_.Reserve(source.text().size() / kOperationBytes);
}

absl::Status Assembler::AddHeader(const Data& data, uint32_t map) {
  if (events_ != 0) return source_.ErrorAt(data[map].offset, "the header must come before the first event");
  return ParseHeader(source_, data, map, reader_, &header_);
}

absl::Status Assembler::Add(const Data& data, const Event& event) {
  const bool note = event.type == Event::Type::kInfo && builder_.OpenOperation(event.process) == nullptr;
  if (!event.client || note) {
    ++ignored_;
    return absl::OkStatus();
  }
  if (!event.process_told) process_missing_ = true;
  const absl::Status status = event.type == Event::Type::kInvoke ? Invoke(data, event) : Complete(data, event);
  if (!status.ok()) return status;
  NoteTime(event);
  ++events_;
  return absl::OkStatus();
}

void Assembler::NoteTime(const Event& event) {
  if (event.time < 0 && times_.empty()) return;
  times_.resize(events_, -1);
  times_.push_back(event.time);
}

absl::StatusOr<Assembler::Parts> Assembler::PartsOf(const Data& data, const Event& event) const {
  if (!options_.independent) return Parts{event.key, event.value};
  if (event.value == Event::kAbsent || data[event.value].kind != Kind::kVector || data[event.value].integer != 2) {
    const size_t offset = event.value == Event::kAbsent ? event.offset : data[event.value].offset;
    return source_.Expected(offset, "a value [key value], because of --independent");
  }
  const uint32_t key = event.value + 1;
  return Parts{key, data[key].next};
}

absl::Status Assembler::Invoke(const Data& data, const Event& event) {
  const std::optional<K> kind = KindOf(event.f);
  if (!kind) {
    return source_.ErrorAt(event.offset, "unknown function " + Text(event.f) +
                                             "; expected read, write, cas, append, delete, range, delete-range, txn, "
                                             "acquire, release, renew, add, enqueue, dequeue or transfer");
  }
  absl::StatusOr<Parts> parts = PartsOf(data, event);
  if (!parts.ok()) return parts.status();
  Invocation invocation;
  invocation.kind = *kind;
  invocation.line = lines_.LineOf(event.offset);
  const bool steps = parts->value != Event::kAbsent && (*kind == K::kRead || *kind == K::kWrite) &&
                     ValueReader::LooksLikeSteps(data, parts->value);
  if (steps) invocation.kind = K::kTransaction;
  evidence_.Saw(invocation.kind);
  const bool keyless = invocation.kind == K::kTransaction || *kind == K::kRange || *kind == K::kDeleteRange;
  if (!keyless) {
    if (parts->key == Event::kAbsent) {
      invocation.key = reader_.SoleKey();
    } else {
      absl::StatusOr<Key> key = reader_.ToKey(data, parts->key);
      if (!key.ok()) return key.status();
      invocation.key = *key;
    }
  }
  if (absl::Status status = ReadArgument(data, event, parts->value, &invocation); !status.ok()) return status;
  const absl::Status status = builder_.Invoke(event.process, invocation);
  if (status.ok()) return status;
  return source_.ErrorAt(event.offset, std::string(status.message()));
}

absl::Status Assembler::ReadArgument(const Data& data, const Event& event, uint32_t value, Invocation* invocation) {
  const auto needed = [&](std::string_view what) {
    return source_.ErrorAt(event.offset, Text(event.f) + " without a value; expected " + Text(what));
  };
  const bool absent = value == Event::kAbsent;
  switch (invocation->kind) {
    case K::kRead:
      if (!absent && data[value].kind == Kind::kVector && data[value].integer == 2) {
        asks_pairs_ = asks_pairs_ || data[data[value + 1].next].kind == Kind::kNil;
      }
      return absl::OkStatus();
    case K::kDelete:
    case K::kAcquire:
    case K::kDequeue:
      return absl::OkStatus();
    case K::kTransaction: {
      if (absent) return needed("its steps [[f key value] ...]");
      if (absl::Status s = ReadTransaction(data, event, value, /*answers=*/false, &transaction_); !s.ok()) return s;
      transactions_.push_back(transaction_);
      invocation->transaction = &transaction_;
      return absl::OkStatus();
    }
    case K::kCompareAndSet: {
      if (absent) return needed("[old new]");
      absl::StatusOr<ValueReader::Exchange> exchange = reader_.ToExchange(data, value);
      if (!exchange.ok()) return exchange.status();
      invocation->expected = exchange->expected;
      invocation->argument = exchange->argument;
      return absl::OkStatus();
    }
    case K::kRange:
    case K::kDeleteRange:
    case K::kTransfer: {
      if (absent) return needed(invocation->kind == K::kTransfer ? "{:from :to :amount}" : "[first end]");
      absl::StatusOr<Value> argument =
          invocation->kind == K::kTransfer ? reader_.ToTransfer(data, value) : reader_.ToRange(data, value);
      if (!argument.ok()) return argument.status();
      invocation->argument = *argument;
      return absl::OkStatus();
    }
    case K::kRelease:
      if (!IsNil(data, value)) evidence_.token = true;
      break;
    case K::kAppend:
      if (absent) return needed("what is appended");
      (data[value].kind == Kind::kText ? evidence_.append_text : evidence_.append_other) = true;
      break;
    case K::kAdd:
      if (absent) return needed("what is added");
      if (data[value].kind != Kind::kInteger) evidence_.add_other = true;
      break;
    case K::kWrite:
      if (absent) return needed("what is written");
      break;
    case K::kEnqueue:
      if (absent) return needed("the element");
      break;
    case K::kRenew:
      if (absent) return needed("the lease's token");
      break;
  }
  if (!absent) invocation->argument = reader_.ToValue(data, value);
  return absl::OkStatus();
}

absl::Status Assembler::ReadTransaction(const Data& data, const Event& event, uint32_t value, bool answers,
                                        Transaction* out) {
  *out = Transaction();
  absl::StatusOr<std::vector<TransactionStep>> steps = reader_.ToSteps(data, value, answers);
  if (!steps.ok()) return steps.status();
  out->then = *std::move(steps);
  if (event.otherwise != Event::kAbsent) {
    steps = reader_.ToSteps(data, event.otherwise, answers);
    if (!steps.ok()) return steps.status();
    out->otherwise = *std::move(steps);
  }
  if (event.guards != Event::kAbsent) {
    absl::StatusOr<std::vector<TransactionGuard>> guards = reader_.ToGuards(data, event.guards);
    if (!guards.ok()) return guards.status();
    out->guards = *std::move(guards);
  }
  if (event.branch != Event::kAbsent) {
    const Datum& branch = data[event.branch];
    if (branch.text != "then" && branch.text != "else")
      return source_.Expected(branch.offset, "a branch, then or else");
    out->taken = branch.text == "then" ? Transaction::Branch::kThen : Transaction::Branch::kOtherwise;
  }
  for (const auto* branch : {&out->then, &out->otherwise}) {
    for (const TransactionStep& step : *branch) {
      evidence_.Saw(step.kind);
      if (step.kind != K::kAppend) continue;
      const bool text = builder_.values().TypeOf(step.argument) == ValuePool::Type::kString;
      (text ? evidence_.append_text : evidence_.append_other) = true;
    }
  }
  return absl::OkStatus();
}

absl::Status Assembler::Complete(const Data& data, const Event& event) {
  const Operation* open = builder_.OpenOperation(event.process);
  if (open != nullptr) {
    const std::optional<K> kind = KindOf(event.f);
    const bool steps = open->kind == K::kTransaction && (kind == K::kRead || kind == K::kWrite);
    if (kind != open->kind && !steps) {
      return source_.ErrorAt(event.offset,
                             absl::StrCat("process ", event.process, " completes a ", Text(event.f),
                                          ", but its open operation is a ", Text(linearizability::Name(open->kind))));
    }
  }
  Completion completion;
  completion.line = lines_.LineOf(event.offset);
  completion.log_index = event.log_index;
  switch (event.type) {
    case Event::Type::kOk:
      completion.outcome = Outcome::kOk;
      break;
    case Event::Type::kFail:
      completion.outcome = Outcome::kFail;
      break;
    default:
      completion.outcome = Outcome::kUnknown;
      break;
  }
  if (open != nullptr && event.type == Event::Type::kOk) {
    absl::StatusOr<Parts> parts = PartsOf(data, event);
    if (!parts.ok()) return parts.status();
    if (absl::Status status = ReadAnswer(data, event, *parts, *open, &completion); !status.ok()) return status;
  } else if (open != nullptr && event.type == Event::Type::kFail && open->kind == K::kCompareAndSet) {
    relevant_.cas_failed = true;
  }
  const absl::Status status = builder_.Complete(event.process, completion);
  if (status.ok()) return status;
  return source_.ErrorAt(event.offset, std::string(status.message()));
}

absl::Status Assembler::ReadAnswer(const Data& data, const Event& event, const Parts& parts, const Operation& open,
                                   Completion* completion) {
  const uint32_t value = parts.value;
  if (open.kind == K::kTransaction) {
    return value == Event::kAbsent ? absl::OkStatus() : AnswerTransaction(data, event, value, open, completion);
  }
  const bool keyless = open.kind == K::kRange || open.kind == K::kDeleteRange;
  if (parts.key != Event::kAbsent && !keyless) {
    absl::StatusOr<Key> key = reader_.ToKey(data, parts.key);
    if (!key.ok()) return key.status();
    if (*key != open.key) {
      return source_.ErrorAt(data[parts.key].offset, absl::StrCat("process ", event.process,
                                                                  "'s open operation is on "
                                                                  "another key"));
    }
  }
  if (value == Event::kAbsent) return absl::OkStatus();
  switch (open.kind) {
    case K::kRead: {
      NoteRead(data, value);
      const std::optional<ModelKind> told = options_.model ? options_.model : header_.model;
      const bool set = told ? told == ModelKind::kSet : evidence_.Has(K::kAdd);
      completion->result = set ? reader_.ToSet(data, value) : reader_.ToValue(data, value);
      return absl::OkStatus();
    }
    case K::kRange: {
      absl::StatusOr<Value> answer = reader_.ToRangeAnswer(data, value);
      if (!answer.ok()) return answer.status();
      completion->result = *answer;
      return absl::OkStatus();
    }
    case K::kAcquire:
      if (!IsNil(data, value)) evidence_.token = true;
      completion->result = IsNil(data, value) ? kUnknownValue : reader_.ToValue(data, value);
      return absl::OkStatus();
    case K::kDequeue:
      completion->result = reader_.ToValue(data, value);
      return absl::OkStatus();
    default:
      return CheckRepeated(data, event, value, open);
  }
}

absl::Status Assembler::CheckRepeated(const Data& data, const Event& event, uint32_t value, const Operation& open) {
  if (IsNil(data, value)) return absl::OkStatus();
  bool same = true;
  switch (open.kind) {
    case K::kWrite:
    case K::kAppend:
    case K::kAdd:
    case K::kEnqueue:
      same = reader_.ToValue(data, value) == open.argument;
      break;
    case K::kCompareAndSet: {
      absl::StatusOr<ValueReader::Exchange> exchange = reader_.ToExchange(data, value);
      if (!exchange.ok()) return exchange.status();
      same = exchange->expected == open.expected && exchange->argument == open.argument;
      break;
    }
    case K::kTransfer: {
      absl::StatusOr<Value> transfer = reader_.ToTransfer(data, value);
      if (!transfer.ok()) return transfer.status();
      same = *transfer == open.argument;
      break;
    }
    default:
      break;
  }
  if (same) return absl::OkStatus();
  return source_.ErrorAt(data[value].offset, absl::StrCat("process ", event.process, " completes its ", Text(event.f),
                                                          " with another value than it invoked it with"));
}

absl::Status Assembler::AnswerTransaction(const Data& data, const Event& event, uint32_t value, const Operation& open,
                                          Completion* completion) {
  const Transaction& asked = transactions_[open.argument.bits];
  if (absl::Status s = ReadTransaction(data, event, value, /*answers=*/true, &transaction_); !s.ok()) return s;
  const auto repeats = [](const std::vector<TransactionStep>& a, const std::vector<TransactionStep>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const TransactionStep& x, const TransactionStep& y) {
      return x.kind == y.kind && x.key == y.key && x.argument == y.argument && x.expected == y.expected;
    });
  };
  // A completion need not repeat the branch that was not taken, nor the guards.
  if (event.otherwise == Event::kAbsent) transaction_.otherwise = asked.otherwise;
  if (event.guards == Event::kAbsent) transaction_.guards = asked.guards;
  if (!repeats(asked.then, transaction_.then) || !repeats(asked.otherwise, transaction_.otherwise)) {
    return source_.ErrorAt(
        data[value].offset,
        absl::StrCat("process ", event.process, " completes a transaction with other steps than it invoked it with"));
  }
  for (const auto* branch : {&transaction_.then, &transaction_.otherwise}) {
    for (const TransactionStep& step : *branch) {
      if (step.kind != K::kRead) continue;
      const ValuePool::Type type = builder_.values().TypeOf(step.result);
      if (type == ValuePool::Type::kNil) relevant_.nil_answered = true;
      if (type == ValuePool::Type::kList) evidence_.read_list = true;
      if (type == ValuePool::Type::kInteger) evidence_.read_integer = true;
      if (type == ValuePool::Type::kString) evidence_.read_other = true;
    }
  }
  completion->transaction = &transaction_;
  return absl::OkStatus();
}

void Assembler::NoteRead(const Data& data, uint32_t value) {
  switch (data[value].kind) {
    case Kind::kNil:
      relevant_.nil_answered = true;
      break;
    case Kind::kVector:
    case Kind::kSet:
      evidence_.read_list = true;
      break;
    case Kind::kMap:
      evidence_.read_map = true;
      break;
    case Kind::kInteger:
      evidence_.read_integer = true;
      break;
    default:
      evidence_.read_other = true;
      break;
  }
}

absl::StatusOr<HistoryFile> Assembler::Finish() && {
  HistoryFile file;
  file.name = source_.name();
  file.format = format_;
  if (absl::Status status = SettleSemantics(options_, header_, evidence_, relevant_, builder_, &file); !status.ok()) {
    return status;
  }
  if (process_missing_) file.assumed.push_back("events without a process are process 0's");
  if (asks_pairs_ && !options_.independent) {
    file.assumed.push_back(
        "values taken whole, though reads of [key nil] look like jepsen.independent's (--independent)");
  }
  file.events_ignored = ignored_;
  if (!times_.empty()) times_.resize(events_, -1);
  file.times = std::move(times_);
  file.time_unit_ns = format_ == Format::kNdjson ? 1000 : 1;
  file.history = std::move(builder_).Finish();
  return file;
}

}  // namespace lockstep::linearizability::format
