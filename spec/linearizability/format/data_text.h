// For tests: data as text, one way for every spelling of the same.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_DATA_TEXT_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_DATA_TEXT_H_

#include <string>

#include "spec/linearizability/format/datum.h"

namespace lockstep::linearizability::format {

// nil, true, 7, "text", :keyword, symbol, 1.5, [a b], #{a b}, {a b}. Texts are shown without escapes.
inline std::string TextOf(const Data& data, uint32_t index) {
  const Datum& datum = data[index];
  const auto items = [&](const char* open, const char* close) {
    std::string text = open;
    for (uint32_t child : data.ChildrenOf(index)) {
      if (child != index + 1) text += ' ';
      text += TextOf(data, child);
    }
    return text + close;
  };
  switch (datum.kind) {
    case Datum::Kind::kNil:
      return "nil";
    case Datum::Kind::kBoolean:
      return datum.integer != 0 ? "true" : "false";
    case Datum::Kind::kInteger:
      return std::to_string(datum.integer);
    case Datum::Kind::kText:
      return "\"" + std::string(datum.text) + "\"";
    case Datum::Kind::kKeyword:
      return ":" + std::string(datum.text);
    case Datum::Kind::kNumber:
    case Datum::Kind::kSymbol:
      return std::string(datum.text);
    case Datum::Kind::kVector:
      return items("[", "]");
    case Datum::Kind::kSet:
      return items("#{", "}");
    case Datum::Kind::kMap:
      return items("{", "}");
  }
  return "?";
}

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_DATA_TEXT_H_
