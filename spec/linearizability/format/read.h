// Reads a history file of any format we know.
//
// Idea: a format is told from the first characters, which differ in all of them; a flag overrules that.
// Contract: one pass, in memory that grows with the operations and not with the text. An error names file, line,
// column, what was expected and what stands there.
// Left to others: each format's reader (edn_history.h, ...), the meaning of what is read (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_READ_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_READ_H_

#include <string>

#include "absl/status/statusor.h"
#include "spec/linearizability/format/history_file.h"
#include "spec/linearizability/format/source.h"

namespace lockstep::linearizability::format {

// The format of this text. Errors: InvalidArgument where its beginning is none's.
absl::StatusOr<Format> DetectFormat(const Source& source);

// The history in `source`. An empty text is an empty history of the format named in the options, else of EDN.
// Errors: InvalidArgument `file:line:column: expected ..., found ...`.
// Cost: about 0.3 s for a million operations of EDN.
absl::StatusOr<HistoryFile> ReadHistory(const Source& source, const ReadOptions& options = {});

// Opens and reads the file. Errors: besides the above, NotFound, FailedPrecondition for a directory, Internal.
absl::StatusOr<HistoryFile> ReadHistoryFile(const std::string& name, const ReadOptions& options = {});

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_READ_H_
