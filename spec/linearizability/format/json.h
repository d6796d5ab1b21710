// Reads JSON objects and arrays, one at a time.
//
// Idea: nlohmann's SAX parser decides what JSON is and what is wrong with a text. In front of it stands a short reader
// of plain JSON (ASCII without escapes, integers of at most 18 digits), which is what nearly every event of a history
// is and several times as fast; whatever it does not know it leaves to nlohmann, from the value's beginning. Contract:
// both give the same data (a test compares them). A datum's offset lies in the given text. Left to others: which values
// are events (event.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_JSON_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_JSON_H_

#include <cstddef>
#include <string_view>

#include "spec/linearizability/format/datum.h"

namespace lockstep::linearizability::format {

// Appends the object or array at text[*at] to `data` and moves *at behind it. Returns false with *error set on
// malformed text. Requires: text[*at] is '{' or '['.
bool ReadJsonWithNlohmann(std::string_view text, size_t* at, Data& data, ParseError* error);

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text, size_t at = 0) : text_(text), at_(at) {}

  // Skips blanks. Ensures: Peek() is the first character of a token, or 0 at the end.
  void SkipBlanks();
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool AtEnd() const { return at_ >= text_.size(); }
  size_t offset() const { return at_; }
  void Advance() { ++at_; }

  // Appends the object or array that begins here to `data`. Returns false on malformed text: error() tells.
  // Requires: Peek() is '{' or '['.
  bool Read(Data& data);
  const ParseError& error() const { return error_; }

 private:
  // Each returns false, without an error, where the text is not plain.
  bool ReadPlain(Data& data, int depth);
  bool ReadPlainCollection(Data& data, int depth);
  bool ReadPlainString(Data& data);
  bool ReadPlainInteger(Data& data);
  bool ReadPlainWord(Data& data);

  std::string_view text_;
  size_t at_;
  ParseError error_;
};

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_JSON_H_
