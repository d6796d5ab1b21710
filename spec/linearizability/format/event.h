// One event of a history as a map of fields, the same fields in every format that has maps.
//
// Idea: EDN's {:type :invoke, :f :read, ...} and JSON's {"type": "invoke", "f": "read", ...} differ in spelling only.
// FORMATS.md lists the fields.
// Contract: an Event points into its Data; it is good until that is cleared.
// Left to others: what a function and its value mean (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EVENT_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "spec/linearizability/format/datum.h"
#include "spec/linearizability/format/source.h"

namespace lockstep::linearizability::format {

struct Event {
  static constexpr uint32_t kAbsent = UINT32_MAX;
  enum class Type : uint8_t { kInvoke, kOk, kFail, kInfo };

  Type type = Type::kInvoke;
  bool client = true;         // false for the nemesis and other processes without a number
  bool process_told = false;  // an event without a process is process 0's
  uint32_t process = 0;
  std::string_view f;
  int64_t time = -1;
  int64_t log_index = -1;
  size_t offset = 0;  // of the event in the file
  // Indices into the Data.
  uint32_t value = kAbsent;
  uint32_t key = kAbsent;
  uint32_t guards = kAbsent;
  uint32_t otherwise = kAbsent;
  uint32_t branch = kAbsent;
};

// Reads the map data[map] as an event into *event.
// Errors: InvalidArgument, with its place, where a field is missing or not what it must be.
absl::Status ParseEvent(const Source& source, const Data& data, uint32_t map, Event* event);

// The value of a map's field of that name, keyword or string; Event::kAbsent if there is none.
uint32_t FieldOf(const Data& data, uint32_t map, std::string_view name);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_EVENT_H_
