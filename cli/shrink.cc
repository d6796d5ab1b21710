// The verb `shrink`: makes a failing run as small as it can be.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/campaign_report.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "sim/choices.h"
#include "sim/recording/build_fingerprint.h"
#include "sim/recording/record.h"
#include "sim/recording/replay.h"
#include "sim/run.h"
#include "sim/shrink/draws.h"
#include "sim/shrink/lines.h"
#include "sim/shrink/shrinker.h"
#include "sim/shrink/transcriber.h"

namespace lockstep::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsByDefault = 60;
// Of the time that there is, for parts and draws; the rest is for the lines of the scenario file, if there can be one.
constexpr double kShareOfDraws = 0.4;

struct Arguments {
  std::string path;
  std::string output;
  double seconds = kSecondsByDefault;
  uint32_t jobs = 0;
};

int Fail(const std::string& message) {
  std::fprintf(stderr, "shrink: %s\n", message.c_str());
  return 2;
}

// The line that tells how far it is: redrawn on a terminal, now and then in a log.
class Line {
 public:
  Line() : live_(IsTerminal(stderr)), began_(Clock::now()) {}
  ~Line() { Clear(); }

  void Show(const sim::ShrinkProgress& progress) {
    const double seconds = Seconds();
    if (!live_ && seconds < next_) return;
    next_ = seconds + 5;
    std::fprintf(stderr, "%s%s: %s of %s left, %s runs, %.1f s%s", live_ ? "\r\033[K" : "", progress.what.c_str(),
                 WithThousands(progress.size).c_str(), WithThousands(progress.before).c_str(),
                 WithThousands(progress.runs).c_str(), seconds, live_ ? "" : "\n");
    shown_ = true;
  }
  void Clear() {
    if (live_ && shown_) std::fputs("\r\033[K", stderr);
    shown_ = false;
  }
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

 private:
  const bool live_;
  const Clock::time_point began_;
  double next_ = 0;
  bool shown_ = false;
};

std::string WithoutExtension(const std::string& path) {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos || path.find('/', dot) != std::string::npos ? path : path.substr(0, dot);
}

// Runs it again. Nothing if this program does not fail as the trace says.
std::optional<sim::FailingRun> RunAgain(const sim::Replayable& replayable) {
  sim::Choices choices = sim::Choices::Replay(replayable.trace.choices);
  choices.Record();
  sim::RunResult result = sim::Run(replayable.scenario, choices);
  if (!result.violation.has_value()) return std::nullopt;
  if (result.violation->property != replayable.trace.end.violation().property()) return std::nullopt;
  return sim::FailingRun{replayable.scenario, choices.recorded(), *std::move(result.violation), result.steps, 0};
}

// The scenario file of a run, as short as it can be. Nothing if it does not fail when written down.
std::optional<sim::ShrunkLines> LinesOf(const sim::FailingRun& run, const sim::ShrinkOptions& options) {
  sim::Transcriber transcriber(run.scenario);
  sim::Choices choices = sim::Choices::Replay(run.draws);
  (void)sim::Run(run.scenario, choices, &transcriber);
  return sim::ShrinkLines(transcriber.TakeScript(), run.violation.property, options);
}

