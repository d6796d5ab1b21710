#include "spec/linearizability/format/protobuf.h"

#include <climits>
#include <cstdint>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "spec/linearizability/format/datum.h"
#include "spec/linearizability/format/event.h"
#include "spec/linearizability/format/event_order.h"
#include "spec/linearizability/format/history.pb.h"
#include "spec/linearizability/format/settings.h"

namespace lockstep::linearizability::format {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using Kind = Datum::Kind;

constexpr std::string_view kMagic = "lockstep-history";
// Field 1, of wire type 2, and the length of the magic: how every such file begins.
constexpr std::string_view kBeginning = "\x0a\x10lockstep-history";

void AddValue(const proto::Value& value, size_t offset, Data& data);

void AddList(const proto::List& list, size_t offset, Data& data) {
  const uint32_t begin = data.Begin(Kind::kVector, offset);
  for (const proto::Value& item : list.item()) AddValue(item, offset, data);
  data.End(begin, list.item_size());
}

void AddValue(const proto::Value& value, size_t offset, Data& data) {
  switch (value.kind_case()) {
    case proto::Value::kInteger:
      return data.Add(Kind::kInteger, offset, {}, value.integer());
    case proto::Value::kText:
      return data.Add(Kind::kText, offset, value.text());
    case proto::Value::kList:
      return AddList(value.list(), offset, data);
    case proto::Value::kNil:
    case proto::Value::KIND_NOT_SET:
      return data.Add(Kind::kNil, offset);
  }
}

// A transfer's list (from, to, amount) as the map that the text formats have.
void AddTransfer(const proto::List& list, size_t offset, Data& data) {
  constexpr std::string_view kParts[] = {"from", "to", "amount"};
  const uint32_t begin = data.Begin(Kind::kMap, offset);
  for (int i = 0; i < list.item_size() && i < 3; ++i) {
    data.Add(Kind::kKeyword, offset, kParts[i]);
    AddValue(list.item(i), offset, data);
  }
  data.End(begin, 6);
}

// A range's answer, the list name, value, ..., as a map.
void AddPairs(const proto::List& list, size_t offset, Data& data) {
  const uint32_t begin = data.Begin(Kind::kMap, offset);
  for (int i = 0; i + 1 < list.item_size(); i += 2) {
    AddValue(list.item(i), offset, data);
    AddValue(list.item(i + 1), offset, data);
  }
  data.End(begin, list.item_size());
}

absl::Status AddEvent(const Source& source, const proto::Event& message, size_t offset, Data& data,
                      Assembler& assembler) {
  data.Clear();
  Event event;
  event.offset = offset;
  event.process_told = true;
  event.process = message.process();
  event.f = message.f();
  switch (message.type()) {
    case proto::Event::INVOKE:
      event.type = Event::Type::kInvoke;
      break;
    case proto::Event::OK:
      event.type = Event::Type::kOk;
      break;
    case proto::Event::FAIL:
      event.type = Event::Type::kFail;
      break;
    case proto::Event::INFO:
      event.type = Event::Type::kInfo;
      break;
    default:
      return source.ErrorAt(offset, "this event has no type; expected INVOKE, OK, FAIL or INFO");
  }
  if (event.f.empty()) return source.ErrorAt(offset, "this event has no f; expected a function such as read or write");
  if (message.has_time_ns()) event.time = message.time_ns();
  if (message.has_log_index()) event.log_index = message.log_index();
  const auto place = [&](uint32_t* field) { *field = data.size(); };
  if (message.has_key()) {
    place(&event.key);
    data.Add(Kind::kText, offset, message.key());
  }
  if (message.has_value()) {
    place(&event.value);
    if (event.f == "transfer" && message.value().has_list()) {
      AddTransfer(message.value().list(), offset, data);
    } else if (event.f == "range" && event.type == Event::Type::kOk && message.value().has_list()) {
      AddPairs(message.value().list(), offset, data);
    } else {
      AddValue(message.value(), offset, data);
    }
  }
  if (message.has_guards()) {
    place(&event.guards);
    AddList(message.guards(), offset, data);
  }
  if (message.has_otherwise()) {
    place(&event.otherwise);
    AddList(message.otherwise(), offset, data);
  }
  if (!message.branch().empty()) {
    place(&event.branch);
    data.Add(Kind::kText, offset, message.branch());
  }
  return assembler.Add(data, event);
}

absl::Status AddSemantics(const proto::Semantics& semantics, size_t offset, Data& data, Assembler& assembler) {
  data.Clear();
  const uint32_t map = data.Begin(Kind::kMap, offset);
  const auto field = [&](std::string_view name) { data.Add(Kind::kKeyword, offset, name); };
  const auto word = [&](std::string_view name, std::string_view text) {
    field(name);
    data.Add(Kind::kText, offset, text);
  };
  if (!semantics.model().empty()) word("model", semantics.model());
  if (semantics.has_initial()) {
    field("initial");
    AddValue(semantics.initial(), offset, data);
  }
  if (semantics.initial_of_key_size() > 0) {
    field("initial-by-key");
    const uint32_t by_key = data.Begin(Kind::kMap, offset);
    for (const proto::InitialOfKey& initial : semantics.initial_of_key()) {
      data.Add(Kind::kText, offset, initial.key());
      AddValue(initial.value(), offset, data);
    }
    data.End(by_key, 0);
  }
  if (semantics.nil_read() != proto::Semantics::NIL_READ_NOT_TOLD) {
    word("nil-read", semantics.nil_read() == proto::Semantics::NIL_READ_VALUE ? "value" : "no-answer");
  }
  if (semantics.failed_cas() != proto::Semantics::FAILED_CAS_NOT_TOLD) {
    word("failed-cas", semantics.failed_cas() == proto::Semantics::FAILED_CAS_FACT ? "fact" : "dropped");
  }
  data.End(map, 0);
  return assembler.AddHeader(data, map);
}

// Encodes values and events of one history.
class Encoder {
 public:
  explicit Encoder(const HistoryFile& file) : history_(file.history), values_(file.history.values()) {}

