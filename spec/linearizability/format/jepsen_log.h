// Reads the console log that Jepsen wrote in 2014: `INFO  jepsen.util - 3<TAB>:invoke<TAB>:write<TAB>4`.
//
// Idea: a line is four columns, and the last one is EDN. Other loggers' lines are skipped; so are lines of jepsen.util
// whose process is no number.
// Contract: `:timed-out` in place of a value says that none came; an operation that failed or ended `:info` with it has
// no answer. Errors are InvalidArgument with their place.
// Left to others: meaning (assembler.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_JEPSEN_LOG_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_JEPSEN_LOG_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "spec/linearizability/format/assembler.h"
#include "spec/linearizability/format/source.h"

namespace lockstep::linearizability::format {

// Whether the text's first line is a line of such a log.
bool LooksLikeJepsenLog(std::string_view text);

absl::Status ReadJepsenLog(const Source& source, size_t begin, Assembler& assembler);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_JEPSEN_LOG_H_
