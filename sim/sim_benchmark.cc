// How many core steps per second a whole simulated cluster makes, with every check on.
#include <benchmark/benchmark.h>

#include "sim/choices.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/swarm.h"

namespace lockstep::sim {
namespace {

// Three nodes without faults: what the machinery costs.
void BM_ThreeNodes(benchmark::State& state) {
  Scenario scenario;
  uint64_t seed = 0, steps = 0;
  for (auto _ : state) {
    Choices choices = Choices::Seeded(++seed);
    const RunResult result = Run(scenario, choices);
    if (result.violation.has_value()) state.SkipWithError(result.violation->evidence.c_str());
    steps += result.steps;
  }
  state.counters["steps/s"] = benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_ThreeNodes)->Unit(benchmark::kMillisecond);

// What a campaign does: another cluster, other faults for each seed.
void BM_Swarm(benchmark::State& state) {
  SwarmOptions options;
  if (state.range(0) != 0) options.servers = static_cast<uint32_t>(state.range(0));
  uint64_t seed = 0, steps = 0;
  for (auto _ : state) {
    const Scenario scenario = DrawScenario(++seed, options);
    Choices choices = Choices::Seeded(seed);
    const RunResult result = Run(scenario, choices);
    if (result.violation.has_value()) state.SkipWithError(result.violation->evidence.c_str());
    steps += result.steps;
  }
  state.counters["steps/s"] = benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_Swarm)->Arg(0)->Arg(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lockstep::sim
