#include "spec/linearizability/format/event.h"

#include <string>

namespace lockstep::linearizability::format {
namespace {

using Kind = Datum::Kind;

constexpr int64_t kProcessMax = UINT32_MAX - 1;

bool IsName(const Datum& datum) {
  return datum.kind == Kind::kKeyword || datum.kind == Kind::kText || datum.kind == Kind::kSymbol;
}

bool ParseType(std::string_view name, Event::Type* type) {
  if (name == "invoke") return *type = Event::Type::kInvoke, true;
  if (name == "ok") return *type = Event::Type::kOk, true;
  if (name == "fail") return *type = Event::Type::kFail, true;
  if (name == "info") return *type = Event::Type::kInfo, true;
  return false;
}

absl::Status ParseProcess(const Source& source, const Datum& datum, Event* event) {
  event->process_told = true;
  if (IsName(datum)) {
    event->client = false;
    return absl::OkStatus();
  }
  if (datum.kind != Kind::kInteger || datum.integer < 0 || datum.integer > kProcessMax) {
    return source.Expected(datum.offset, "a process: a number from 0 to 4294967294, or a name such as :nemesis");
  }
  event->process = static_cast<uint32_t>(datum.integer);
  return absl::OkStatus();
}

absl::Status ParseInteger(const Source& source, const Datum& datum, std::string_view what, int64_t* integer) {
  if (datum.kind == Kind::kNil) return absl::OkStatus();
  if (datum.kind == Kind::kNumber) return absl::OkStatus();  // a time with a fraction is no use here
  if (datum.kind != Kind::kInteger) return source.Expected(datum.offset, "an integer as " + std::string(what));
  *integer = datum.integer;
  return absl::OkStatus();
}

}  // namespace

uint32_t FieldOf(const Data& data, uint32_t map, std::string_view name) {
  for (uint32_t key = map + 1; key < data[map].next; key = data[data[key].next].next) {
    if (IsName(data[key]) && data[key].text == name) return data[key].next;
  }
  return Event::kAbsent;
}

absl::Status ParseEvent(const Source& source, const Data& data, uint32_t map, Event* event) {
  *event = Event{};
  event->offset = data[map].offset;
  if (data[map].kind != Kind::kMap)
    return source.Expected(data[map].offset, "an event, a map such as {:type :invoke ...}");
  bool type_told = false;
  absl::Status status;
  for (uint32_t key = map + 1; key < data[map].next && status.ok(); key = data[data[key].next].next) {
    if (!IsName(data[key])) continue;
    const std::string_view name = data[key].text;
    const uint32_t field = data[key].next;
    const Datum& datum = data[field];
    if (name == "type") {
      type_told = IsName(datum) && ParseType(datum.text, &event->type);
      if (!type_told) return source.Expected(datum.offset, "a type: invoke, ok, fail or info");
    } else if (name == "f") {
      if (!IsName(datum) && datum.kind != Kind::kNil) return source.Expected(datum.offset, "a function's name as f");
      event->f = datum.text;
    } else if (name == "process") {
      status = ParseProcess(source, datum, event);
    } else if (name == "value") {
      event->value = field;
    } else if (name == "key") {
      event->key = field;
    } else if (name == "time") {
      status = ParseInteger(source, datum, "time", &event->time);
    } else if (name == "rev") {
      status = ParseInteger(source, datum, "rev", &event->log_index);
    } else if (name == "guards") {
      event->guards = field;
    } else if (name == "else") {
      event->otherwise = field;
    } else if (name == "branch") {
      event->branch = field;
    }
  }
  if (!status.ok()) return status;
  if (!type_told) return source.ErrorAt(event->offset, "this event has no type; expected invoke, ok, fail or info");
  if (event->client && event->f.empty()) {
    return source.ErrorAt(event->offset, "this event has no f; expected a function such as read or write");
  }
  return absl::OkStatus();
}

}  // namespace lockstep::linearizability::format