  void Encode(Value value, proto::Value* out) const {
    switch (values_.TypeOf(value)) {
      case ValuePool::Type::kNil:
      case ValuePool::Type::kUnknown:
        out->set_nil(true);
        return;
      case ValuePool::Type::kInteger:
        out->set_integer(values_.AsInteger(value));
        return;
      case ValuePool::Type::kString:
        out->set_text(std::string(values_.AsString(value)));
        return;
      case ValuePool::Type::kList:
        break;
    }
    proto::List* list = out->mutable_list();
    for (Value item : values_.AsList(value)) Encode(item, list->add_item());
  }

  void EncodePayload(const Operation& op, Event::Type type, proto::Event* out) const {
    switch (PayloadOf(op, type)) {
      case Payload::kNone:
        return;
      case Payload::kNil:
        out->mutable_value()->set_nil(true);
        return;
      case Payload::kResult:
        Encode(op.result, out->mutable_value());
        return;
      case Payload::kTransaction:
        EncodeTransaction(history_.TransactionOf(op), type == Event::Type::kOk, out);
        return;
      case Payload::kArgument:
        break;
    }
    if (op.kind == OperationKind::kCompareAndSet) {
      Encode(op.expected, out->mutable_value()->mutable_list()->add_item());
      Encode(op.argument, out->mutable_value()->mutable_list()->add_item());
    } else {
      Encode(op.argument, out->mutable_value());
    }
  }

 private:
  void EncodeTransaction(const Transaction& transaction, bool answers, proto::Event* out) const {
    EncodeSteps(transaction.then, answers, out->mutable_value()->mutable_list());
    if (!transaction.otherwise.empty()) EncodeSteps(transaction.otherwise, answers, out->mutable_otherwise());
    for (const TransactionGuard& guard : transaction.guards) {
      const bool equal = guard.comparison == TransactionGuard::Comparison::kEqual;
      proto::List* list = out->mutable_guards()->add_item()->mutable_list();
      list->add_item()->set_text(history_.key_name(guard.key));
      list->add_item()->set_text(equal ? "=" : "!=");
      Encode(guard.value, list->add_item());
    }
    if (!answers || transaction.taken == Transaction::Branch::kNotTold) return;
    out->set_branch(transaction.taken == Transaction::Branch::kThen ? "then" : "else");
  }

  void EncodeSteps(const std::vector<TransactionStep>& steps, bool answers, proto::List* out) const {
    for (const TransactionStep& step : steps) {
      proto::List* list = out->add_item()->mutable_list();
      list->add_item()->set_text(std::string(FunctionOf(step.kind)));
      if (step.kind == OperationKind::kRange || step.kind == OperationKind::kDeleteRange) {
        Encode(step.argument, list->add_item());
      } else {
        list->add_item()->set_text(history_.key_name(step.key));
      }
      const bool reads = step.kind == OperationKind::kRead || step.kind == OperationKind::kRange;
      if (reads && answers && step.result != kUnknownValue) {
        step.kind == OperationKind::kRange ? EncodePairs(step.result, list->add_item())
                                           : Encode(step.result, list->add_item());
      } else if (step.kind == OperationKind::kCompareAndSet) {
        proto::List* exchange = list->add_item()->mutable_list();
        Encode(step.expected, exchange->add_item());
        Encode(step.argument, exchange->add_item());
      } else if (step.kind == OperationKind::kWrite || step.kind == OperationKind::kAppend) {
        Encode(step.argument, list->add_item());
      }
    }
  }

  // Name, value, name, value, ... as a list of pairs.
  void EncodePairs(Value flat, proto::Value* out) const {
    const std::span<const Value> items = values_.AsList(flat);
    proto::List* pairs = out->mutable_list();
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      proto::List* pair = pairs->add_item()->mutable_list();
      Encode(items[i], pair->add_item());
      Encode(items[i + 1], pair->add_item());
    }
  }