absl::Status WriteScenario(sim::ShrunkLines& lines, const std::string& source, const std::string& path) {
  lines.script.comment = {absl::StrCat("Breaks ", lines.violation.property, ". Shrunk from ", source, "."), "",
                          lines.violation.evidence};
  std::ofstream file(path);
  file << sim::ToString(lines.script);
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

std::string RunCommand() {
  const char* command = std::getenv("LOCKSTEP_RUN");
  return command != nullptr ? ShellWord(command) : "./run";
}

// A scenario file plays bare cores, step by step.
std::string WhyNoScenario(const sim::FailingRun& run) {
  const std::string& property = run.violation.property;
  if (run.scenario.stack() == sim::Stack::kCore) {
    return absl::StrCat("No scenario file: ", property,
                        " depends on more than the order of steps (time, or what clients were told).");
  }
  return absl::StrCat("No scenario file: it plays bare cores, and with these steps they keep ", property,
                      ". What breaks it lies around them (", ToString(run.scenario.stack()),
                      " stack: driver, files, connections",
                      run.scenario.stack() == sim::Stack::kService ? ", services" : "",
                      "), or depends on time or on what clients were told: the trace is the result.");
}

void PrintRun(const char* what, const sim::Scenario& scenario, uint64_t steps, const sim::FailingRun& run) {
  uint64_t faults = 0;
  for (const sim::FaultRow& row : sim::FaultTable()) faults += scenario.fault_ppm[row.fault] != 0 ? 1 : 0;
  std::printf("%-8s %s steps, %u nodes, %u clients, %llu kinds of faults, %s draws (%s not the quietest)\n", what,
              WithThousands(steps).c_str(), scenario.servers, scenario.clients, static_cast<unsigned long long>(faults),
              WithThousands(run.draws.size()).c_str(), WithThousands(run.loud_draws()).c_str());
}

int Shrink(const Arguments& arguments) {
  const absl::StatusOr<sim::Replayable> replayable = sim::LoadTrace(arguments.path);
  if (!replayable.ok()) return Fail(std::string(replayable.status().message()));
  if (!replayable->trace.end.has_violation()) {
    return Fail(absl::StrCat(arguments.path, ": the run does not fail: there is nothing to keep"));
  }
  const std::optional<sim::FailingRun> failing = RunAgain(*replayable);
  if (!failing.has_value()) {
    return Fail(absl::StrCat(arguments.path, ": this program does not break ",
                             replayable->trace.end.violation().property(),
                             " in that run: it was recorded by other sources. `replay` tells where the two part"));
  }
  std::printf("%s: %s\n", arguments.path.c_str(), failing->violation.property.c_str());
  PrintRun("before", failing->scenario, failing->steps, *failing);

  CatchInterrupts();
  Line line;
  const auto began = Clock::now();
  const auto after = [began](double seconds) {
    return began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  sim::ShrinkOptions options;
  options.jobs = arguments.jobs;
  options.stop = &Interrupted();
  options.progress = [&line](const sim::ShrinkProgress& progress) { line.Show(progress); };
  options.deadline = began;
  const bool can_be_lines = LinesOf(*failing, options).has_value();
  options.deadline = after(arguments.seconds * (can_be_lines ? kShareOfDraws : 1));
  const sim::FailingRun smaller = sim::ShrinkDraws(*failing, options);
  options.deadline = after(arguments.seconds);
  std::optional<sim::ShrunkLines> lines = LinesOf(smaller, options);
  if (!lines.has_value() && can_be_lines) lines = LinesOf(*failing, options);
  line.Clear();

  PrintRun("after", smaller.scenario, smaller.steps, smaller);
  const std::string trace = arguments.output + ".trace", scenario = arguments.output + ".scenario";
  const absl::StatusOr<sim::RunResult> recorded =
      sim::RecordRun(smaller.scenario, sim::Choices::Replay(smaller.draws), {kVersion, sim::kBuildFingerprint}, trace);
  if (!recorded.ok()) return Fail(std::string(recorded.status().message()));
  if (!lines.has_value()) {
    std::printf("%s\n", WhyNoScenario(*failing).c_str());
  } else if (const absl::Status status = WriteScenario(*lines, arguments.path, scenario); !status.ok()) {
    return Fail(std::string(status.message()));
  } else {
    std::printf("as lines %zu events, %llu nodes, %s steps of the core\n", lines->script.directives.size(),
                static_cast<unsigned long long>(lines->script.setup.front().number),
                WithThousands(lines->steps).c_str());
  }
  std::printf("%s in %.1f s%s\n\nTrace:    %s\n",
              absl::StrCat(WithThousands(smaller.runs + (lines ? lines->runs : 0)), " runs").c_str(), line.Seconds(),
              Interrupted() ? ", interrupted: this is the best so far" : "", trace.c_str());
  if (lines.has_value()) std::printf("Scenario: %s\n", scenario.c_str());
  std::printf("Replay:   %s replay %s\n", RunCommand().c_str(), ShellWord(lines ? scenario : trace).c_str());
  return 0;
}

}  // namespace

int RunShrink(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Makes a failing run smaller while the same property breaks: its parts and draws, then the lines of a scenario\n"
      "file that says what is left. Every try is a run of the simulator. Ctrl-C saves the best so far.\n"
      "Exit status: 0 it was shrunk; 2 the trace or the arguments cannot be used.",
      "lockstep shrink");
  app.add_option("file", arguments.path, "The trace of a failing run, as `fuzz` wrote it")->required();
  app.add_option("--output", arguments.output, "Where to write: NAME.trace and NAME.scenario (without it, FILE-small)");
  app.add_option("--seconds", arguments.seconds, absl::StrCat("Stop after this long (", kSecondsByDefault, ")"));
  app.add_option("--jobs", arguments.jobs, "Runs at the same time (without it, one for each core)")
      ->check(CLI::Range(1, 1024));
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  if (arguments.jobs == 0) arguments.jobs = std::max(1u, std::thread::hardware_concurrency());
  if (arguments.output.empty()) arguments.output = WithoutExtension(arguments.path) + "-small";
  return Shrink(arguments);
}

}  // namespace lockstep::cli
