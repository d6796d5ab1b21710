#include "sim/shrink/draws.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sim/choices.h"
#include "sim/shrink/parallel.h"

namespace lockstep::sim {
namespace {

// What distinguishes whole nodes besides options.
bool IsOfHost(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "segment_bytes",  "payload_cache_bytes", "inputs_per_turn_max",    "apply_commands_max",   "requests_max",
      "data_bytes_min", "session_ttl_millis",  "watch_unsent_bytes_max", "watch_slice_bytes_max"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Other seeds that a smaller scenario is tried with.
constexpr uint64_t kSeedsToTry = 24;

class DrawShrinker {
 public:
  DrawShrinker(const FailingRun& failing, const ShrinkOptions& options)
      : options_(options), property_(failing.violation.property), best_(failing), before_(failing.steps) {}

  FailingRun Shrink() {
    Drop();
    for (uint64_t before = UINT64_MAX; best_.steps < before && !options_.Over();) {
      before = best_.steps;
      ShrinkParts();
    }
    Quieten();
    best_.runs = runs_;
    return best_;
  }

 private:
  void Tell(const char* what) {
    if (options_.progress) options_.progress({what, best_.steps, before_, runs_});
  }

  std::optional<FailingRun> Try(const Scenario& scenario, Choices choices) {
    ++runs_;
    choices.Record();
    RunResult result = Run(scenario, choices);
    if (!result.violation.has_value() || result.violation->property != property_) return std::nullopt;
    return FailingRun{scenario, choices.recorded(), *std::move(result.violation), result.steps, 0};
  }

  // What the run drew is all that it needs.
  void Drop() {
    if (auto shorter = Try(best_.scenario, Choices::Replay(best_.draws))) best_ = *std::move(shorter);
  }

  // ---- Parts ----
  // Takes the first run of `scenario` that fails in no more steps than now.
  bool TryScenario(Scenario scenario) {
    if (options_.Over()) return false;
    scenario.steps_max = std::min(scenario.steps_max, best_.steps + 1);
    std::optional<FailingRun> found;
    std::mutex mutex;
    FirstThat(kSeedsToTry, options_.jobs, [&](size_t i) {
      if (options_.Over()) return false;
      Choices choices = i == 0 ? Choices::Replay(best_.draws) : Choices::Seeded(scenario.seed * kSeedsToTry + i);
      std::optional<FailingRun> run = Try(scenario, std::move(choices));
      if (!run.has_value() || run->steps > best_.steps) return false;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!found.has_value() || run->steps < found->steps) found = std::move(run);
      return true;
    });
    if (!found.has_value()) return false;
    best_ = *std::move(found);
    Tell("parts");
    return true;
  }

  template <typename T>
  void Lower(T Scenario::*field, T low) {
    for (T value = best_.scenario.*field; value > low;) {
      Scenario scenario = best_.scenario;
      // Half of the way down, and by one where that does not do.
      scenario.*field = static_cast<T>(low + (value - low) / 2);
      if (TryScenario(scenario)) {
        value = best_.scenario.*field;
        continue;
      }
      scenario = best_.scenario;
      scenario.*field = static_cast<T>(value - 1);
      if (value - 1 == low + (value - low) / 2 || !TryScenario(scenario)) return;
      value = best_.scenario.*field;
    }
  }

  void ShrinkParts() {
    for (const FaultRow& row : FaultTable()) {
      if (best_.scenario.fault_ppm[row.fault] == 0) continue;
      Scenario scenario = best_.scenario;
      scenario.fault_ppm[row.fault] = 0;
      TryScenario(scenario);
    }
    ShrinkServers();
    Lower<uint32_t>(&Scenario::clients, 1);
    Lower<uint32_t>(&Scenario::keys, 1);
    Lower<uint32_t>(&Scenario::attempts_max, 1);
    Scenario scenario = best_.scenario;
    scenario.safety_micros = std::min(scenario.safety_micros, best_.violation.time_micros + 1);
    if (scenario != best_.scenario) TryScenario(scenario);
    TryUsualOptions();
  }

  void ShrinkServers() {
    while (best_.scenario.servers > 1) {
      Scenario scenario = best_.scenario;
      --scenario.servers;
      scenario.founders = std::min(scenario.founders, scenario.servers);
      scenario.founding_learners = std::min(scenario.founding_learners, scenario.founders - 1);
      if (!TryScenario(scenario)) return;
    }
  }

  // Options one by one as they usually are.
  void TryUsualOptions() {
    const Scenario plain;
    std::vector<int64_t> usual;
    VisitFields(plain, [&](const char*, const auto& field) { usual.push_back(static_cast<int64_t>(field)); });
    size_t count = 0;
    VisitFields(plain, [&](const char*, const auto&) { ++count; });
    for (size_t wanted = 0; wanted < count; ++wanted) {
      Scenario scenario = best_.scenario;
      size_t at = 0;
      VisitFields(scenario, [&](const char* name, auto& field) {
        const bool is_option = std::string_view(name).starts_with("options.") || IsOfHost(name);
        if (at++ == wanted && is_option) field = static_cast<std::decay_t<decltype(field)>>(usual[wanted]);
      });
      if (scenario != best_.scenario) TryScenario(scenario);
    }
  }

  // ---- Draws ----
  void Quieten() {
    for (size_t piece = std::max<size_t>(1, best_.draws.size() / 4); piece >= 1 && !options_.Over(); piece /= 2) {
      size_t end = best_.draws.size();
      while (end > 0 && !options_.Over()) end = QuietenBefore(end, piece);
      Tell("draws");
      if (piece == 1) return;
    }
  }

  // Tries some pieces before `end`. Returns where to go on.
  size_t QuietenBefore(size_t end, size_t piece) {
    std::vector<std::vector<uint64_t>> lists;
    std::vector<size_t> begins;
    size_t at = end;
    while (lists.size() < options_.jobs && at > 0) {
      const size_t begin = at > piece ? at - piece : 0;
      const auto from = best_.draws.begin() + static_cast<ptrdiff_t>(begin);
      const auto to = best_.draws.begin() + static_cast<ptrdiff_t>(at);
      if (std::any_of(from, to, [](uint64_t draw) { return draw != 0; })) {
        lists.push_back(best_.draws);
        std::fill(lists.back().begin() + static_cast<ptrdiff_t>(begin),
                  lists.back().begin() + static_cast<ptrdiff_t>(at), 0);
        begins.push_back(begin);
      }
      at = begin;
    }
    std::optional<FailingRun> found;
    size_t found_at = 0;
    std::mutex mutex;
    FirstThat(lists.size(), options_.jobs, [&](size_t i) {
      std::optional<FailingRun> run = Try(best_.scenario, Choices::Replay(lists[i]));
      if (!run.has_value() || run->steps > best_.steps) return false;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!found.has_value() || i < found_at) {
        found = std::move(run);
        found_at = i;
      }
      return true;
    });
    if (!found.has_value()) return at;
    best_ = *std::move(found);
    return std::min(begins[found_at], best_.draws.size());
  }

  const ShrinkOptions& options_;
  const std::string property_;
  FailingRun best_;
  const uint64_t before_;
  std::atomic<uint64_t> runs_{0};
};

}  // namespace

uint64_t FailingRun::loud_draws() const {
  return static_cast<uint64_t>(std::count_if(draws.begin(), draws.end(), [](uint64_t draw) { return draw != 0; }));
}

FailingRun ShrinkDraws(const FailingRun& failing, const ShrinkOptions& options) {
  return DrawShrinker(failing, options).Shrink();
}

}  // namespace lockstep::sim
