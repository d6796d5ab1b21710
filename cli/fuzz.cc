// The verb `fuzz`: drives clusters through failure scenarios, one for each seed, until one fails.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/arguments.h"
#include "cli/campaign_html.h"
#include "cli/campaign_report.h"
#include "cli/coverage_table.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "sim/campaign.h"

namespace lockstep::cli {
namespace {

constexpr uint64_t kSeedsByDefault = 5'000;
constexpr uint64_t kCoreSeedsByDefault = 20'000;

struct Arguments {
  uint64_t seeds = 0;
  double minutes = 0;
  uint64_t start_seed = 1;
  uint32_t nodes = 0;
  uint32_t jobs = 0;
  std::string faults = "all";
  std::string stack_name = "full";
  sim::Stack stack = sim::Stack::kFull;
  std::string output = ".";
  std::string html;
  bool no_color = false;
  bool list_faults = false;
};

int FailUsage(const std::string& message) {
  std::fprintf(stderr, "fuzz: %s\n", message.c_str());
  return 2;
}

// Without CLI11's own text for it, which spells out the largest double.
CLI::Validator Positive() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        double number = 0;
        const bool is_number = CLI::detail::lexical_cast(text, number);
        return is_number && number > 0 ? "" : absl::StrCat("'", text, "' is not a number above 0");
      },
      "");
}

void ListFaults(sim::Stack stack) {
  for (const sim::FaultRow& row : sim::FaultTable()) {
    if (row.known(stack)) std::printf("  %-18s %s\n", row.name, row.description);
  }
}

absl::StatusOr<std::vector<sim::Fault>> ParseFaults(const std::string& text, sim::Stack stack) {
  std::vector<sim::Fault> faults;
  if (text == "none") return faults;
  if (text == "all") {
    return sim::FaultsOf(stack);
  }
  const std::vector<std::string> names = absl::StrSplit(text, ',');
  for (const std::string& name : names) {
    const std::optional<sim::Fault> fault = sim::FaultNamed(name);
    if (!fault || !sim::FaultTable()[static_cast<size_t>(*fault)].known(stack)) {
      std::string known;
      for (const sim::Fault each : sim::FaultsOf(stack)) {
        absl::StrAppend(&known, known.empty() ? "" : ", ", ToString(each));
      }
      return absl::InvalidArgumentError(absl::StrCat("no fault '", name, "' with --stack=", ToString(stack),
                                                     "; there are: ", known,
                                                     "; and: all, none. --list-faults explains them"));
    }
    if (std::find(faults.begin(), faults.end(), *fault) == faults.end()) faults.push_back(*fault);
  }
  return faults;
}

// Makes the folder for traces, before hours of work are lost for want of it.
absl::Status PrepareFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) return absl::UnavailableError(absl::StrCat("cannot use --output=", folder, ": ", error.message()));
  return absl::OkStatus();
}

CampaignSize SizeOf(const sim::CampaignResult& result) {
  return {.seeds = result.seeds,
          .steps = result.steps,
          .simulated_seconds = static_cast<double>(result.simulated_micros) / 1e6,
          .seconds = result.seconds,
          .interrupted = Interrupted()};
}

uint64_t FaultsIn(const sim::Counters& counters) {
  uint64_t faults = 0;
  for (const sim::FaultRow& row : sim::FaultTable()) faults += counters.faults[row.fault];
  return faults;
}

// How the person started the program: ./run says so.
std::string RunCommand() {
  const char* command = std::getenv("LOCKSTEP_RUN");
  return command != nullptr ? ShellWord(command) : "./run";
}

// Writes the page, if one was asked for.
void WriteHtml(const sim::CampaignResult& result, const Arguments& arguments, const std::vector<sim::Fault>& faults,
               const Pace& pace) {
  if (arguments.html.empty()) return;
  const absl::Status status = WriteCampaignPage(arguments.html, result, pace,
                                                CoverageOf(result.times, result.seeds_with, faults, arguments.stack),
                                                TotalsLine(SizeOf(result), result.times));
  if (status.ok()) {
    std::printf("Page: %s\n", arguments.html.c_str());
  } else {
    std::fprintf(stderr, "fuzz: %s\n", std::string(status.message()).c_str());
  }
}

int Report(const sim::CampaignResult& result, const Arguments& arguments, const std::vector<sim::Fault>& faults) {
  const Palette palette = PaletteFor(UseColor(stdout, arguments.no_color));
  const CampaignSize size = SizeOf(result);
  if (result.failure) {
    std::printf("%s\n\n%s", TotalsLine(size, result.times).c_str(),
                RecordFailure(*result.failure, arguments.output, RunCommand(), palette).c_str());
    return 1;
  }
  const std::vector<CoverageSection> coverage = CoverageOf(result.times, result.seeds_with, faults, arguments.stack);
  std::printf("%s\n%s\n\n", CoverageTable(coverage, TerminalWidth(stdout), palette).c_str(),
              TotalsLine(size, result.times).c_str());
  std::printf("%s\n", PassVerdict(size, NeverExercised(coverage), palette).c_str());
  return 0;
}

