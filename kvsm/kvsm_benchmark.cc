// What the machine costs: commands, ranges, counts, images, at a million small keys. `./run bench kvsm`.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "kvsm/image.h"
#include "kvsm/machine.h"
#include "kvsm/memory/memory_engine.h"

namespace lockstep::kvsm {
namespace {

constexpr int kKeys = 1'000'000;

std::string KeyOf(int64_t n) {
  std::string digits = std::to_string(n);
  return "/registry/things/" + std::string(8 - digits.size(), '0') + digits;
}

// Jumps about among the keys.
int64_t Scatter(int64_t i) { return static_cast<int64_t>(static_cast<uint64_t>(i) * 2654435761u % kKeys); }

std::string PutCommand(int64_t key, size_t value_bytes) {
  etcdserverpb::PutRequest put;
  put.set_key(KeyOf(key));
  put.set_value(std::string(value_bytes, 'v'));
  return EncodeCommand(CommandKind::kPut, 0, put.SerializeAsString());
}

std::shared_ptr<Machine> NewMachine() { return std::make_shared<Machine>(std::make_unique<MemoryEngine>()); }

// A million keys of 8 bytes each; made once.
const std::shared_ptr<Machine>& Filled() {
  static const std::shared_ptr<Machine> machine = [] {
    auto made = NewMachine();
    std::string reply;
    for (int64_t i = 0; i < kKeys; ++i) {
      reply.clear();
      made->Apply(PutCommand(Scatter(i), 8), reply);
    }
    return made;
  }();
  return machine;
}

void BM_Put256(benchmark::State& state) {
  const int64_t keys = state.range(0);
  std::vector<std::string> commands;
  for (int64_t i = 0; i < 100'000; ++i) commands.push_back(PutCommand(Scatter(i) % keys, 256));
  auto machine = NewMachine();
  std::string reply;
  size_t at = 0;
  for (auto _ : state) {
    reply.clear();
    machine->Apply(commands[at], reply);
    at = (at + 1) % commands.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Put256)->Arg(1000)->Arg(100'000)->Iterations(500'000);

void BM_PutAmongAMillion(benchmark::State& state) {
  const std::shared_ptr<Machine>& machine = Filled();
  std::vector<std::string> commands;
  for (int64_t i = 0; i < 100'000; ++i) commands.push_back(PutCommand(Scatter(i * 7 + 3), 8));
  std::string reply;
  size_t at = 0;
  for (auto _ : state) {
    reply.clear();
    machine->Apply(commands[at], reply);
    at = (at + 1) % commands.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PutAmongAMillion)->Iterations(100'000);

void BM_GetAmongAMillion(benchmark::State& state) {
  const std::shared_ptr<Machine>& machine = Filled();
  int64_t i = 0;
  for (auto _ : state) {
    etcdserverpb::RangeRequest request;
    request.set_key(KeyOf(Scatter(++i)));
    etcdserverpb::RangeResponse response;
    machine->Range(request, response);
    benchmark::DoNotOptimize(response.SerializeAsString());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_GetAmongAMillion);

void BM_CountHalfAMillion(benchmark::State& state) {
  const std::shared_ptr<Machine>& machine = Filled();
  for (auto _ : state) {
    etcdserverpb::RangeRequest request;
    request.set_key(KeyOf(250'000));
    request.set_range_end(KeyOf(750'000));
    request.set_count_only(true);
    etcdserverpb::RangeResponse response;
    machine->Range(request, response);
    benchmark::DoNotOptimize(response.count());
  }
}
BENCHMARK(BM_CountHalfAMillion);

// Bytes of memory per key, of a million, as the allocator counts them.
void BM_MemoryOfAMillion(benchmark::State& state) {
  for (auto _ : state) {
    const size_t before = mallinfo2().uordblks;
    auto machine = NewMachine();
    std::string reply;
    for (int64_t i = 0; i < kKeys; ++i) {
      reply.clear();
      machine->Apply(PutCommand(Scatter(i), 8), reply);
    }
    state.counters["bytes_per_key"] = static_cast<double>(mallinfo2().uordblks - before) / kKeys;
  }
}
BENCHMARK(BM_MemoryOfAMillion)->Iterations(1)->Unit(benchmark::kMillisecond);

void BM_ImageOfAMillion(benchmark::State& state) {
  const std::shared_ptr<Machine>& machine = Filled();
  size_t bytes = 0;
  for (auto _ : state) {
    Image image(machine);
    for (std::string piece = image.Read(1 << 16); !piece.empty(); piece = image.Read(1 << 16)) bytes += piece.size();
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_ImageOfAMillion)->Unit(benchmark::kMillisecond);

void BM_RestoreAMillion(benchmark::State& state) {
  Image image(Filled());
  std::vector<std::string> pieces;
  for (std::string piece = image.Read(1 << 16); !piece.empty(); piece = image.Read(1 << 16)) pieces.push_back(piece);
  for (auto _ : state) {
    ImageReader reader(std::make_unique<MemoryEngine>());
    for (const std::string& piece : pieces) {
      if (!reader.Take(piece).ok()) state.SkipWithError("refused");
    }
    benchmark::DoNotOptimize(reader.Finish());
  }
}
BENCHMARK(BM_RestoreAMillion)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace
}  // namespace lockstep::kvsm
