// The verb `view`: draws a trace or a scenario file as one HTML page.

#include <cstdio>
#include <fstream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/arguments.h"
#include "cli/scenario_replay.h"
#include "cli/verbs.h"
#include "sim/recording/play_record.h"
#include "sim/script/script.h"
#include "traces/reader.h"
#include "traces/view/trace_page.h"

namespace lockstep::cli {
namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "view: %s\n", std::string(status.message()).c_str());
  return 2;
}

absl::Status ShowTrace(const std::string& path, traces::view::TracePage& page) {
  absl::StatusOr<traces::Reader> reader = traces::Reader::Open(path);
  if (!reader.ok()) return reader.status();
  traces::proto::Record record;
  while (true) {
    const absl::StatusOr<bool> more = reader->Next(&record);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    if (record.has_header()) page.AddFact(absl::StrCat("seed ", record.header().seed()));
    page.Take(record);
  }
}

absl::Status ShowScenario(const std::string& path, traces::view::TracePage& page) {
  const absl::StatusOr<sim::Script> script = sim::ReadScript(path);
  if (!script.ok()) return script.status();
  page.SetStory(absl::StrJoin(script->comment, "\n"));
  sim::PlayView view;
  view.record = [&page](const traces::proto::Record& record) { page.Take(record); };
  const absl::StatusOr<sim::PlayResult> result = sim::PlayAndRecord(*script, view);
  if (!result.ok()) return result.status();
  if (!result->status.ok()) page.AddFact(absl::StrCat("not so: ", std::string(result->status.message())));
  return absl::OkStatus();
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

int RunView(int argc, char** argv) {
  std::string path, output;
  CLI::App app(
      "Draws a run as one HTML page that needs nothing else: a lane for each node, messages as arrows, clients'\n"
      "operations as bars; it opens at the violation. Exit status: 0 the page is written; 2 it cannot be.",
      "lockstep view");
  app.add_option("file", path, "A trace, as `fuzz` wrote it, or a scenario file")->required();
  app.add_option("--output", output, "The page (without it, the file's name with .html)");
  if (const auto status = ParseArguments(app, argc, argv)) return *status;
  if (output.empty())
    output = path.substr(0, path.rfind('.') > path.rfind('/') + 1 ? path.rfind('.') : path.size()) + ".html";
  traces::view::TracePage page;
  const absl::Status status = IsScenarioFile(path) ? ShowScenario(path, page) : ShowTrace(path, page);
  if (!status.ok()) return Fail(status);
  std::ofstream file(output, std::ios::binary);
  file << page.Finish(NameOf(path));
  file.close();
  if (!file) return Fail(absl::UnavailableError(absl::StrCat(output, ": cannot be written")));
  std::printf("%s\n", output.c_str());
  return 0;
}

}  // namespace lockstep::cli
