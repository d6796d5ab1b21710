// Writes a whole file.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_OUTPUT_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_OUTPUT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace lockstep::linearizability::format {

// Replaces the file's content by `text`. Errors: Internal, naming the file and why it cannot be written.
absl::Status WriteFile(const std::string& name, std::string_view text);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_OUTPUT_H_
