#include "tests/datadriven/reader.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace lockstep::datadriven {
namespace {

constexpr std::string_view kSeparator = "----";

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string Place(std::string_view file, int line) {
  return absl::StrCat(absl::string_view(file.data(), file.size()), ":", line);
}

// Reads the words of a directive's line: names, and values that may hold spaces within parentheses.
class LineParser {
 public:
  LineParser(std::string place, std::string_view rest) : place_(std::move(place)), rest_(rest) {}

  absl::Status Parse(Directive& directive) {
    directive.name = Word(" \t");
    while (true) {
      rest_ = Trim(rest_);
      if (rest_.empty()) return absl::OkStatus();
      Argument argument;
      argument.name = Word(" \t=");
      if (argument.name.empty()) return Error("an argument has no name");
      if (!rest_.empty() && rest_.front() == '=') {
        rest_.remove_prefix(1);
        if (absl::Status status = ParseValues(argument.values); !status.ok()) return status;
      }
      directive.arguments.push_back(std::move(argument));
    }
  }

 private:
  std::string Word(std::string_view ends) {
    const size_t end = std::min(rest_.find_first_of(ends), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  absl::Status ParseValues(std::vector<std::string>& values) {
    if (rest_.empty() || rest_.front() != '(') {
      values.push_back(Word(" \t"));
      return absl::OkStatus();
    }
    const size_t close = rest_.find(')');
    if (close == std::string_view::npos) return Error("a parenthesis is not closed");
    std::string_view list = Trim(rest_.substr(1, close - 1));
    rest_.remove_prefix(close + 1);
    while (!list.empty()) {
      const size_t comma = std::min(list.find(','), list.size());
      values.emplace_back(Trim(list.substr(0, comma)));
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return absl::OkStatus();
  }

  absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(place_, ": ", absl::string_view(what.data(), what.size())));
  }

  std::string place_;
  std::string_view rest_;
};

// Walks the lines of a text.
class FileParser {
 public:
  FileParser(std::string_view file, std::string_view text) : file_(file), lines_(SplitLines(text)) {}

  absl::StatusOr<std::vector<Directive>> Parse() {
    std::vector<Directive> directives;
    while (SkipToDirective()) {
      absl::StatusOr<Directive> directive = ParseDirective();
      if (!directive.ok()) return directive.status();
      directives.push_back(*std::move(directive));
    }
    return directives;
  }

 private:
  bool AtEnd() const { return next_ >= lines_.size(); }
  int LineNumber() const { return static_cast<int>(next_) + 1; }

  bool SkipToDirective() {
    while (!AtEnd()) {
      const std::string_view line = Trim(lines_[next_]);
      if (!line.empty() && line.front() != '#') return true;
      ++next_;
    }
    return false;
  }

  // A line with those that a trailing backslash joins to it.
  std::string TakeJoinedLine() {
    std::string line(Trim(lines_[next_++]));
    while (line.ends_with('\\') && !AtEnd()) {
      line.pop_back();
      line += ' ';
      line += Trim(lines_[next_++]);
    }
    return line;
  }

  absl::StatusOr<Directive> ParseDirective() {
    Directive directive;
    directive.file = file_;
    directive.line = LineNumber();
    const std::string line = TakeJoinedLine();
    if (absl::Status status = LineParser(directive.Place(), line).Parse(directive); !status.ok()) return status;
    while (!AtEnd() && Trim(lines_[next_]) != kSeparator) directive.input.emplace_back(TrimRight(lines_[next_++]));
    if (AtEnd()) return absl::InvalidArgumentError(directive.Place() + ": no line ---- follows this directive");
    ++next_;
    directive.expected_line = LineNumber();
    while (!AtEnd() && !Trim(lines_[next_]).empty()) directive.expected.emplace_back(TrimRight(lines_[next_++]));
    return directive;
  }

  std::string file_;
  std::vector<std::string> lines_;
  size_t next_ = 0;
};

}  // namespace

const Argument* Directive::Find(std::string_view argument) const {
  for (const Argument& candidate : arguments) {
    if (candidate.name == argument) return &candidate;
  }
  return nullptr;
}

std::string Directive::Value(std::string_view argument, std::string_view fallback) const {
  const Argument* found = Find(argument);
  return found != nullptr && found->values.size() == 1 ? found->values[0] : std::string(fallback);
}

std::string Directive::Place() const { return datadriven::Place(file, line); }

absl::StatusOr<std::vector<Directive>> Parse(std::string_view file, std::string_view text) {
  return FileParser(file, text).Parse();
}

absl::StatusOr<std::vector<Directive>> ReadDirectives(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(path + ": cannot be opened");
  return Parse(path, std::string(std::istreambuf_iterator<char>(stream), {}));
}

absl::Status CompareOutput(const Directive& directive, std::string_view actual) {
  const std::vector<std::string> lines = SplitLines(actual);
  for (size_t i = 0; i < std::max(lines.size(), directive.expected.size()); ++i) {
    const std::string want = i < directive.expected.size() ? directive.expected[i] : "(nothing more)";
    const std::string got = i < lines.size() ? std::string(TrimRight(lines[i])) : "(nothing more)";
    if (want == got) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(Place(directive.file, directive.expected_line + static_cast<int>(i)), ": of `", directive.name,
                     "` at line ", directive.line, "\n  expected: ", want, "\n  actual:   ", got));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  if (absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &number)) return number;
  return absl::InvalidArgumentError(absl::StrCat("not a number: ", absl::string_view(text.data(), text.size())));
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  while (!(line = Trim(line)).empty()) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

}  // namespace lockstep::datadriven
