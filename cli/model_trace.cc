#include "cli/model_trace.h"

#include <chrono>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "spec/trace/check.h"

namespace lockstep::cli {

TraceCollector::TraceCollector(uint64_t steps_max)
    : steps_max_(steps_max),
      tracer_([this](const spec::TraceLine& line) { absl::StrAppend(&lines_, ToJson(line), "\n"); }) {}

void TraceCollector::OnStart(const sim::StartEvent& event) {
  if (steps_ < steps_max_) tracer_.Start(event.state);
}
void TraceCollector::OnCrash(const sim::CrashEvent& event) {
  if (steps_ < steps_max_) tracer_.Crash(event.node);
}
void TraceCollector::OnStep(const sim::StepEvent& event) {
  if (steps_ >= steps_max_) return;
  ++steps_;
  tracer_.Step(event.input, event.effects, event.state);
}

absl::Status TraceCollector::Write(const std::string& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << ToJson(tracer_.Head()) << "\n" << lines_;
  file.close();
  if (!file) return absl::InternalError(absl::StrCat(path, ": cannot be written; is there room, and the right to?"));
  return absl::OkStatus();
}

int CheckModelTrace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "replay: %s: cannot be read\n", path.c_str());
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const spec::TraceVerdict verdict =
      spec::CheckTrace([&file](std::string& line) { return static_cast<bool>(std::getline(file, line)); });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (verdict.is_unusable) {
    std::fprintf(stderr, "replay: %s: %s\n", path.c_str(), verdict.refusal.c_str());
    return 2;
  }
  if (!verdict.refusal.empty()) {
    std::printf("REFUSED: %s\n(%llu lines before it are steps of the specification)\n", verdict.refusal.c_str(),
                static_cast<unsigned long long>(verdict.lines));
    return 1;
  }
  std::printf("ACCEPTED: all %llu lines are steps of the specification (%.1f s)\n",
              static_cast<unsigned long long>(verdict.lines), seconds);
  return 0;
}

}  // namespace lockstep::cli
