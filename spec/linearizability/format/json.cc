#include "spec/linearizability/format/json.h"

#include <array>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lockstep::linearizability::format {
namespace {

using Kind = Datum::Kind;

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Bytes that may stand in a plain string: ASCII but control characters, quote and backslash.
constexpr std::array<bool, 256> MakePlain() {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[static_cast<size_t>(c)] = c != '"' && c != '\\' && c != 0x7f;
  return plain;
}
constexpr std::array<bool, 256> kPlain = MakePlain();

// An input iterator that tells its owner how far the parser has read.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  TrackedIterator operator++(int) {
    TrackedIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const TrackedIterator& a, const TrackedIterator& b) { return a.at_ == b.at_; }
  friend bool operator!=(const TrackedIterator& a, const TrackedIterator& b) { return a.at_ != b.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// What nlohmann's message says was expected.
std::string ExpectedIn(const std::string& message) {
  constexpr std::string_view kMark = "; expected ";
  if (const size_t mark = message.rfind(kMark); mark != std::string::npos) return message.substr(mark + kMark.size());
  const size_t detail = message.find(": ");
  return "well-formed JSON (" + (detail == std::string::npos ? message : message.substr(detail + 2)) + ")";
}

// Turns the parser's events into data.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view text, const char* const* reached, Data* data)
      : text_(text), reached_(reached), data_(data), token_end_(static_cast<size_t>(*reached - text.data())) {}

  const ParseError& error() const { return error_; }

  bool null() override { return Scalar(Kind::kNil, {}, 0); }
  bool boolean(bool value) override { return Scalar(Kind::kBoolean, value ? "true" : "false", value); }
  bool number_integer(number_integer_t value) override { return Scalar(Kind::kInteger, {}, value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Scalar(Kind::kInteger, {}, static_cast<int64_t>(value));
    }
    return Scalar(Kind::kNumber, data_->Keep(std::to_string(value)), 0);
  }
  bool number_float(number_float_t, const string_t& spelled) override {
    return Scalar(Kind::kNumber, data_->Keep(spelled), 0);
  }
  bool string(string_t& value) override { return Scalar(Kind::kText, data_->Keep(value), 0); }
  bool binary(binary_t&) override { return false; }  // no JSON text holds one

  bool start_object(size_t) override { return Open(Kind::kMap); }
  bool key(string_t& name) override {
    data_->Add(Kind::kText, NextToken(), data_->Keep(name));
    Count();
    return true;
  }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(Kind::kVector); }
  bool end_array() override { return Close(); }

  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& problem) override {
    const std::string message = problem.what();
    const bool syntax = message.find("; expected ") != std::string::npos;
    const auto reached = static_cast<size_t>(*reached_ - text_.data());
    const size_t last = reached - (reached > 0);  // the last character read
    const size_t token = NextToken();
    // A misplaced ',' or ':' is itself the token, which NextToken takes for punctuation before one.
    error_ = {syntax && (token <= last || token >= text_.size()) ? token : last, ExpectedIn(message)};
    return false;
  }

 private:
  struct Collection {
    uint32_t begin;
    int64_t children;
  };

  // Where the token that the parser has just read begins: behind the last one, blanks and punctuation.
  size_t NextToken() {
    size_t begin = token_end_;
    while (begin < text_.size() && (IsBlank(text_[begin]) || text_[begin] == ',' || text_[begin] == ':')) ++begin;
    token_end_ = static_cast<size_t>(*reached_ - text_.data());
    return begin;
  }
  void Count() {
    if (!open_.empty()) ++open_.back().children;
  }
  bool Scalar(Kind kind, std::string_view text, int64_t integer) {
    data_->Add(kind, NextToken(), text, integer);
    Count();
    return true;
  }
  bool Open(Kind kind) {
    const size_t offset = NextToken();
    if (open_.size() > kDepthMax) {
      error_ = {offset, "at most 200 nested collections"};
      return false;
    }
    Count();
    open_.push_back({data_->Begin(kind, offset), 0});
    return true;
  }
  bool Close() {
    NextToken();
    data_->End(open_.back().begin, open_.back().children);
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const char* const* reached_;
  Data* data_;
  size_t token_end_;
  std::vector<Collection> open_;
  ParseError error_;
};

}  // namespace

