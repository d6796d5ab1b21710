#include "spec/linearizability/format/edn.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "spec/linearizability/format/utf8.h"

namespace lockstep::linearizability::format {
namespace {

using Kind = Datum::Kind;

enum CharacterClass : uint8_t { kOther = 0, kBlank = 1, kDelimiter = 2 };

// Blanks and delimiters end a token; everything else belongs to one.
constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (char c : std::string_view(" \t\n\r\f\v,")) classes[static_cast<unsigned char>(c)] = kBlank;
  for (char c : std::string_view("()[]{}\";")) classes[static_cast<unsigned char>(c)] = kDelimiter;
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

uint8_t ClassOf(char c) { return kClasses[static_cast<unsigned char>(c)]; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool EdnScanner::Fail(size_t offset, std::string_view expected) {
  at_ = offset;
  error_ = {offset, std::string(expected)};
  return false;
}

void EdnScanner::SkipBlanks() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (ClassOf(c) == kBlank) continue;
    if (c != ';') return;
    at_ = text_.find('\n', at_);
    if (at_ == std::string_view::npos) {
      at_ = text_.size();
      return;
    }
  }
}

std::string_view EdnScanner::Token() {
  const size_t begin = at_;
  while (at_ < text_.size() && ClassOf(text_[at_]) == kOther) ++at_;
  return text_.substr(begin, at_ - begin);
}

bool EdnScanner::SkipTag() {
  if (Peek() != '#' || at_ + 1 >= text_.size()) return false;
  const char next = text_[at_ + 1];
  if (next == '{' || next == '_' || next == '"' || ClassOf(next) != kOther) return false;
  Token();
  SkipBlanks();
  return true;
}

bool EdnScanner::Read(Data& data) { return ReadNested(data, 0); }

bool EdnScanner::ReadNested(Data& data, int depth) {
  if (depth > kDepthMax) return Fail(at_, "at most 200 nested collections");
  SkipBlanks();
  const char c = Peek();
  switch (c) {
    case '[':
      return ReadCollection(data, Kind::kVector, ']', depth);
    case '(':
      return ReadCollection(data, Kind::kVector, ')', depth);
    case '{':
      return ReadCollection(data, Kind::kMap, '}', depth);
    case '"':
      return ReadString(data);
    case '\\':
      return ReadCharacter(data);
    case '#':
      return ReadDispatch(data, depth);
    case '^': {  // metadata, then the value it is about
      ++at_;
      const uint32_t mark = data.size();
      if (!ReadNested(data, depth + 1)) return false;
      data.Truncate(mark);
      return ReadNested(data, depth + 1);
    }
    case ']':
    case ')':
    case '}':
      return Fail(at_, "a value");
    case '\0':
      if (AtEnd()) return Fail(at_, "a value");
      break;
    default:
      break;
  }
  const bool sign = (c == '-' || c == '+') && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]);
  return IsDigit(c) || sign ? ReadNumber(data) : ReadWord(data);
}

bool EdnScanner::ReadCollection(Data& data, Kind kind, char close, int depth) {
  const size_t open = at_++;
  const uint32_t begin = data.Begin(kind, open);
  int64_t children = 0;
  for (;;) {
    SkipBlanks();
    const char c = Peek();
    if (c == close) break;
    if (AtEnd() || c == ']' || c == ')' || c == '}') {
      const char* name = kind == Kind::kMap ? "map" : kind == Kind::kSet ? "set" : close == ')' ? "list" : "vector";
      return Fail(at_, std::string("'") + close + "' to close the " + name + " or another value");
    }
    if (c == '#' && at_ + 1 < text_.size() && text_[at_ + 1] == '_') {
      at_ += 2;
      const uint32_t mark = data.size();
      if (!ReadNested(data, depth + 1)) return false;
      data.Truncate(mark);
      continue;
    }
    if (!ReadNested(data, depth + 1)) return false;
    ++children;
  }
  if (kind == Kind::kMap && children % 2 != 0) return Fail(at_, "a value for the map's last key");
  ++at_;
  data.End(begin, children);
  return true;
}

bool EdnScanner::ReadDispatch(Data& data, int depth) {
  const size_t begin = at_;
  const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (next == '{') {
    ++at_;
    return ReadCollection(data, Kind::kSet, '}', depth);
  }
  if (next == '_') {
    at_ += 2;
    const uint32_t mark = data.size();
    if (!ReadNested(data, depth + 1)) return false;
    data.Truncate(mark);
    return ReadNested(data, depth + 1);
  }
  if (next == '#') {  // ##NaN, ##Inf
    at_ += 2;
    data.Add(Kind::kNumber, begin, Token());
    return true;
  }
  if (!SkipTag()) return Fail(begin, "a tag, a set or #_ behind '#'");
  return ReadNested(data, depth + 1);
}

