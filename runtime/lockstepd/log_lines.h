// Log lines: what operators read and their tools parse: JSON, a line each, to stderr, with a level.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_LOG_LINES_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_LOG_LINES_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace lockstep::runtime {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };

// Errors: InvalidArgument: there is no such level.
absl::StatusOr<LogLevel> ParseLogLevel(const std::string& text);

class LogLines {
 public:
  using Field = std::pair<std::string_view, std::string>;

  // Lines below `least` are left out.
  explicit LogLines(LogLevel least) : least_(least) {}

  void Debug(std::string_view what, std::initializer_list<Field> fields = {}) const;
  void Info(std::string_view what, std::initializer_list<Field> fields = {}) const;
  void Warn(std::string_view what, std::initializer_list<Field> fields = {}) const;
  void Error(std::string_view what, std::initializer_list<Field> fields = {}) const;

 private:
  void Write(LogLevel level, std::string_view what, std::initializer_list<Field> fields) const;

  const LogLevel least_;
};

// The line as it is written, without its end.
std::string LogLine(LogLevel level, int64_t wall_millis, std::string_view what,
                    std::initializer_list<LogLines::Field> fields);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_LOG_LINES_H_
