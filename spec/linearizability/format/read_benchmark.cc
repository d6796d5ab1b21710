// How fast histories are read: a million operations of one register, 10 processes, in every format.
//
// Run with `./run bench formats`. items_per_second counts operations.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "spec/linearizability/format/protobuf.h"
#include "spec/linearizability/format/read.h"
#include "spec/linearizability/format/write.h"

namespace lockstep::linearizability::format {
namespace {

constexpr int kOperations = 1'000'000;
constexpr uint32_t kProcesses = 10;

// Every process has an operation open; they end in turn. Every second one is a write.
HistoryFile MakeHistory() {
  HistoryBuilder builder;
  HistoryFile file;
  const Key key = builder.InternKey("");
  Value latest = kNil;
  for (int i = 0; i < kOperations + static_cast<int>(kProcesses); ++i) {
    const uint32_t process = static_cast<uint32_t>(i) % kProcesses;
    if (const Operation* open = builder.OpenOperation(process)) {
      const bool reads = open->kind == OperationKind::kRead;
      if (!reads) latest = open->argument;
      if (!builder.Complete(process, {.result = reads ? latest : kUnknownValue}).ok()) std::abort();
      file.times.push_back(int64_t{i} * 2001);
    }
    if (i >= kOperations) continue;
    Invocation invocation{.kind = i % 2 == 0 ? OperationKind::kWrite : OperationKind::kRead, .key = key};
    if (i % 2 == 0) invocation.argument = builder.values().Integer(i);
    if (!builder.Invoke(process, invocation).ok()) std::abort();
    file.times.push_back(int64_t{i} * 2001 + 1000);
  }
  file.history = std::move(builder).Finish();
  return file;
}

std::string InJson(const HistoryFile& file) {
  std::string text = WriteNdjson(file);
  text.erase(0, text.find('\n') + 1);  // the header
  for (size_t at = text.find("}\n{"); at != std::string::npos; at = text.find("}\n{", at)) text[at + 1] = ',';
  return "[" + text + "]";
}

void ReadAll(benchmark::State& state, const std::string& text) {
  const Source source = Source::FromText("generated", text);
  for (auto _ : state) {
    const auto file = ReadHistory(source);
    if (!file.ok() || file->history.size() != kOperations) state.SkipWithError("not what was written");
    benchmark::DoNotOptimize(file);
  }
  state.SetItemsProcessed(state.iterations() * kOperations);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void ReadEdn(benchmark::State& state) { ReadAll(state, WriteEdn(MakeHistory())); }
void ReadJson(benchmark::State& state) { ReadAll(state, InJson(MakeHistory())); }
void ReadNdjson(benchmark::State& state) { ReadAll(state, WriteNdjson(MakeHistory())); }
void ReadProtobuf(benchmark::State& state) { ReadAll(state, WriteProtobuf(MakeHistory())); }

BENCHMARK(ReadEdn)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadJson)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadNdjson)->Unit(benchmark::kMillisecond);
BENCHMARK(ReadProtobuf)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lockstep::linearizability::format

BENCHMARK_MAIN();