  const History& history_;
  const ValuePool& values_;
};

proto::HistoryFile Beginning(const HistoryFile& file, const Encoder& encoder) {
  using S = Semantics;
  proto::HistoryFile beginning;
  beginning.set_magic(std::string(kMagic));
  proto::Semantics* semantics = beginning.mutable_semantics();
  semantics->set_model(std::string(linearizability::Name(file.semantics.model)));
  encoder.Encode(file.semantics.initial, semantics->mutable_initial());
  for (const auto& [key, value] : file.semantics.initial_by_key) {
    proto::InitialOfKey* initial = semantics->add_initial_of_key();
    initial->set_key(file.history.key_name(key));
    encoder.Encode(value, initial->mutable_value());
  }
  semantics->set_nil_read(file.semantics.nil_read == S::NilRead::kValue ? proto::Semantics::NIL_READ_VALUE
                                                                        : proto::Semantics::NIL_READ_NO_ANSWER);
  semantics->set_failed_cas(file.semantics.failed_cas == S::FailedCompareAndSet::kFact
                                ? proto::Semantics::FAILED_CAS_FACT
                                : proto::Semantics::FAILED_CAS_DROPPED);
  return beginning;
}

}  // namespace

bool IsProtobufHistory(std::string_view text) { return text.substr(0, kBeginning.size()) == kBeginning; }

absl::Status ReadProtobuf(const Source& source, Assembler& assembler) {
  const std::string_view text = source.text();
  if (!IsProtobufHistory(text)) return source.ErrorAt(0, "expected the magic text lockstep-history as field 1");
  if (text.size() > INT_MAX) return source.ErrorAt(0, "a protobuf history is at most 2 GiB; split it or use NDJSON");
  CodedInputStream input(reinterpret_cast<const uint8_t*>(text.data()), static_cast<int>(text.size()));
  Data data;
  proto::Event event;
  for (;;) {
    const auto offset = static_cast<size_t>(input.CurrentPosition());
    const uint32_t tag = input.ReadTag();
    if (tag == 0 && offset == text.size()) return absl::OkStatus();
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    const bool message = WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    bool parsed = tag != 0;
    absl::Status status;
    if (parsed && message &&
        (field == proto::HistoryFile::kEventFieldNumber || field == proto::HistoryFile::kSemanticsFieldNumber)) {
      uint32_t size = 0;
      const void* bytes = nullptr;
      int available = 0;
      parsed =
          input.ReadVarint32(&size) &&
          (size == 0 || (input.GetDirectBufferPointer(&bytes, &available) && static_cast<uint32_t>(available) >= size));
      if (parsed && field == proto::HistoryFile::kEventFieldNumber) {
        parsed = event.ParseFromArray(bytes, static_cast<int>(size));
        if (parsed) status = AddEvent(source, event, offset, data, assembler);
      } else if (parsed) {
        proto::Semantics semantics;
        parsed = semantics.ParseFromArray(bytes, static_cast<int>(size));
        if (parsed) status = AddSemantics(semantics, offset, data, assembler);
      }
      parsed = parsed && input.Skip(static_cast<int>(size));
    } else if (parsed) {
      parsed = WireFormatLite::SkipField(&input, tag);
    }
    if (!status.ok()) return status;
    if (!parsed)
      return source.ErrorAt(offset, "expected a field of HistoryFile (history.proto); the file is cut or broken");
  }
}

std::string WriteProtobuf(const HistoryFile& file) {
  constexpr proto::Event::Type kTypes[] = {proto::Event::INVOKE, proto::Event::OK, proto::Event::FAIL,
                                           proto::Event::INFO};
  const Encoder encoder(file);
  std::string bytes = Beginning(file, encoder).SerializeAsString();
  for (const OrderedEvent& event : EventsInOrder(file.history)) {
    const Operation& op = file.history.operation(event.id);
    proto::HistoryFile one;  // one more event: messages of one type may be concatenated
    proto::Event* out = one.add_event();
    out->set_type(kTypes[static_cast<size_t>(event.type)]);
    out->set_process(op.process);
    out->set_f(std::string(FunctionOf(op.kind)));
    if (NamesKey(file.history, op)) out->set_key(file.history.key_name(op.key));
    encoder.EncodePayload(op, event.type, out);
    if (event.position < file.times.size() && file.times[event.position] >= 0) {
      out->set_time_ns(file.times[event.position] * file.time_unit_ns);
    }
    const bool indexed = event.type != Event::Type::kInvoke && file.history.log_index(event.id) >= 0;
    if (indexed) out->set_log_index(file.history.log_index(event.id));
    one.AppendToString(&bytes);
  }
  return bytes;
}

}  // namespace lockstep::linearizability::format
