#include "spec/linearizability/format/jepsen_log.h"

#include <algorithm>

#include "spec/linearizability/format/datum.h"
#include "spec/linearizability/format/edn.h"
#include "spec/linearizability/format/event.h"

namespace lockstep::linearizability::format {
namespace {

using Kind = Datum::Kind;

constexpr std::string_view kLogger = "jepsen.util - ";

// Whether the line begins with a log level, as all lines of such a log do: `INFO  logger - ...`.
bool IsLogLine(std::string_view line) {
  for (std::string_view level : {"INFO ", "WARN ", "ERROR ", "DEBUG ", "TRACE ", "FATAL "}) {
    if (line.substr(0, level.size()) == level) return true;
  }
  return false;
}

// Reads the four values from `begin` to `end`, the line's end, into `data`.
absl::Status ReadColumns(const Source& source, size_t begin, size_t end, Data& data) {
  constexpr std::string_view kColumns[] = {"a process", "a type such as :invoke", "a function such as :read",
                                           "a value"};
  data.Clear();
  EdnScanner scanner(source.text().substr(0, end), begin);
  for (std::string_view column : kColumns) {
    scanner.SkipBlanks();
    const bool told = !scanner.AtEnd() && scanner.Read(data);
    if (!told) return source.Expected(scanner.offset(), column);
  }
  scanner.SkipBlanks();
  if (!scanner.AtEnd()) return source.Expected(scanner.offset(), "the end of the line behind the value");
  return absl::OkStatus();
}

// The same data as the map of fields that event.h reads.
absl::Status AddColumns(const Source& source, const Data& columns, size_t offset, Data& fields, Assembler& assembler) {
  constexpr std::string_view kNames[] = {"process", "type", "f", "value"};
  fields.Clear();
  const uint32_t map = fields.Begin(Kind::kMap, offset);
  uint32_t column = 0;
  for (std::string_view name : kNames) {
    const uint32_t next = columns[column].next;
    const bool timed_out = columns[column].kind == Kind::kKeyword && columns[column].text == "timed-out";
    if (!timed_out) {
      fields.Add(Kind::kKeyword, columns[column].offset, name);
      const uint32_t shift = fields.size() - column;
      for (uint32_t i = column; i < next; ++i) fields.AddShifted(columns[i], shift);
    }
    column = next;
  }
  fields.End(map, 0);
  Event event;
  if (absl::Status status = ParseEvent(source, fields, map, &event); !status.ok()) return status;
  return assembler.Add(fields, event);
}

}  // namespace

bool LooksLikeJepsenLog(std::string_view text) { return IsLogLine(text); }

absl::Status ReadJepsenLog(const Source& source, size_t begin, Assembler& assembler) {
  const std::string_view text = source.text();
  Data columns;
  Data fields;
  for (size_t at = begin; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const size_t logger = line.find(kLogger);
    if (logger != std::string_view::npos) {
      if (absl::Status s = ReadColumns(source, at + logger + kLogger.size(), end, columns); !s.ok()) return s;
      if (absl::Status s = AddColumns(source, columns, at, fields, assembler); !s.ok()) return s;
    } else if (!IsLogLine(line) && line.find_first_not_of(" \t\r") != std::string_view::npos) {
      return source.Expected(at, "a line `INFO  jepsen.util - process type function value`");
    }
    at = end + 1;
  }
  return absl::OkStatus();
}

}  // namespace lockstep::linearizability::format
