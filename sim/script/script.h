// A scenario file: what happens to a cluster, line by line, and what must be so.
//
//     # Two controllers of one runway.
//     nodes 3
//     timeout 1
//     settle
//     expect leader 1
//
// Text, one directive to a line (directive.h), "#" begins a comment. First comes what there is at the start, then what
// happens. A file depends on no random generator, and on no version: it says what the world does, and the shipped core
// decides the rest.
#ifndef LOCKSTEP_SIM_SCRIPT_SCRIPT_H_
#define LOCKSTEP_SIM_SCRIPT_SCRIPT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/script/directive.h"

namespace lockstep::sim {

struct Script {
  std::string name;                   // How errors call it.
  std::vector<std::string> comment;   // The lines of comment at its head.
  std::vector<Directive> setup;       // What there is at the start …
  std::vector<Directive> directives;  // … and what happens then.
};

// Errors: InvalidArgument, beginning with "name:line: ".
absl::StatusOr<Script> ParseScript(std::string_view text, const std::string& name);
// Errors: NotFound, and those of ParseScript.
absl::StatusOr<Script> ReadScript(const std::string& path);
// The file that says it.
std::string ToString(const Script& script);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_SCRIPT_H_
