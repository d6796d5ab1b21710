// Plays a scenario file and prints what happens, for the verb `replay`.
#ifndef LOCKSTEP_CLI_SCENARIO_REPLAY_H_
#define LOCKSTEP_CLI_SCENARIO_REPLAY_H_

#include <string>

#include "cli/terminal.h"
#include "cli/trace_printer.h"

namespace lockstep::cli {

// Whether a file of that name is a scenario file; others are traces.
inline bool IsScenarioFile(const std::string& path) { return path.ends_with(".scenario"); }

// The exit status: 0 all is as the file expects; 1 a property or an expectation is broken, or a line cannot happen; 2
// the file cannot be used. `whole_states`: print a node's state after each of its steps.
int ReplayScenario(const std::string& path, const PrintOptions& options, bool whole_states, const Palette& palette);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_SCENARIO_REPLAY_H_
