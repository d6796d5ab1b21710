#include "spec/linearizability/format/read.h"

#include <string_view>
#include <utility>

#include "spec/linearizability/format/assembler.h"
#include "spec/linearizability/format/edn.h"
#include "spec/linearizability/format/jepsen_log.h"
#include "spec/linearizability/format/map_formats.h"
#include "spec/linearizability/format/protobuf.h"

namespace lockstep::linearizability::format {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

size_t SkipByteOrderMark(std::string_view text) { return text.substr(0, 3) == kByteOrderMark ? 3 : 0; }

// The offset of the first character from `at` on that is no blank, comma or comment of EDN.
size_t FirstCharacter(std::string_view text, size_t at) {
  EdnScanner scanner(text, at);
  scanner.SkipBlanks();
  return scanner.offset();
}

absl::Status ReadEvents(const Source& source, Format format, size_t begin, Assembler& assembler) {
  switch (format) {
    case Format::kEdn:
      return ReadEdnEvents(source, begin, assembler);
    case Format::kJson:
    case Format::kNdjson:
      return ReadJsonEvents(source, begin, assembler);
    case Format::kJepsenLog:
      return ReadJepsenLog(source, begin, assembler);
    case Format::kProtobuf:
      return ReadProtobuf(source, assembler);
  }
  return absl::InternalError("no such format");
}

}  // namespace

absl::StatusOr<Format> DetectFormat(const Source& source) {
  const std::string_view text = source.text();
  if (IsProtobufHistory(text)) return Format::kProtobuf;
  const size_t first = FirstCharacter(text, SkipByteOrderMark(text));
  if (first >= text.size()) return Format::kEdn;
  const char opening = text[first];
  const size_t second = opening == '{' || opening == '[' ? FirstCharacter(text, first + 1) : first;
  const size_t third = second < text.size() && text[second] == '{' ? FirstCharacter(text, second + 1) : second;
  const auto is = [&](size_t at, char c) { return at < text.size() && text[at] == c; };
  if (opening == '{' && is(second, '"')) return Format::kNdjson;
  if (opening == '[' && is(second, '{') && is(third, '"')) return Format::kJson;
  if (opening == '{' || opening == '[' || opening == '(' || opening == '#') return Format::kEdn;
  if (LooksLikeJepsenLog(text.substr(first))) return Format::kJepsenLog;
  return source.Expected(first,
                         "a history: EDN, JSON, NDJSON, a jepsen.util log or our protobuf (say which with --format)");
}

absl::StatusOr<HistoryFile> ReadHistory(const Source& source, const ReadOptions& options) {
  absl::StatusOr<Format> format = options.format ? *options.format : DetectFormat(source);
  if (!format.ok()) return format.status();
  Assembler assembler(source, *format, options);
  const absl::Status status = ReadEvents(source, *format, SkipByteOrderMark(source.text()), assembler);
  if (!status.ok()) return status;
  return std::move(assembler).Finish();
}

absl::StatusOr<HistoryFile> ReadHistoryFile(const std::string& name, const ReadOptions& options) {
  absl::StatusOr<Source> source = Source::Open(name);
  if (!source.ok()) return source.status();
  return ReadHistory(*source, options);
}

}  // namespace lockstep::linearizability::format
