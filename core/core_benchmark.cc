// How fast the core is by itself: three nodes in memory, every write completed at once, messages passed by hand.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

#include "core/fingerprint.h"
#include "core/start.h"
#include "core/step.h"

namespace lockstep {
namespace {

constexpr int kNodes = 3;

// A cluster whose host does at once whatever it is asked.
class Pipeline {
 public:
  Pipeline() {
    Configuration configuration;
    for (uint32_t i = 1; i <= kNodes; ++i) configuration.voters.insert({i, 0});
    EffectSink effects;
    for (uint32_t i = 1; i <= kNodes; ++i) {
      nodes_.push_back(*Start({i, 0}, Options{}, i, Founding(configuration), effects));
    }
    Take(0, {input::ElectionTimeout{}, {}});
    Run();
    if (nodes_[0].role != Role::kLeader) std::abort();
  }

  // Appends a batch at the leader and runs until nothing is left to do.
  void ProposeBatch(int entries) {
    input::Propose propose;
    for (int i = 0; i < entries; ++i) propose.proposals.push_back({++next_request_, 64});
    Take(0, {std::move(propose), {}});
    Run();
    if (nodes_[0].log.last_index() - nodes_[0].snapshot.last_included.index > 100'000) Compact();
  }

  uint64_t steps() const { return steps_; }
  uint64_t done() const { return done_; }
  const State& leader() const { return nodes_[0]; }

 private:
  void Take(int node, Input input) { queue_.emplace_back(node, std::move(input)); }

  void Run() {
    while (!queue_.empty()) {
      auto [node, input] = std::move(queue_.front());
      queue_.pop_front();
      effects_.clear();
      Step(nodes_[static_cast<size_t>(node)], input, effects_);
      ++steps_;
      for (Effect& effect : effects_) CarryOut(node, effect);
    }
  }

  void CarryOut(int node, Effect& effect) {
    if (auto* send = std::get_if<effect::Send>(&effect)) {
      const int dest = static_cast<int>(send->message.dest.number) - 1;
      Take(dest, {input::Receive{std::move(send->message)}, {}});
    } else if (auto* append = std::get_if<effect::AppendLog>(&effect)) {
      Take(node, {input::WriteDone{append->write_id}, {}});
    } else if (auto* vote = std::get_if<effect::SaveVote>(&effect)) {
      Take(node, {input::WriteDone{vote->write_id}, {}});
    } else if (auto* apply = std::get_if<effect::Apply>(&effect)) {
      Take(node, {input::Applied{apply->last}, {}});
    } else if (std::holds_alternative<effect::Outcome>(effect)) {
      ++done_;
    }
  }

  void Compact() {
    for (int i = 0; i < kNodes; ++i) {
      Take(i, {input::SnapshotTaken{nodes_[static_cast<size_t>(i)].applied_index, 1, true}, {}});
    }
    Run();
  }

  std::vector<State> nodes_;
  std::deque<std::pair<int, Input>> queue_;
  EffectSink effects_;
  RequestId next_request_ = 0;
  uint64_t steps_ = 0;
  uint64_t done_ = 0;
};

// Entries replicated to three nodes, committed, applied and answered, in batches of range(0).
void BM_Replicate(benchmark::State& state) {
  Pipeline pipeline;
  const int batch = static_cast<int>(state.range(0));
  const uint64_t before = pipeline.steps();
  for (auto _ : state) pipeline.ProposeBatch(batch);
  state.SetItemsProcessed(state.iterations() * batch);
  state.counters["steps/s"] =
      benchmark::Counter(static_cast<double>(pipeline.steps() - before), benchmark::Counter::kIsRate);
  if (pipeline.done() != static_cast<uint64_t>(state.iterations()) * static_cast<uint64_t>(batch)) {
    state.SkipWithError("not every proposal was answered");
  }
}
BENCHMARK(BM_Replicate)->Arg(1)->Arg(64)->Arg(1024);

// The canonical fingerprint of a leader's state with range(0) entries.
void BM_Fingerprint(benchmark::State& state) {
  Pipeline pipeline;
  pipeline.ProposeBatch(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(FingerprintOf(pipeline.leader()));
}
BENCHMARK(BM_Fingerprint)->Arg(4)->Arg(64);

void BM_CopyState(benchmark::State& state) {
  Pipeline pipeline;
  pipeline.ProposeBatch(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    State copy = pipeline.leader();
    benchmark::DoNotOptimize(copy);
  }
}
BENCHMARK(BM_CopyState)->Arg(4)->Arg(64);

}  // namespace
}  // namespace lockstep
