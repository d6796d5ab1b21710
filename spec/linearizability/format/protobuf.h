// Our protobuf format, history.proto: reading and writing.
//
// Idea: the file's events are fields of one message, read one at a time from the mapped file, so that memory stays
// flat. Contract: reading what was written gives the same history. In messages an event's place is its byte. Left to
// others: meaning (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_PROTOBUF_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_PROTOBUF_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "spec/linearizability/format/assembler.h"
#include "spec/linearizability/format/history_file.h"
#include "spec/linearizability/format/source.h"

namespace lockstep::linearizability::format {

// Whether the text begins as such a file does.
bool IsProtobufHistory(std::string_view text);

absl::Status ReadProtobuf(const Source& source, Assembler& assembler);

// The file's bytes.
std::string WriteProtobuf(const HistoryFile& file);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_PROTOBUF_H_
