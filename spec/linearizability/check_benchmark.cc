// How fast is Check? The figures this folder promises, each with operations per second and peak memory.
//
// Every history is made by testing/random_history.h before the clock starts; what is timed is Check alone, from an
// ordinary History to verdict and certificate. `peak_MB` is the process's peak, history included; run one benchmark at
// a time (--benchmark_filter) to read it, since it never falls.

#include <sys/resource.h>

#include <cstdint>
#include <string>

#include "benchmark/benchmark.h"
#include "spec/linearizability/check.h"
#include "spec/linearizability/online.h"
#include "spec/linearizability/testing/random_history.h"

namespace lockstep::linearizability {
namespace {

double PeakMegabytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

HistoryShape OneKeyUnique(uint32_t operations) {
  HistoryShape shape;
  shape.operations = operations;
  shape.processes = 10;
  shape.values = 0;
  return shape;
}

void RunCheck(benchmark::State& state, const HistoryShape& shape, Verdict expected, bool want_orders) {
  const RandomHistory random = MakeHistory(shape, FromSeed(1));
  CheckOptions options;
  options.semantics.model = shape.model;
  options.want_orders = want_orders;
  std::string stage;
  for (auto _ : state) {
    const auto result = Check(random.history, options);
    if (!result.ok() || result->verdict != expected) {
      state.SkipWithError("wrong verdict");
      return;
    }
    benchmark::DoNotOptimize(result->orders.data());
  }
  state.counters["ops/s"] =
      benchmark::Counter(static_cast<double>(random.history.size()), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["peak_MB"] = PeakMegabytes();
}

void OneKey(benchmark::State& state) {
  RunCheck(state, OneKeyUnique(static_cast<uint32_t>(state.range(0))), Verdict::kLinearizable, true);
}
BENCHMARK(OneKey)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
// Too long to repeat.
BENCHMARK(OneKey)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

void OneKeyVerdictOnly(benchmark::State& state) {
  RunCheck(state, OneKeyUnique(static_cast<uint32_t>(state.range(0))), Verdict::kLinearizable, false);
}
BENCHMARK(OneKeyVerdictOnly)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// One answer in a thousand is a lie; the time includes the smallest counterexample.
void OneKeyIllegal(benchmark::State& state) {
  HistoryShape shape = OneKeyUnique(static_cast<uint32_t>(state.range(0)));
  shape.lies_percent = 1;
  RunCheck(state, shape, Verdict::kNotLinearizable, true);
}
BENCHMARK(OneKeyIllegal)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void HundredKeys(benchmark::State& state) {
  HistoryShape shape = OneKeyUnique(1'000'000);
  shape.keys = 100;
  RunCheck(state, shape, Verdict::kLinearizable, true);
}
BENCHMARK(HundredKeys)->Unit(benchmark::kMillisecond);

HistoryShape FiveValues(uint32_t operations, uint32_t processes, uint32_t unknown_percent) {
  HistoryShape shape;
  shape.operations = operations;
  shape.processes = processes;
  shape.values = 5;
  shape.cas_percent = 30;
  shape.unknown_percent = unknown_percent;
  return shape;
}

void FiveValueRegister(benchmark::State& state) {
  RunCheck(state,
           FiveValues(static_cast<uint32_t>(state.range(0)), static_cast<uint32_t>(state.range(1)),
                      static_cast<uint32_t>(state.range(2))),
           Verdict::kLinearizable, true);
}
BENCHMARK(FiveValueRegister)
    ->ArgNames({"operations", "clients", "unknown_percent"})
    ->Args({2'000, 5, 1})
    ->Args({2'000, 20, 1})
    ->Args({2'000, 5, 4})
    ->Args({100'000, 5, 0})
    ->Unit(benchmark::kMillisecond);

void ListAppend(benchmark::State& state) {
  HistoryShape shape;
  shape.model = ModelKind::kListAppend;
  shape.operations = 2'000;
  shape.processes = 5;
  shape.values = 0;
  RunCheck(state, shape, Verdict::kLinearizable, true);
}
BENCHMARK(ListAppend)->Unit(benchmark::kMillisecond);

// What the simulator pays per operation.
void Online(benchmark::State& state) {
  HistoryShape shape = OneKeyUnique(100'000);
  shape.processes = 5;
  shape.keys = 4;
  shape.unknown_percent = 1;
  const History history = MakeHistory(shape, FromSeed(1)).history;
  std::vector<OperationId> event_of(history.event_count(), UINT32_MAX);
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    event_of[op.invoke] = id;
    event_of[op.complete == kNever ? history.told_unknown(id) : op.complete] = id;
  }
  size_t bytes = 0;
  for (auto _ : state) {
    OnlineChecker online({});
    std::vector<OnlineChecker::Ticket> tickets(history.size());
    for (Position position = 0; position < event_of.size(); ++position) {
      const OperationId id = event_of[position];
      const Operation& op = history.operation(id);
      if (op.invoke == position) {
        tickets[id] = online.Invoke({op.kind, op.key, op.argument, op.expected});
      } else {
        online.Complete(tickets[id], op.outcome, op.result);
      }
    }
    online.Finish();
    if (online.verdict() != OnlineChecker::Verdict::kLinearizable) state.SkipWithError("wrong verdict");
    bytes = online.bytes();
  }
  state.counters["ops/s"] =
      benchmark::Counter(static_cast<double>(history.size()), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["bytes_at_end"] = static_cast<double>(bytes);
}
BENCHMARK(Online)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lockstep::linearizability