bool ReadJsonWithNlohmann(std::string_view text, size_t* at, Data& data, ParseError* error) {
  const char* reached = text.data() + *at;
  Builder builder(text, &reached, &data);
  const bool ok = nlohmann::json::sax_parse(TrackedIterator(reached, &reached),
                                            TrackedIterator(text.data() + text.size(), &reached), &builder,
                                            nlohmann::json::input_format_t::json, /*strict=*/false);
  if (!ok) *error = builder.error();
  *at = ok ? static_cast<size_t>(reached - text.data()) : error->offset;
  return ok;
}

void JsonScanner::SkipBlanks() {
  while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
}

bool JsonScanner::Read(Data& data) {
  const size_t begin = at_;
  const uint32_t mark = data.size();
  if (ReadPlain(data, 0)) return true;
  data.Truncate(mark);
  at_ = begin;
  return ReadJsonWithNlohmann(text_, &at_, data, &error_);
}

bool JsonScanner::ReadPlain(Data& data, int depth) {
  const char c = Peek();
  if (c == '{' || c == '[') return depth < kDepthMax && ReadPlainCollection(data, depth);
  if (c == '"') return ReadPlainString(data);
  if (c == '-' || IsDigit(c)) return ReadPlainInteger(data);
  return ReadPlainWord(data);
}

bool JsonScanner::ReadPlainCollection(Data& data, int depth) {
  const bool map = Peek() == '{';
  const char close = map ? '}' : ']';
  const uint32_t begin = data.Begin(map ? Kind::kMap : Kind::kVector, at_++);
  int64_t children = 0;
  SkipBlanks();
  if (Peek() != close) {
    for (;;) {
      if (map) {
        if (Peek() != '"' || !ReadPlainString(data)) return false;
        SkipBlanks();
        if (Peek() != ':') return false;
        ++at_;
        SkipBlanks();
        ++children;
      }
      if (!ReadPlain(data, depth + 1)) return false;
      ++children;
      SkipBlanks();
      if (Peek() == close) break;
      if (Peek() != ',') return false;
      ++at_;
      SkipBlanks();
    }
  }
  ++at_;
  data.End(begin, children);
  return true;
}

bool JsonScanner::ReadPlainString(Data& data) {
  const size_t open = at_;
  size_t end = open + 1;
  while (end < text_.size() && kPlain[static_cast<unsigned char>(text_[end])]) ++end;
  if (end >= text_.size() || text_[end] != '"') return false;
  data.Add(Kind::kText, open, text_.substr(open + 1, end - open - 1));
  at_ = end + 1;
  return true;
}

bool JsonScanner::ReadPlainInteger(Data& data) {
  constexpr size_t kDigitsMax = 18;
  const size_t begin = at_;
  const bool negative = Peek() == '-';
  if (negative) ++at_;
  const size_t first_digit = at_;
  uint64_t value = 0;  // of one digit too many, which still fits
  for (; IsDigit(Peek()) && at_ - first_digit <= kDigitsMax; ++at_) {
    value = value * 10 + static_cast<uint64_t>(Peek() - '0');
  }
  const size_t digits = at_ - first_digit;
  if (digits == 0 || digits > kDigitsMax || (digits > 1 && text_[first_digit] == '0')) return false;
  if (const char c = Peek(); c != ',' && c != '}' && c != ']' && !IsBlank(c)) return false;
  const auto integer = static_cast<int64_t>(value);
  data.Add(Kind::kInteger, begin, {}, negative ? -integer : integer);
  return true;
}

bool JsonScanner::ReadPlainWord(Data& data) {
  const auto word = [&](std::string_view spelled, Kind kind, int64_t integer) {
    if (text_.substr(at_, spelled.size()) != spelled) return false;
    data.Add(kind, at_, kind == Kind::kBoolean ? spelled : std::string_view(), integer);
    at_ += spelled.size();
    return true;
  };
  return word("null", Kind::kNil, 0) || word("true", Kind::kBoolean, 1) || word("false", Kind::kBoolean, 0);
}

}  // namespace lockstep::linearizability::format
