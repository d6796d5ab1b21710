// `explore --model`: every state of the specification within the bounds of one of spec/MC*.cfg.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "cli/arguments.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "spec/model/configs.h"
#include "spec/model/search.h"

namespace lockstep::cli {
namespace {

std::atomic<bool> interrupted{false};

struct Arguments {
  std::string config;
  std::string property;
  bool list = false;
  bool symmetry = true;
  bool levels = false;
  std::optional<uint32_t> depth_max;
  std::optional<uint32_t> messages_max;
  uint64_t states_max = 0;
};

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// One line that is redrawn on a terminal, and comes every ten seconds elsewhere.
class ProgressPrinter {
 public:
  bool operator()(const model::Progress& progress) {
    const double seconds = SecondsSince(begin_);
    if (seconds >= next_) {
      next_ = seconds + (live_ ? 0.2 : 10);
      const double rate = seconds > 0 ? static_cast<double>(progress.transitions) / seconds : 0;
      std::fprintf(stderr, "%s%s  %s states  %s transitions (%s/s)  depth %u  %s waiting%s", live_ ? "\r\033[K" : "",
                   ClockTime(seconds).c_str(), WithThousands(progress.states).c_str(),
                   WithThousands(progress.transitions).c_str(), Short(rate).c_str(), progress.depth,
                   WithThousands(progress.waiting).c_str(), live_ ? "" : "\n");
    }
    return !interrupted.load();
  }
  void Clear() const {
    if (live_) std::fputs("\r\033[K", stderr);
  }
  double seconds() const { return SecondsSince(begin_); }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  const bool live_ = IsTerminal(stderr);
  double next_ = 0;
};

int List() {
  std::printf("configurations (spec/MCNAME.cfg):\n");
  for (const model::Bounds& bounds : model::Configs()) std::printf("  %s\n", bounds.name.c_str());
  std::printf("properties (those marked * are false, and a search shows it):\n");
  for (const model::PropertyInfo& property : model::Properties()) {
    std::printf("  %s%s\n", property.name, property.is_true ? "" : " *");
  }
  return 0;
}

int PrintResult(const model::SearchResult& result, double seconds, bool levels) {
  std::printf("%s distinct states, %s transitions, depth %zu, %.1f s, %s states/s, %s transitions/s\n",
              WithThousands(result.states).c_str(), WithThousands(result.transitions).c_str(), result.levels.size() - 1,
              seconds, Short(static_cast<double>(result.states) / seconds).c_str(),
              Short(static_cast<double>(result.transitions) / seconds).c_str());
  if (levels) {
    std::printf("distinct states at each depth:");
    for (const uint64_t states : result.levels) std::printf(" %llu", static_cast<unsigned long long>(states));
    std::printf("\n");
  }
  if (levels) {
    std::printf("transitions of each action:\n");
    for (size_t i = 0; i < result.actions.size(); ++i) {
      if (result.actions[i] == 0) continue;
      std::printf("  %-28s %s\n", model::ActionNames()[i], WithThousands(result.actions[i]).c_str());
    }
  }
  if (result.counterexample.has_value()) {
    const model::Counterexample& found = *result.counterexample;
    std::printf("\nBROKEN %s after %zu steps, the fewest there are:\n", found.property.c_str(), found.steps.size());
    for (size_t i = 0; i < found.steps.size(); ++i) std::printf("%4zu  %s\n", i + 1, found.steps[i].c_str());
    std::printf("then:\n%s", found.last_state.c_str());
    return 1;
  }
  if (!result.complete) {
    std::printf("\nINCOMPLETE: there are more states; no property broken so far\n");
    return 3;
  }
  std::printf("\nCOMPLETE: every state within the bounds was seen; no property broken\n");
  return 0;
}

int Run(const Arguments& arguments) {
  const model::Bounds* config = model::FindConfig(arguments.config);
  if (config == nullptr) {
    std::fprintf(stderr, "explore: no configuration '%s'; --list names them\n", arguments.config.c_str());
    return 2;
  }
  model::Bounds bounds = *config;
  bounds.max_depth = arguments.depth_max.value_or(bounds.max_depth);
  bounds.max_messages = arguments.messages_max.value_or(bounds.max_messages);
  model::SearchOptions options;
  options.symmetry = arguments.symmetry;
  if (arguments.states_max != 0) options.states_max = arguments.states_max;
  if (!arguments.property.empty()) {
    const model::PropertyInfo* property = model::FindProperty(arguments.property);
    if (property == nullptr) {
      std::fprintf(stderr, "explore: no property '%s'; --list names them\n", arguments.property.c_str());
      return 2;
    }
    options.properties = {};
    options.properties.Add(*property);
  }
  ProgressPrinter printer;
  options.progress = [&printer](const model::Progress& progress) { return printer(progress); };
  options.progress_every = 1 << 12;
  std::signal(SIGINT, [](int) { interrupted.store(true); });
  const model::SearchResult result = model::Search(bounds, options);
  printer.Clear();
  return PrintResult(result, printer.seconds(), arguments.levels);
}

}  // namespace

int RunExploreModel(int argc, char** argv) {
  Arguments arguments;
  bool model = true;
  CLI::App app(
      "Visits every state of the specification (spec/model, the same as spec/raft.tla) within the bounds of\n"
      "spec/MCNAME.cfg, breadth first, and checks every property. Exit status: 0 all states seen; 1 a property is\n"
      "broken; 2 the arguments cannot be used; 3 stopped before the end.",
      "lockstep explore --model");
  app.add_flag("--model", model, "This search, of the specification; without it the core itself is explored");
  app.add_option("--config", arguments.config, "NAME, of spec/MCNAME.cfg");
  app.add_flag("--list", arguments.list, "List configurations and properties");
  app.add_option("--property", arguments.property, "Check this property alone, which may be one of the false ones");
  app.add_flag("!--no-symmetry", arguments.symmetry,
               "Tell apart states that differ by names of nodes and values alone");
  app.add_flag("--levels", arguments.levels, "Print the number of distinct states at each depth, as TLC counts them");
  app.add_option("--depth", arguments.depth_max, "Instead of the configuration's MaxDepth; 0: no bound");
  app.add_option("--messages", arguments.messages_max, "Instead of its MaxMessages; 0: no bound");
  app.add_option("--states", arguments.states_max, "Stop at so many states; 0: go on to the end");
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  return arguments.list ? List() : Run(arguments);
}

}  // namespace lockstep::cli
