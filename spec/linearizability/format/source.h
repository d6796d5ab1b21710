// The bytes of one history file, and where in it each byte lies.
//
// Idea: a file is mapped, never copied, so readers work on views of it; a line number is computed only when a message
// or a monotone LineCounter asks for it.
// Contract: views into text() live as long as the Source.
// Left to others: what the bytes mean (edn.h, json.h, jepsen_log.h, protobuf.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_SOURCE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lockstep::linearizability::format {

class Source {
 public:
  // Opens the file of that name; "-" is standard input.
  // Errors: NotFound, FailedPrecondition for a directory, Internal when it cannot be read; the message names the file.
  static absl::StatusOr<Source> Open(const std::string& name);
  // A source that holds `text`, called `name` in messages.
  static Source FromText(std::string name, std::string text);

  std::string_view text() const { return {data_.get(), size_}; }
  const std::string& name() const { return name_; }

  // A place as people count it: lines and columns from 1, a column being a byte.
  struct Place {
    uint32_t line;
    uint32_t column;
  };
  Place PlaceOf(size_t offset) const;

  // InvalidArgument `name:line:column: message`; in a file that is no text, `name: byte N: message`.
  absl::Status ErrorAt(size_t offset, std::string_view message) const;
  // The same, saying what was expected and what stands there instead.
  absl::Status Expected(size_t offset, std::string_view expected) const;

 private:
  Source(std::string name, std::shared_ptr<const char> data, size_t size)
      : name_(std::move(name)), data_(std::move(data)), size_(size) {}

  std::string name_;
  std::shared_ptr<const char> data_;  // its deleter unmaps or frees
  size_t size_;
};

// Line numbers for offsets that never decrease. Cost: one pass over the text in all.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}
  // Requires: `offset` is not below an earlier one.
  uint32_t LineOf(size_t offset);

 private:
  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
};

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_SOURCE_H_
