// The simulator as a libFuzzer target: bytes decide a run, new situations of the cluster are news.
//
// Arguments of its own: --stack=core|full (core without it), --traces=FOLDER (this one). A violation writes the run's
// trace there, says how to play it again, and ends the process, upon which libFuzzer keeps the bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/fingerprint.h"
#include "sim/guided/abstract_state.h"
#include "sim/guided/guided_choices.h"
#include "sim/recording/build_fingerprint.h"
#include "sim/recording/record.h"
#include "sim/run.h"
#include "sim/swarm.h"
#include "spec/properties/goals.h"

namespace lockstep::sim {
namespace {

constexpr size_t kCounters = 1 << 16;
constexpr char kProgramVersion[] = "guided";

struct Totals {
  uint64_t runs = 0;
  uint64_t steps = 0;
  std::array<uint64_t, spec::kGoalCount> times{};
  std::array<uint64_t, spec::kGoalCount> runs_with{};
};

SwarmOptions swarm;
std::string traces = ".";
Totals totals;

void PrintTotals() {
  std::printf("\n%-34s %12s %9s\n", "goals", "times", "runs");
  for (size_t i = 0; i < spec::kGoalCount; ++i) {
    std::printf("  %-32s %12llu %9llu\n", spec::kGoals[i].name, static_cast<unsigned long long>(totals.times[i]),
                static_cast<unsigned long long>(totals.runs_with[i]));
  }
  std::printf("\n%llu runs, %llu steps\n", static_cast<unsigned long long>(totals.runs),
              static_cast<unsigned long long>(totals.steps));
}

void Count(const RunResult& result) {
  ++totals.runs;
  totals.steps += result.steps;
  for (size_t i = 0; i < result.counters.goals.size(); ++i) {
    totals.times[i] += result.counters.goals[i];
    totals.runs_with[i] += result.counters.goals[i] != 0 ? 1 : 0;
  }
}

[[noreturn]] void Report(const Scenario& scenario, std::span<const uint8_t> bytes, const Violation& violation) {
  GuidedChoices source(bytes);
  const std::string path = traces + "/guided-" + std::to_string(source.seed()) + ".trace";
  const auto recorded = RecordRun(scenario, Choices::FromSource(source), {kProgramVersion, kBuildFingerprint}, path);
  std::printf("\n%s broken at step %llu: %s\n", violation.property.c_str(),
              static_cast<unsigned long long>(violation.step), violation.evidence.c_str());
  if (recorded.ok()) {
    std::printf("Trace:  %s\nReplay: ./run replay %s\n", path.c_str(), path.c_str());
  } else {
    std::printf("The trace could not be written: %s\n", std::string(recorded.status().message()).c_str());
  }
  std::fflush(stdout);
  std::abort();
}

}  // namespace
}  // namespace lockstep::sim

// Each byte is a situation (modulo the table's size) that this run has been in: libFuzzer takes them for coverage.
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t situations[lockstep::sim::kCounters];

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  using namespace lockstep::sim;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument((*argv)[i]);
    if (argument == "--stack=full") swarm.stack = Stack::kFull;
    if (argument.starts_with("--traces=")) traces = argument.substr(sizeof("--traces=") - 1);
  }
  std::atexit(PrintTotals);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lockstep::sim;
  const std::span<const uint8_t> bytes(data, size);
  GuidedChoices source(bytes);
  const Scenario scenario = DrawScenario(source.seed(), swarm);
  Choices choices = Choices::FromSource(source);
  AbstractStates states([](uint64_t situation) { situations[situation % kCounters] = 1; });
  const RunResult result = Run(scenario, choices, &states);
  Count(result);
  if (result.violation.has_value()) Report(scenario, bytes, *result.violation);
  return 0;
}
