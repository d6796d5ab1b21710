// Writes a history as EDN or as our NDJSON.
//
// Idea: both spell the same fields; only their punctuation differs.
// Contract: reading what was written gives the same operations, values, order and times. NDJSON begins with a header
// that states the semantics; EDN has no place for them, so its first line is a comment with the flags that read it
// back. Times are nanoseconds in EDN and microseconds, rounded down, in NDJSON. Left to others: the order of events
// (event_order.h), protobuf (protobuf.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_WRITE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_WRITE_H_

#include <string>

#include "absl/status/status.h"
#include "spec/linearizability/format/history_file.h"

namespace lockstep::linearizability::format {

std::string WriteEdn(const HistoryFile& file);
std::string WriteNdjson(const HistoryFile& file);

// Writes the file `name` in the format that its ending names: .edn, .ndjson or .pb.
// Errors: InvalidArgument for another ending; Internal where it cannot be written.
absl::Status WriteHistoryFile(const HistoryFile& file, const std::string& name);

// The command-line flags that give a history these semantics: `--model=register --initial=nil ...`.
std::string FlagsOf(const HistoryFile& file);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_WRITE_H_
