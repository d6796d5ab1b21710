// The verbs of the program `lockstep`, one function each.
//
// A verb parses its own arguments (with CLI11), calls into the folder that does
// the work and returns the process's exit status: 0 success, 1 the job found a
// failure, 2 the arguments or the input cannot be used. main.cc holds the
// table.

#ifndef LOCKSTEP_CLI_VERBS_H_
#define LOCKSTEP_CLI_VERBS_H_

namespace lockstep::cli {

// Runs one verb. `argv[0]` is the verb's name and `argv[1..argc)` its
// arguments.
using VerbFunction = int (*)(int argc, char** argv);

// Runs seeds until one fails, and reports.
int RunFuzz(int argc, char** argv);

// Runs a recorded trace again. Besides the statuses above: 3 when the run
// differs from the recorded one.
int RunReplay(int argc, char** argv);

// Makes a failing run as small as it can be: a shorter trace, and a scenario file.
int RunShrink(int argc, char** argv);

// Draws a trace or a scenario file as one HTML page.
int RunView(int argc, char** argv);

// Decides whether recorded histories are linearizable. Besides the statuses
// above: 3 when it is unknown.
int RunCheck(int argc, char** argv);

// Tries every schedule of the core within bounds. Besides the statuses above: 3 when the search is incomplete.
int RunExplore(int argc, char** argv);

// The same with `--model`: every state of the specification within bounds.
int RunExploreModel(int argc, char** argv);

// Prints the version and how the program was built.
int RunVersion(int argc, char** argv);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_VERBS_H_
