#include "cli/version.h"

#include <cstdio>

#include "CLI/CLI.hpp"
#include "cli/arguments.h"
#include "cli/verbs.h"

namespace lockstep::cli {

int RunVersion(int argc, char** argv) {
  CLI::App app("Prints the version and how the program was built.", "lockstep version");
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  std::printf("lockstep %s (%s, compiler %s)\n", kVersion, LOCKSTEP_BUILD_MODE, __VERSION__);
  return 0;
}

}  // namespace lockstep::cli
