// Turns parsed data into the values, keys, bounds and transactions of a history.
//
// Idea: one meaning for every spelling. Integers, texts, nil and lists are themselves; a keyword, symbol, boolean or
// number with a fraction is the text that spells it; a set is the list of its elements in order of handle; a map is the
// list key, value, key, value, ... in order of key.
// Contract: errors are InvalidArgument with their place. Values and keys are interned in the builder given.
// Left to others: which field holds what (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_VALUE_READER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_VALUE_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/linearizability/format/datum.h"
#include "spec/linearizability/format/source.h"
#include "spec/linearizability/history.h"

namespace lockstep::linearizability::format {

// The kind of operation a function's name stands for: "read", "r" and "get" are reads, ... nullopt for other names.
std::optional<OperationKind> KindOf(std::string_view function);

class ValueReader {
 public:
  // `json`: a map's keys can only be texts, so a key that spells an integer is that integer.
  // Requires: `source` and `builder` outlive the reader.
  ValueReader(const Source& source, HistoryBuilder& builder, bool json)
      : source_(source), builder_(builder), json_(json) {}

  Value ToValue(const Data& data, uint32_t index);
  // The same value with a list's items in order of handle, as the set's model wants them.
  Value ToSet(const Data& data, uint32_t index);

  // A key's name is a text, keyword or number as spelled without quotes or colon: "x", :x and x are one key.
  absl::StatusOr<Key> ToKey(const Data& data, uint32_t index);
  // The key of a history that names none.
  Key SoleKey();

  // [first end]: two key names, the end excluded; an end of nil means "to the last key".
  absl::StatusOr<Value> ToRange(const Data& data, uint32_t index);
  // What a range answered, a map or a list of pairs, as the list name, value, ... in order of name.
  absl::StatusOr<Value> ToRangeAnswer(const Data& data, uint32_t index);
  // {:from a :to b :amount n} as the list (a, b, n).
  absl::StatusOr<Value> ToTransfer(const Data& data, uint32_t index);
  // [old new].
  struct Exchange {
    Value expected;
    Value argument;
  };
  absl::StatusOr<Exchange> ToExchange(const Data& data, uint32_t index);

  // Whether the datum looks like [[:r k v] ...]: a transaction's steps.
  static bool LooksLikeSteps(const Data& data, uint32_t index);
  // Steps [[f key value] ...]; with `answers`, a read's value is what it answered.
  absl::StatusOr<std::vector<TransactionStep>> ToSteps(const Data& data, uint32_t index, bool answers);
  // Guards [[key = value] [key != value] ...].
  absl::StatusOr<std::vector<TransactionGuard>> ToGuards(const Data& data, uint32_t index);

 private:
  absl::StatusOr<TransactionStep> ToStep(const Data& data, uint32_t index, bool answers);
  Value Spelled(const Datum& datum);
  Value SortedPairs(const Data& data, uint32_t map);

  const Source& source_;
  HistoryBuilder& builder_;
  bool json_;
  std::string last_name_;  // events name the same key again and again
  std::optional<Key> last_key_;
};

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_VALUE_READER_H_
