// One parsed value of a text format, EDN's or JSON's, as a flat tree.
//
// Idea: the data of one event lie in one vector in reading order (a collection before what it holds), reused from event
// to event, with texts as views of the file. So reading a million events allocates next to nothing.
// Contract: a Datum's text lives until the next Clear of its Data, or as long as the file.
// Left to others: parsing (edn.h, json.h), the meaning (event.h, assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_DATUM_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_DATUM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep::linearizability::format {

struct Datum {
  enum class Kind : uint8_t {
    kNil,
    kBoolean,
    kInteger,
    kNumber,  // with a fraction or exponent, or too large for 64 bits: kept as spelled
    kText,
    kKeyword,  // without its colon
    kSymbol,
    kVector,  // EDN's vector or list, JSON's array
    kSet,
    kMap,  // key, value, key, value, ...
  };
  Kind kind = Kind::kNil;
  uint32_t next = 0;      // the index after this datum and all it holds
  size_t offset = 0;      // in the file
  int64_t integer = 0;    // kInteger; kBoolean as 0 or 1; a collection's number of direct children
  std::string_view text;  // kText decoded, kKeyword, kSymbol, kNumber
};

class Data {
 public:
  // Forgets everything. Cost: O(1) but for decoded texts.
  void Clear() {
    data_.clear();
    if (!texts_.empty()) texts_.clear();
  }

  const Datum& operator[](size_t index) const { return data_[index]; }
  uint32_t size() const { return static_cast<uint32_t>(data_.size()); }

  void Add(Datum::Kind kind, size_t offset, std::string_view text = {}, int64_t integer = 0) {
    data_.push_back({kind, size() + 1, offset, integer, text});
  }
  // A copy of another Data's datum whose index there is `shift` lower than here.
  void AddShifted(Datum datum, uint32_t shift) {
    datum.next += shift;
    data_.push_back(datum);
  }
  // A collection: everything added between Begin and End is inside. End takes Begin's result.
  uint32_t Begin(Datum::Kind kind, size_t offset) {
    Add(kind, offset);
    return size() - 1;
  }
  void End(uint32_t begin, int64_t children) {
    data_[begin].next = size();
    data_[begin].integer = children;
  }
  // Drops every datum from `index` on: EDN's #_ discards what follows it.
  void Truncate(uint32_t index) { data_.resize(index); }

  // Keeps a text that is no part of the file, such as one with escapes.
  std::string_view Keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  // The indices of a collection's direct children.
  std::vector<uint32_t> ChildrenOf(uint32_t index) const {
    std::vector<uint32_t> children;
    for (uint32_t i = index + 1; i < data_[index].next; i = data_[i].next) children.push_back(i);
    return children;
  }

 private:
  std::vector<Datum> data_;
  std::deque<std::string> texts_;
};

// Nesting deeper than this is refused: it protects the stack, and no history has it.
inline constexpr int kDepthMax = 200;

// Where parsing stopped and what should have stood there.
struct ParseError {
  size_t offset = 0;
  std::string expected;
};

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_DATUM_H_
