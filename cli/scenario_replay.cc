#include "cli/scenario_replay.h"

#include <cstdio>

#include "absl/status/statusor.h"
#include "sim/recording/play_record.h"
#include "sim/script/script.h"
#include "traces/text.h"
#include "traces/trace.pb.h"

namespace lockstep::cli {
namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "replay: %s\n", std::string(status.message()).c_str());
  return 2;
}

}  // namespace

int ReplayScenario(const std::string& path, const PrintOptions& options, bool whole_states, const Palette& palette) {
  const absl::StatusOr<sim::Script> script = sim::ReadScript(path);
  if (!script.ok()) return Fail(script.status());
  std::FILE* words = options.ndjson ? stderr : stdout;
  for (const std::string& line : script->comment)
    std::fprintf(words, "%s# %s%s\n", palette.dim, line.c_str(), palette.reset);
  if (!options.ndjson) std::printf("%s\n", traces::LineHeading().c_str());
  TracePrinter printer(options, palette);
  traces::proto::End end;
  sim::PlayView view;
  view.line = [&](const sim::Directive& directive) {
    if (!options.ndjson) {
      std::printf("%s%4d  %s%s\n", palette.bold, directive.line, sim::ToString(directive).c_str(), palette.reset);
    }
  };
  view.record = [&](const traces::proto::Record& record) {
    if (record.has_end()) end = record.end();
    printer.Print(record);
  };
  if (whole_states) view.state = [&](const State& state) { printer.Print(state); };
  const absl::StatusOr<sim::PlayResult> result = sim::PlayAndRecord(*script, view);
  if (!result.ok()) return Fail(result.status());
  if (result->violation.has_value()) {
    std::fprintf(words, "%s:%d: ", path.c_str(), result->line);
    PrintViolation(end, palette, words);
    return 1;
  }
  if (!result->status.ok()) {
    std::fprintf(words, "%sNOT SO%s %s\n", palette.red, palette.reset, std::string(result->status.message()).c_str());
    return 1;
  }
  std::fprintf(words, "%sAs expected%s: %llu steps, no property broken.\n", palette.green, palette.reset,
               static_cast<unsigned long long>(result->steps));
  return 0;
}

}  // namespace lockstep::cli
