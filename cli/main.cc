// The program `lockstep`: finds the verb in the table and hands it the rest.

#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include "cli/verbs.h"

namespace lockstep::cli {
namespace {

struct Verb {
  std::string_view name;
  std::string_view summary;  // one line, for the list
  VerbFunction run;
};

constexpr Verb kVerbs[] = {
    {"fuzz", "drive clusters through failure scenarios and check every step", RunFuzz},
    {"replay", "run a recorded trace again and compare, or play a scenario file", RunReplay},
    {"shrink", "make a failing run as small as it can be", RunShrink},
    {"view", "draw a run as one HTML page", RunView},
    {"check", "decide whether recorded histories are linearizable", RunCheck},
    {"explore", "try every schedule of the core within bounds", RunExplore},
    {"version", "print the version and how the program was built", RunVersion},
};

void PrintVerbs(std::FILE* out) {
  std::fputs("usage: lockstep VERB [arguments], `lockstep VERB --help`\n", out);
  for (const Verb& verb : kVerbs) {
    std::fprintf(out, "  %-10.*s %.*s\n", static_cast<int>(verb.name.size()), verb.name.data(),
                 static_cast<int>(verb.summary.size()), verb.summary.data());
  }
}

int Main(std::span<char*> arguments) {
  if (arguments.size() < 2) {
    PrintVerbs(stderr);
    return 2;
  }
  const std::string_view name = arguments[1];
  if (name == "help" || name == "--help" || name == "-h") {
    PrintVerbs(stdout);
    return 0;
  }
  for (const Verb& verb : kVerbs) {
    if (verb.name == name) {
      return verb.run(static_cast<int>(arguments.size()) - 1, arguments.data() + 1);
    }
  }
  std::fprintf(stderr, "lockstep: no verb '%.*s'\n", static_cast<int>(name.size()), name.data());
  PrintVerbs(stderr);
  return 2;
}

}  // namespace
}  // namespace lockstep::cli

int main(int argc, char** argv) {
  try {
    return lockstep::cli::Main({argv, static_cast<size_t>(argc)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lockstep: %s\n", error.what());
    return 2;
  }
}
