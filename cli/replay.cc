// The verb `replay`: runs a recorded trace again and says whether it is the same run.

#include "sim/recording/replay.h"

#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/arguments.h"
#include "cli/model_trace.h"
#include "cli/scenario_replay.h"
#include "cli/terminal.h"
#include "cli/trace_printer.h"
#include "cli/verbs.h"
#include "cli/version.h"
#include "sim/recording/build_fingerprint.h"
#include "traces/diff.h"
#include "traces/reader.h"
#include "traces/text.h"

namespace lockstep::cli {
namespace {

constexpr int kClean = 0;
constexpr int kReproduced = 1;
constexpr int kUnusable = 2;
constexpr int kDiverged = 3;

struct Arguments {
  std::string path;
  std::string compare;
  std::string tla;
  bool model = false;
  bool verbose = false;
  bool ndjson = false;
  bool recorded = false;
  bool no_color = false;
  uint64_t from = 0;
  uint64_t to = std::numeric_limits<uint64_t>::max();
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "replay: %s\n", std::string(status.message()).c_str());
  return kUnusable;
}

std::string Digest(uint64_t high, uint64_t low) {
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

// Reference runs name no build: they are to hold for every one.
bool IsOfAnotherBuild(const traces::proto::Header& header) {
  return header.build() != 0 && header.build() != sim::kBuildFingerprint;
}

// What the trace is of.
void PrintHead(const traces::proto::Header& header, const std::string& path, const Arguments& arguments,
               std::FILE* out) {
  std::fprintf(out, "%s: seed %llu, recorded by lockstep %s\n", path.c_str(),
               static_cast<unsigned long long>(header.seed()), header.program_version().c_str());
  if (IsOfAnotherBuild(header)) {
    std::fprintf(
        out,
        "Note: it was recorded by another build (%016llx; this is %016llx, lockstep %s): the same choices may\n"
        "lead elsewhere here.%s\n",
        static_cast<unsigned long long>(header.build()), static_cast<unsigned long long>(sim::kBuildFingerprint),
        kVersion, arguments.recorded ? "" : " `--recorded` prints what happened there.");
  }
  if (!arguments.ndjson && arguments.tla.empty()) std::fprintf(out, "%s\n", traces::LineHeading().c_str());
}

// Prints the file's own records, without running anything.
int PrintRecorded(const Arguments& arguments, const Palette& palette) {
  const absl::StatusOr<traces::Summary> summary = traces::ReadSummary(arguments.path);
  if (!summary.ok()) return Fail(summary.status());
  absl::StatusOr<traces::Reader> reader = traces::Reader::Open(arguments.path);
  if (!reader.ok()) return Fail(reader.status());
  std::FILE* words = arguments.ndjson ? stderr : stdout;
  PrintHead(summary->header, arguments.path, arguments, words);
  TracePrinter printer({arguments.ndjson, arguments.from, arguments.to}, palette);
  traces::proto::Record record;
  while (true) {
    const absl::StatusOr<bool> more = reader->Next(&record);
    if (!more.ok()) return Fail(more.status());
    if (!*more) break;
    printer.Print(record);
  }
  if (summary->end.has_violation()) PrintViolation(summary->end, palette, words);
  std::fprintf(words, "As recorded; nothing was run. %llu steps, digest %s\n",
               static_cast<unsigned long long>(summary->end.steps()),
               Digest(summary->end.digest_high(), summary->end.digest_low()).c_str());
  return kClean;
}

// Says where two files part, without running anything.
int CompareTraces(const Arguments& arguments) {
  for (const std::string& path : {arguments.path, arguments.compare}) {
    if (const auto summary = traces::ReadSummary(path); !summary.ok()) return Fail(summary.status());
  }
  absl::StatusOr<traces::Reader> first = traces::Reader::Open(arguments.path);
  if (!first.ok()) return Fail(first.status());
  absl::StatusOr<traces::Reader> second = traces::Reader::Open(arguments.compare);
  if (!second.ok()) return Fail(second.status());
  const auto divergence = traces::FirstDivergence(*first, *second);
  if (!divergence.ok()) return Fail(divergence.status());
  if (!divergence->has_value()) {
    std::printf("The two traces tell the same run.\n");
    return kClean;
  }
  std::printf("The traces part after step %llu, at happening %llu:\n%s\n",
              static_cast<unsigned long long>((*divergence)->step),
              static_cast<unsigned long long>((*divergence)->happening), (*divergence)->description.c_str());
  return kDiverged;
}

int PrintVerdict(const sim::Replayable& replayable, const sim::ReplayReport& report, const traces::proto::End& end,
                 const Palette& palette, std::FILE* out) {
  if (end.has_violation()) PrintViolation(end, palette, out);
  if (report.divergence) {
    std::fprintf(
        out,
        "%sDIVERGED%s from the recording after step %llu, at happening %llu (first: the trace, second: now):\n%s\n",
        palette.red, palette.reset, static_cast<unsigned long long>(report.divergence->step),
        static_cast<unsigned long long>(report.divergence->happening), report.divergence->description.c_str());
    std::fprintf(out, "%s\n",
                 replayable.trace.header.build() == sim::kBuildFingerprint
                     ? "The trace is of this very build: a run depends on something else than its choices, a defect."
                     : "The trace is of another build, which decided differently. This is no reproduction.");
    return kDiverged;
  }
  const std::string digest = Digest(report.result.digest.high, report.result.digest.low);
  if (end.has_violation()) {
    std::fprintf(out, "%sReproduced%s: the same violation after %llu steps, digest %s as recorded.\n", palette.red,
                 palette.reset, static_cast<unsigned long long>(report.result.steps), digest.c_str());
    return kReproduced;
  }
  std::fprintf(out, "%sNo violation%s, as recorded: %llu steps, %.3f s of simulated time, digest %s as recorded.\n",
               palette.green, palette.reset, static_cast<unsigned long long>(report.result.steps),
               static_cast<double>(report.result.simulated_micros) / 1e6, digest.c_str());
  return kClean;
}

int RunAgain(const Arguments& arguments, const Palette& palette) {
  const absl::StatusOr<sim::Replayable> replayable = sim::LoadTrace(arguments.path);
  if (!replayable.ok()) return Fail(replayable.status());
  std::FILE* words = arguments.ndjson ? stderr : stdout;
  PrintHead(replayable->trace.header, arguments.path, arguments, words);
  TracePrinter printer({arguments.ndjson, arguments.from, arguments.to}, palette);
  traces::proto::End end;
  sim::ReplayView view;
  view.record = [&](const traces::proto::Record& record) {
    if (record.has_end()) end = record.end();
    if (arguments.tla.empty()) printer.Print(record);
  };
  TraceCollector collector(arguments.to);
  if (!arguments.tla.empty()) view.observer = &collector;
  if (arguments.verbose) view.state = [&printer](const State& state) { printer.Print(state); };
  const absl::StatusOr<sim::ReplayReport> report = sim::Replay(*replayable, view);
  if (!report.ok()) return Fail(report.status());
  if (!arguments.tla.empty()) {
    if (const absl::Status status = collector.Write(arguments.tla); !status.ok()) return Fail(status);
    std::fprintf(words, "Wrote %s: %llu steps in the specification's words.\n", arguments.tla.c_str(),
                 static_cast<unsigned long long>(collector.steps()));
  }
  return PrintVerdict(*replayable, *report, end, palette, words);
}

}  // namespace

int RunReplay(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Runs a recorded trace again, prints what happens and says whether it is the same run; or plays a scenario file\n"
      "(its syntax: sim/script/README.md).\n"
      "Exit status: 0 no violation, as recorded; 1 the recorded violation is reproduced, a scenario breaks a property "
      "or\n"
      "an expectation; 2 the file or the arguments cannot be used; 3 the run differs from the recorded one.",
      "lockstep replay");
  app.add_option("file", arguments.path, "The trace, as `fuzz` wrote it, or a scenario file")->required();
  app.add_flag("-v,--verbose", arguments.verbose, "Print the node's whole state after each step");
  app.add_option("--from", arguments.from, "Print from this step on");
  app.add_option("--to", arguments.to, "Print up to this step");
  app.add_flag("--ndjson,--json", arguments.ndjson, "Print one JSON object per line; words go to standard error");
  app.add_flag("--recorded", arguments.recorded, "Print what the file says, without running it again");
  app.add_option("--compare", arguments.compare, "Say where that trace parts from this one, without running either");
  app.add_option(
      "--tla", arguments.tla,
      "Write the steps up to --to in the specification's words (NDJSON), for `./run tlc Trace FILE` and --model");
  app.add_flag("--model", arguments.model,
               "FILE is what --tla wrote: check each line against the specification in C++");
  app.add_flag("--no-color", arguments.no_color, "No colours, also on a terminal");
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  if (arguments.from > arguments.to) {
    std::fprintf(stderr, "replay: --from=%llu is behind --to=%llu\n", static_cast<unsigned long long>(arguments.from),
                 static_cast<unsigned long long>(arguments.to));
    return kUnusable;
  }
  if (arguments.model) return CheckModelTrace(arguments.path);
  if (!arguments.compare.empty()) return CompareTraces(arguments);
  if (arguments.recorded && arguments.verbose) {
    std::fprintf(stderr, "replay: --recorded runs nothing, so there are no states for --verbose\n");
    return kUnusable;
  }
  const Palette palette = PaletteFor(UseColor(stdout, arguments.no_color));
  if (IsScenarioFile(arguments.path)) {
    return ReplayScenario(arguments.path, {arguments.ndjson, arguments.from, arguments.to}, arguments.verbose, palette);
  }
  return arguments.recorded ? PrintRecorded(arguments, palette) : RunAgain(arguments, palette);
}

}  // namespace lockstep::cli
