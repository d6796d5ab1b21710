// Parses a verb's arguments, with the exit statuses every verb shares.
//
// CLI11 reports a usage error with a number of its own; `lockstep` promises 2
// (verbs.h).

#ifndef LOCKSTEP_CLI_ARGUMENTS_H_
#define LOCKSTEP_CLI_ARGUMENTS_H_

#include <optional>

#include "CLI/CLI.hpp"

namespace lockstep::cli {

// Parses `argv` into `app`'s options.
// Ensures: without a value the verb goes on; otherwise help or an error has
// been printed and the verb must return the value (0 after --help, 2 after an
// error).
inline std::optional<int> ParseArguments(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_ARGUMENTS_H_
