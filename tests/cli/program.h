// Runs the program `lockstep` as a person would, and gives back what it printed and how it ended.
//
// Every run has a deadline, after which the program is killed and the test fails: no test hangs.
#ifndef LOCKSTEP_TESTS_CLI_PROGRAM_H_
#define LOCKSTEP_TESTS_CLI_PROGRAM_H_

#include <string>
#include <vector>

namespace lockstep::tests {

struct ProgramOptions {
  bool terminal = false;                 // Standard output and error are one terminal of 160 columns.
  std::string interrupt_when;            // Send SIGINT once this text has been printed.
  std::vector<std::string> environment;  // "NAME=value", besides the test's own.
  double seconds_max = 60;
};

struct ProgramOutcome {
  int status = -1;  // The exit status; 128 + signal if one ended it; -1 after the deadline.
  std::string out;
  std::string err;  // On a terminal: all is in `out`.
  double seconds = 0;
};

// Runs `lockstep arguments…`.
ProgramOutcome RunProgram(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

// An empty folder of this test's own.
std::string FreshFolder(const std::string& name);

}  // namespace lockstep::tests

#endif  // LOCKSTEP_TESTS_CLI_PROGRAM_H_