bool EdnScanner::ReadString(Data& data) {
  const size_t open = at_++;
  const size_t plain_end = text_.find_first_of("\"\\", at_);
  if (plain_end == std::string_view::npos) return Fail(open, "a string with a closing '\"'");
  if (text_[plain_end] == '"') {
    data.Add(Kind::kText, open, text_.substr(at_, plain_end - at_));
    at_ = plain_end + 1;
    return true;
  }
  std::string decoded;
  for (;;) {
    const size_t stop = text_.find_first_of("\"\\", at_);
    if (stop == std::string_view::npos) return Fail(open, "a string with a closing '\"'");
    decoded.append(text_.substr(at_, stop - at_));
    at_ = stop + 1;
    if (text_[stop] == '"') break;
    if (!ReadEscape(decoded)) return false;
  }
  data.Add(Kind::kText, open, data.Keep(std::move(decoded)));
  return true;
}

// The scanner stands behind the backslash.
bool EdnScanner::ReadEscape(std::string& decoded) {
  constexpr std::string_view kLetters = "tnrbf\\\"'";
  constexpr std::string_view kMeanings = "\t\n\r\b\f\\\"'";
  const size_t backslash = at_ - 1;
  const char c = Peek();
  if (const size_t known = kLetters.find(c); c != '\0' && known != std::string_view::npos) {
    decoded += kMeanings[known];
    ++at_;
    return true;
  }
  if (c == 'u') {
    uint32_t code = 0;
    const char* first = text_.data() + at_ + 1;
    if (text_.size() - at_ < 5 || std::from_chars(first, first + 4, code, 16).ptr != first + 4) {
      return Fail(backslash, "\\u and four hexadecimal digits");
    }
    at_ += 5;
    AppendUtf16Unit(decoded, code);
    return true;
  }
  if (c >= '0' && c <= '7') {
    uint32_t code = 0;
    for (int digits = 0; digits < 3 && Peek() >= '0' && Peek() <= '7'; ++digits, ++at_) {
      code = code * 8 + static_cast<uint32_t>(Peek() - '0');
    }
    if (code > 0377) return Fail(backslash, "an octal escape of at most \\377");
    AppendUtf8(decoded, code);
    return true;
  }
  return Fail(backslash, "one of the escapes \\t \\n \\r \\b \\f \\\\ \\\" \\uXXXX");
}

bool EdnScanner::ReadCharacter(Data& data) {
  const size_t begin = at_++;
  if (AtEnd()) return Fail(begin, "a character behind '\\'");
  const size_t first = at_++;
  while (at_ < text_.size() && ClassOf(text_[at_]) == kOther) ++at_;
  data.Add(Kind::kText, begin, text_.substr(first, at_ - first));
  return true;
}

bool EdnScanner::ReadNumber(Data& data) {
  const size_t begin = at_;
  const std::string_view token = Token();
  std::string_view digits = token;
  if (digits.front() == '+') digits.remove_prefix(1);
  if (digits.back() == 'N') digits.remove_suffix(1);
  int64_t integer = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  if (error == std::errc() && end == digits.data() + digits.size()) {
    data.Add(Kind::kInteger, begin, {}, integer);
    return true;
  }
  if (token.find_first_not_of("+-0123456789.eEMN/") != std::string_view::npos) return Fail(begin, "a number");
  data.Add(Kind::kNumber, begin, token);
  return true;
}

bool EdnScanner::ReadWord(Data& data) {
  const size_t begin = at_;
  const std::string_view token = Token();
  if (token.front() == ':') {
    if (token.size() == 1) return Fail(begin, "a keyword's name behind ':'");
    data.Add(Kind::kKeyword, begin, token.substr(1));
  } else if (token == "nil") {
    data.Add(Kind::kNil, begin);
  } else if (token == "true" || token == "false") {
    data.Add(Kind::kBoolean, begin, token, token == "true");
  } else if (static_cast<unsigned char>(token.front()) < 0x20 || token.front() == 0x7f) {
    return Fail(begin, "a value");
  } else {
    data.Add(Kind::kSymbol, begin, token);
  }
  return true;
}

}  // namespace lockstep::linearizability::format
