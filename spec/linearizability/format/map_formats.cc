#include "spec/linearizability/format/map_formats.h"

#include <string>

#include "spec/linearizability/format/datum.h"
#include "spec/linearizability/format/edn.h"
#include "spec/linearizability/format/event.h"
#include "spec/linearizability/format/json.h"

namespace lockstep::linearizability::format {
namespace {

absl::Status AddMap(const Source& source, const Data& data, Assembler& assembler) {
  if (data[0].kind == Datum::Kind::kMap && FieldOf(data, 0, "lockstep") != Event::kAbsent) {
    return assembler.AddHeader(data, 0);
  }
  Event event;
  if (absl::Status status = ParseEvent(source, data, 0, &event); !status.ok()) return status;
  return assembler.Add(data, event);
}

template <typename Scanner>
absl::Status ReadAndAdd(const Source& source, Scanner& scanner, Data& data, Assembler& assembler) {
  data.Clear();
  if (!scanner.Read(data)) return source.Expected(scanner.error().offset, scanner.error().expected);
  return AddMap(source, data, assembler);
}

}  // namespace

absl::Status ReadEdnEvents(const Source& source, size_t begin, Assembler& assembler) {
  EdnScanner scanner(source.text(), begin);
  scanner.SkipBlanks();
  scanner.SkipTag();
  char close = '\0';
  size_t open = 0;
  if (scanner.Peek() == '[' || scanner.Peek() == '(') {
    close = scanner.Peek() == '[' ? ']' : ')';
    open = scanner.offset();
    scanner.Advance();
  }
  Data data;
  for (;;) {
    scanner.SkipBlanks();
    if (scanner.AtEnd()) {
      if (close == '\0') return absl::OkStatus();
      return source.Expected(scanner.offset(), std::string("an event, or '") + close + "' to close the '" +
                                                   source.text()[open] + "' that opens the history");
    }
    if (close != '\0' && scanner.Peek() == close) break;
    if (absl::Status status = ReadAndAdd(source, scanner, data, assembler); !status.ok()) return status;
  }
  scanner.Advance();
  scanner.SkipBlanks();
  return scanner.AtEnd() ? absl::OkStatus() : source.Expected(scanner.offset(), "nothing behind the history");
}

absl::Status ReadJsonEvents(const Source& source, size_t begin, Assembler& assembler) {
  JsonScanner scanner(source.text(), begin);
  scanner.SkipBlanks();
  const bool array = scanner.Peek() == '[';
  if (array) scanner.Advance();
  Data data;
  for (bool first = true;; first = false) {
    scanner.SkipBlanks();
    if (scanner.AtEnd() && !array) return absl::OkStatus();
    if (array && scanner.Peek() == ']') break;
    if (array && !first) {
      if (scanner.Peek() != ',') return source.Expected(scanner.offset(), "',' or ']' behind an event");
      scanner.Advance();
      scanner.SkipBlanks();
    }
    if (scanner.Peek() != '{') return source.Expected(scanner.offset(), "an event, an object {...}");
    if (absl::Status status = ReadAndAdd(source, scanner, data, assembler); !status.ok()) return status;
  }
  scanner.Advance();
  scanner.SkipBlanks();
  return scanner.AtEnd() ? absl::OkStatus() : source.Expected(scanner.offset(), "nothing behind the history");
}

}  // namespace lockstep::linearizability::format
