// How many core steps per second a whole simulated cluster makes, with every check on.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "sim/choices.h"
#include "sim/history.h"
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

// All that the clients of a run asked and were told.
class Conversations : public Observer {
 public:
  void OnClient(const ClientEvent& event) override { events.push_back(event); }
  std::vector<ClientEvent> events;
};

Command OperationOf(const ClientEvent& event) {
  Command operation;
  operation.client = event.client;
  operation.kind = event.kind;
  operation.key = event.key;
  operation.argument = event.argument;
  operation.expected = event.expected;
  return operation;
}

// How much of a run's time its clients' history takes: the run is timed as it is, then its history by itself.
void BM_ShareOfHistory(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  uint64_t seed = 0;
  Clock::duration runs{}, histories{};
  for (auto _ : state) {
    const Scenario scenario = DrawScenario(++seed, {});
    Choices choices = Choices::Seeded(seed);
    const Clock::time_point begin = Clock::now();
    Run(scenario, choices);
    runs += Clock::now() - begin;
    Choices again = Choices::Seeded(seed);
    Conversations told;
    Run(scenario, again, &told);
    const Clock::time_point middle = Clock::now();
    History history(scenario.clients);
    for (const ClientEvent& event : told.events) {
      if (event.answer == Answer::kPending) {
        history.Begin(event.client, OperationOf(event));
      } else {
        history.End(event.client, event.answer, event.result);
      }
    }
    history.Finish();
    if (history.verdict() != History::Verdict::kLinearizable) state.SkipWithError(history.Evidence().c_str());
    histories += Clock::now() - middle;
  }
  state.counters["share, %"] = 100 * std::chrono::duration<double>(histories) / std::chrono::duration<double>(runs);
}
BENCHMARK(BM_ShareOfHistory)->Unit(benchmark::kMillisecond)->Iterations(1000);

}  // namespace
}  // namespace lockstep::sim
