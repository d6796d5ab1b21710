#include "sim/campaign.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "sim/choices.h"
#include "sim/swarm.h"

namespace lockstep::sim {
namespace {

using WallClock = std::chrono::steady_clock;

// 1 for everything that occurred.
Counters Once(const Counters& counters) {
  Counters once;
  const auto one = [](uint64_t n) -> uint64_t { return n != 0 ? 1 : 0; };
  std::transform(counters.actions.begin(), counters.actions.end(), once.actions.begin(), one);
  std::transform(counters.effects.begin(), counters.effects.end(), once.effects.begin(), one);
  std::transform(counters.transitions.begin(), counters.transitions.end(), once.transitions.begin(), one);
  for (const FaultRow& row : FaultTable()) once.faults[row.fault] = one(counters.faults[row.fault]);
  once.goals.resize(counters.goals.size());
  std::transform(counters.goals.begin(), counters.goals.end(), once.goals.begin(), one);
  once.service.resize(counters.service.size());
  std::transform(counters.service.begin(), counters.service.end(), once.service.begin(), one);
  once.operations_invoked = one(counters.operations_invoked);
  once.operations_ok = one(counters.operations_ok);
  once.operations_failed = one(counters.operations_failed);
  once.operations_unknown = one(counters.operations_unknown);
  return once;
}

class Campaign {
 public:
  Campaign(const CampaignOptions& options, const std::atomic<bool>& stop)
      : options_(options), stop_(stop), began_(WallClock::now()) {
    swarm_.stack = options.stack;
    if (options.faults.size() != FaultsOf(options.stack).size()) swarm_.faults = options.faults;
    if (options.nodes != 0) swarm_.servers = options.nodes;
  }

  CampaignResult Run(const std::function<void(const CampaignResult&)>& progress) {
    std::vector<std::thread> workers;
    const uint32_t jobs = std::max(1u, options_.jobs);
    working_ = jobs;
    for (uint32_t i = 0; i < jobs; ++i) workers.emplace_back([this] { Work(); });
    std::unique_lock<std::mutex> lock(mutex_);
    while (working_ != 0) {
      finished_.wait_for(lock, std::chrono::milliseconds(100));
      if (!progress) continue;
      CampaignResult so_far = result_;
      so_far.seconds = Seconds();
      lock.unlock();
      progress(so_far);
      lock.lock();
    }
    lock.unlock();
    for (std::thread& worker : workers) worker.join();
    result_.seconds = Seconds();
    return std::move(result_);
  }

 private:
  double Seconds() const { return std::chrono::duration<double>(WallClock::now() - began_).count(); }

  // The next seed to run, if there is one.
  std::optional<uint64_t> Next() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool enough = options_.seeds != 0 && handed_out_ >= options_.seeds;
    const bool late = options_.seconds > 0 && Seconds() >= options_.seconds;
    if (enough || late || stop_.load(std::memory_order_relaxed) || result_.failure.has_value()) return std::nullopt;
    return options_.start_seed + handed_out_++;
  }

  void Work() {
    while (const std::optional<uint64_t> seed = Next()) RunSeed(*seed);
    const std::lock_guard<std::mutex> lock(mutex_);
    --working_;
    finished_.notify_one();
  }

  void RunSeed(uint64_t seed) {
    const Scenario scenario = DrawScenario(seed, swarm_);
    Choices choices = Choices::Seeded(seed);
    RunResult result = sim::Run(scenario, choices, nullptr, options_.checks);
    if (options_.twice_every != 0 && seed % options_.twice_every == 0 && !result.violation.has_value()) {
      Choices again = Choices::Seeded(seed);
      const RunResult second = sim::Run(scenario, again, nullptr, options_.checks);
      if (second.digest != result.digest) {
        result.violation = Violation{"Determinism", result.steps, result.simulated_micros, kNoNode,
                                     "the same scenario and choices gave two digests"};
      }
    }
    const Counters once = Once(result.counters);
    const std::lock_guard<std::mutex> lock(mutex_);
    ++result_.seeds;
    result_.steps += result.steps;
    result_.events += result.events;
    result_.simulated_micros += result.simulated_micros;
    result_.times.Add(result.counters);
    result_.seeds_with.Add(once);
    if (!result.violation.has_value()) return;
    if (result_.failure.has_value() && result_.failure->seed < seed) return;
    result_.failure = CampaignFailure{seed, scenario, std::move(result)};
  }

  const CampaignOptions& options_;
  const std::atomic<bool>& stop_;
  const WallClock::time_point began_;
  SwarmOptions swarm_;

  std::mutex mutex_;
  std::condition_variable finished_;
  uint64_t handed_out_ = 0;
  uint32_t working_ = 0;
  CampaignResult result_;
};

}  // namespace

CampaignResult RunCampaign(const CampaignOptions& options, const std::atomic<bool>& stop,
                           const std::function<void(const CampaignResult&)>& progress) {
  return Campaign(options, stop).Run(progress);
}

}  // namespace lockstep::sim