// What is about to happen.
std::string Heading(const Arguments& arguments, const std::vector<sim::Fault>& faults) {
  const std::string amount = arguments.seeds > 0 ? WithThousands(arguments.seeds) + " seeds"
                                                 : absl::StrCat(arguments.minutes, " minutes of seeds");
  return absl::StrCat("Running ", amount, " from ", arguments.start_seed, ", ", arguments.jobs, " at a time, ",
                      arguments.nodes > 0 ? absl::StrCat(arguments.nodes) : std::string("1 to 7"),
                      arguments.stack == sim::Stack::kCore   ? " bare cores, "
                      : arguments.stack == sim::Stack::kFull ? " whole nodes, "
                                                             : " whole nodes with services, ",
                      faults.size() == sim::FaultsOf(arguments.stack).size() ? "all" : absl::StrCat(faults.size()),
                      " kinds of faults");
}

int Fuzz(const Arguments& arguments, const std::vector<sim::Fault>& faults) {
  std::fprintf(stderr, "%s\n", Heading(arguments, faults).c_str());
  const bool live = IsTerminal(stderr);
  ProgressLine line(stderr, live, TerminalWidth(stderr));
  sim::CampaignOptions options;
  options.stack = arguments.stack;
  options.start_seed = arguments.start_seed;
  options.seeds = arguments.seeds;
  options.seconds = arguments.minutes * 60;
  options.jobs = arguments.jobs;
  options.nodes = arguments.nodes;
  options.faults = faults;
  CatchInterrupts();
  Pace pace;
  const sim::CampaignResult result = sim::RunCampaign(options, Interrupted(), [&](const sim::CampaignResult& so_far) {
    pace.Take(so_far.seconds, so_far.steps);
    line.Show({.seeds = so_far.seeds,
               .seeds_wanted = arguments.seeds,
               .seconds_allowed = options.seconds,
               .seconds = so_far.seconds,
               .steps = so_far.steps,
               .simulated_seconds = static_cast<double>(so_far.simulated_micros) / 1e6,
               .faults = FaultsIn(so_far.times)});
  });
  line.Clear();
  pace.Take(result.seconds, result.steps);
  WriteHtml(result, arguments, faults, pace);
  return Report(result, arguments, faults);
}

}  // namespace

int RunFuzz(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Drives clusters through failure scenarios in simulated time, one for each seed, and checks every step.\n"
      "Stops at the first violation, writes its trace and says how to replay it. Ctrl-C ends with the summary.\n"
      "Exit status: 0 no violation; 1 a violation; 2 the arguments cannot be used.",
      "lockstep fuzz");
  auto* seeds = app.add_option("--seeds", arguments.seeds,
                               absl::StrCat("Run this many seeds (", kSeedsByDefault,
                                            " without --minutes; with --stack=core ", kCoreSeedsByDefault, ")"))
                    ->check(Positive());
  auto* minutes = app.add_option("--minutes", arguments.minutes, "Run for this long")->check(Positive());
  seeds->excludes(minutes);
  app.add_option("--nodes", arguments.nodes, "Servers in every cluster, 1 to 7 (without it, drawn for each seed)")
      ->check(CLI::Range(1, 7));
  app.add_option("--jobs", arguments.jobs, "Runs at the same time (without it, one for each core)")
      ->check(CLI::Range(1, 1024));
  app.add_option("--faults", arguments.faults,
                 "The faults to inject, separated by commas; or all, or none (without it, all)");
  app.add_option(
         "--stack", arguments.stack_name,
         "What runs in each server: full, a whole node with its files and connections; service, the same with the "
         "key-value store on it and clients of its own; or core, the bare core (without it, full)")
      ->check(CLI::IsMember({"full", "service", "core"}));
  app.add_flag("--list-faults", arguments.list_faults, "Print the faults and what they do");
  app.add_option("--start-seed", arguments.start_seed, "The first seed (without it, 1)");
  app.add_option("--output", arguments.output, "The folder for the trace of a failure (without it, this one)");
  app.add_option("--html", arguments.html, "Also write the summary as an HTML page to this file");
  app.add_flag("--no-color", arguments.no_color, "No colours, also on a terminal");
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  arguments.stack = *sim::StackNamed(arguments.stack_name);
  if (arguments.list_faults) {
    ListFaults(arguments.stack);
    return 0;
  }
  const absl::StatusOr<std::vector<sim::Fault>> faults = ParseFaults(arguments.faults, arguments.stack);
  if (!faults.ok()) return FailUsage(std::string(faults.status().message()));
  if (const absl::Status status = PrepareFolder(arguments.output); !status.ok()) {
    return FailUsage(std::string(status.message()));
  }
  if (arguments.seeds == 0 && arguments.minutes == 0) {
    arguments.seeds = arguments.stack == sim::Stack::kCore ? kCoreSeedsByDefault : kSeedsByDefault;
  }
  if (arguments.jobs == 0) arguments.jobs = std::max(1u, std::thread::hardware_concurrency());
  return Fuzz(arguments, *faults);
}

}  // namespace lockstep::cli
