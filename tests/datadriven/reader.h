// Tests as text: a file of directives, each with what it must print.
//
//     # A comment.
//     committed cfg=(1,2,3) idx=(12,5,_)      <- a name and arguments; a trailing \ joins the next line
//     input, any number of lines
//     ----
//     what the directive prints, up to an empty line
//
// What a directive does is the test's matter; this header reads files and compares. A difference is reported as
// FILE:LINE of the first line that differs, so that an editor jumps there.
#ifndef LOCKSTEP_TESTS_DATADRIVEN_READER_H_
#define LOCKSTEP_TESTS_DATADRIVEN_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lockstep::datadriven {

// "name", "name=value" or "name=(value,value)".
struct Argument {
  std::string name;
  std::vector<std::string> values;

  friend bool operator==(const Argument&, const Argument&) = default;
};

struct Directive {
  std::string file;
  int line = 0;  // Of the directive itself, from 1.
  std::string name;
  std::vector<Argument> arguments;
  std::vector<std::string> input;     // Lines before "----".
  std::vector<std::string> expected;  // Lines after it.
  int expected_line = 0;              // Of the first expected line.

  // The argument of that name, or null.
  const Argument* Find(std::string_view argument) const;
  // The only value of that argument; `fallback` where it is absent or has not exactly one.
  std::string Value(std::string_view argument, std::string_view fallback = "") const;
  // "FILE:LINE".
  std::string Place() const;
};

// All directives of a text, in order; `file` is for messages alone.
// Errors: InvalidArgument naming the place of what cannot be read.
absl::StatusOr<std::vector<Directive>> Parse(std::string_view file, std::string_view text);

// As Parse, from a file. Errors: NotFound too.
absl::StatusOr<std::vector<Directive>> ReadDirectives(const std::string& path);

// Errors: FailedPrecondition naming the place of the first line of `actual` that is not as expected, and both lines.
absl::Status CompareOutput(const Directive& directive, std::string_view actual);

// The value as a number. Errors: InvalidArgument.
absl::StatusOr<uint64_t> ParseNumber(std::string_view text);

// Words of a line, split at spaces and tabs.
std::vector<std::string> Words(std::string_view line);

}  // namespace lockstep::datadriven

#endif  // LOCKSTEP_TESTS_DATADRIVEN_READER_H_
