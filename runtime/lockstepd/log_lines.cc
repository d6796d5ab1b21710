#include "runtime/lockstepd/log_lines.h"

#include <time.h>
#include <unistd.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::runtime {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};

void AppendQuoted(std::string_view text, std::string& line) {
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&line, "\\u%04x", static_cast<int>(c));
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(const std::string& text) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<LogLevel>(i);
  }
  return absl::InvalidArgumentError(absl::StrCat("--log-level: '", text, "' is none of debug, info, warn, error"));
}

std::string LogLine(LogLevel level, int64_t wall_millis, std::string_view what,
                    std::initializer_list<LogLines::Field> fields) {
  std::string line = R"({"level":)";
  AppendQuoted(kNames[static_cast<size_t>(level)], line);
  const time_t seconds = wall_millis / 1000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  absl::StrAppendFormat(&line, R"(,"ts":"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ","msg":)", parts.tm_year + 1900,
                        parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                        static_cast<int>(wall_millis % 1000));
  AppendQuoted(what, line);
  for (const auto& [name, value] : fields) {
    line += ',';
    AppendQuoted(name, line);
    line += ':';
    AppendQuoted(value, line);
  }
  line += '}';
  return line;
}

void LogLines::Debug(std::string_view what, std::initializer_list<Field> fields) const {
  Write(LogLevel::kDebug, what, fields);
}
void LogLines::Info(std::string_view what, std::initializer_list<Field> fields) const {
  Write(LogLevel::kInfo, what, fields);
}
void LogLines::Warn(std::string_view what, std::initializer_list<Field> fields) const {
  Write(LogLevel::kWarn, what, fields);
}
void LogLines::Error(std::string_view what, std::initializer_list<Field> fields) const {
  Write(LogLevel::kError, what, fields);
}

void LogLines::Write(LogLevel level, std::string_view what, std::initializer_list<Field> fields) const {
  if (level < least_) return;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::string line =
      LogLine(level, static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000, what, fields) + "\n";
  // In one piece, so that lines of several processes do not mix. Nothing can be done if it fails.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace lockstep::runtime
