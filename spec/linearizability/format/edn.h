// Reads EDN, Clojure's data notation, one value at a time.
//
// Idea: a scanner over the whole text that appends each value to a Data; nothing is copied but strings with escapes.
// It reads what Jepsen writes: vectors, lists, sets, maps, keywords, strings, numbers, `nil`, characters, tags
// (dropped, the value stays), `#_` discards, `^` metadata (dropped), commas as blanks and `;` comments. Contract: a
// datum's offset lies in the given text. After an error the scanner stands where it occurred. Left to others: which
// values are events (event.h). [edn-format: github.com/edn-format/edn]
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EDN_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EDN_H_

#include <cstddef>
#include <string_view>

#include "spec/linearizability/format/datum.h"

namespace lockstep::linearizability::format {

class EdnScanner {
 public:
  explicit EdnScanner(std::string_view text, size_t at = 0) : text_(text), at_(at) {}

  // Skips blanks, commas and comments. Ensures: Peek() is the first character of a value, a closing bracket, or 0.
  void SkipBlanks();
  // The character at the scanner; 0 at the end of the text.
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool AtEnd() const { return at_ >= text_.size(); }
  size_t offset() const { return at_; }
  void Advance() { ++at_; }
  // Skips a tag such as `#jepsen.history.Op` and the blanks behind it, if one stands here.
  bool SkipTag();

  // Appends the next value to `data`. Returns false on malformed text: error() tells.
  bool Read(Data& data);
  const ParseError& error() const { return error_; }

 private:
  bool ReadNested(Data& data, int depth);
  bool ReadCollection(Data& data, Datum::Kind kind, char close, int depth);
  bool ReadDispatch(Data& data, int depth);
  bool ReadString(Data& data);
  bool ReadEscape(std::string& decoded);
  bool ReadCharacter(Data& data);
  bool ReadNumber(Data& data);
  bool ReadWord(Data& data);
  std::string_view Token();
  bool Fail(size_t offset, std::string_view expected);

  std::string_view text_;
  size_t at_;
  ParseError error_;
};

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EDN_H_
