#include "tests/mutants/layers.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/choices.h"
#include "sim/explore/search.h"
#include "sim/run.h"
#include "sim/swarm.h"
#include "tests/mutants/searches.h"

namespace lockstep::mutants {
namespace {

// Of a run's safety phase: one that goes in circles shall not take the time of all others.
constexpr uint64_t kStepsMax = 100'000;

using WallClock = std::chrono::steady_clock;
namespace explore = sim::explore;

constexpr const char* kNames[] = {"invariant", "simulation", "refinement", "history",
                                  "liveness",  "full stack", "service",    "explorer"};
static_assert(std::size(kNames) == kLayers.size());

// What the child tells, in memory that both processes see: it is there whatever way the child ends.
struct Report {
  static constexpr size_t kOthersMax = 8;

  std::atomic<uint64_t> at{0};      // The seed, the search under way.
  std::atomic<uint64_t> states{0};  // Of the searches that are over.
  std::atomic<bool> found{false};
  char property[64] = {};
  char evidence[2048] = {};
  std::atomic<size_t> others{0};
  char other[kOthersMax][64] = {};

  template <size_t n>
  static void Set(char (&field)[n], const std::string& text) {
    std::strncpy(field, text.c_str(), n - 1);
  }
  void Find(const std::string& what, const std::string& why) {
    Set(property, what);
    Set(evidence, why);
    found = true;
  }
  void PassOver(const std::string& what) {
    for (size_t i = 0; i < others; ++i) {
      if (what == other[i]) return;
    }
    if (others == kOthersMax) return;
    Set(other[others], what);
    ++others;
  }
};

// Whether `property` is what this layer tells, and not what happens to be seen while it looks for something else.
bool IsOf(Layer layer, const std::string& property) {
  switch (layer) {
    case Layer::kInvariant:
      return property == kInvariantProperty;
    case Layer::kRefinement:
      return property == "Refinement";
    case Layer::kHistory:
      return property == "Linearizability";
    case Layer::kLiveness:
      return property == "Liveness";
    case Layer::kSimulation:
    case Layer::kFullStack:
    case Layer::kService:
    case Layer::kExplorer:
      return true;
  }
  return true;
}

bool Counts(const Hunt& hunt, const std::string& property) {
  if (!IsOf(hunt.layer, property)) return false;
  const auto& wanted = hunt.properties;
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), property) != wanted.end();
}

sim::Stack StackOf(Layer layer) {
  if (layer == Layer::kService) return sim::Stack::kService;
  return layer == Layer::kFullStack ? sim::Stack::kFull : sim::Stack::kCore;
}

sim::Checks ChecksOf(Layer layer) {
  const bool whole = StackOf(layer) != sim::Stack::kCore;
  sim::Checks checks{false, false, false, false};
  checks.properties = layer == Layer::kSimulation || whole;
  checks.refinement = layer == Layer::kRefinement;
  checks.history = layer == Layer::kHistory || whole;
  checks.liveness = layer == Layer::kLiveness || whole;
  return checks;
}

// ---- In the child --------------------------------------------------------------------------------------

void RunSeeds(const Hunt& hunt, Report& report) {
  sim::SwarmOptions swarm;
  swarm.stack = StackOf(hunt.layer == Layer::kInvariant ? hunt.runs : hunt.layer);
  for (; report.at < hunt.first_seed + hunt.budget; ++report.at) {
    sim::Scenario scenario = sim::DrawScenario(report.at, swarm);
    scenario.steps_max = kStepsMax;
    sim::Choices choices = sim::Choices::Seeded(report.at);
    const sim::RunResult result = sim::Run(scenario, choices, nullptr, ChecksOf(hunt.layer));
    if (!result.violation.has_value()) continue;
    if (Counts(hunt, result.violation->property)) {
      return report.Find(result.violation->property, result.violation->evidence);
    }
    report.PassOver(result.violation->property);
  }
}

void RunSearches(const Hunt& hunt, Report& report) {
  const std::vector<explore::Bounds> all = SmallBounds();
  for (; report.at < all.size(); ++report.at) {
    explore::Bounds bounds = all[report.at];
    explore::SearchOptions options;
    options.states_max = std::max<uint64_t>(hunt.budget / all.size(), 1024);
    const auto search = [&bounds, &options] { return explore::Search(bounds, nullptr, options); };
    absl::StatusOr<explore::SearchResult> result = search();
    if (result.ok() && result->broken.has_value() && result->broken->property == "Symmetry") {
      bounds.symmetry = false;
      result = search();
    }
    if (!result.ok()) {
      report.PassOver(std::string(result.status().message()));
      continue;
    }
    report.states += result->progress.states;
    if (!result->broken.has_value()) continue;
    if (Counts(hunt, result->broken->property)) {
      return report.Find(result->broken->property,
                         absl::StrCat("after ", result->schedule.size(), " events: ", result->broken->evidence));
    }
    report.PassOver(result->broken->property);
  }
}

// ---- Beside it -----------------------------------------------------------------------------------------

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// Of the processor, so far.
double SecondsOf(pid_t child) {
  clockid_t clock;
  timespec time = {};
  if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Waits for the child; ends it when it has worked for `seconds_left`, or stands still for long. Adds the processor's
// time to `spent`. Returns the child's status, or nothing if it was ended.
std::optional<int> Await(pid_t child, double seconds_left, double& spent) {
  constexpr double kStandstill = 20;  // How much longer than the work the wait may be: other work may be waiting, too.
  const WallClock::time_point began = WallClock::now();
  int status = 0;
  rusage usage = {};
  bool ended = false;
  while (wait4(child, &status, ended ? 0 : WNOHANG, &usage) == 0) {
    const double waited = std::chrono::duration<double>(WallClock::now() - began).count();
    if (SecondsOf(child) > seconds_left || waited > kStandstill * seconds_left) {
      ended = true;
      kill(child, SIGKILL);
      continue;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  spent += Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  return ended ? std::nullopt : std::optional<int>(status);
}

std::string LastWords(int file) {
  std::string text(1000, '\0');
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  text.resize(static_cast<size_t>(std::max<ssize_t>(length, 0)));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

const char* ToString(Layer layer) { return kNames[static_cast<size_t>(layer)]; }

std::optional<Layer> LayerNamed(std::string_view name) {
  for (Layer layer : kLayers) {
    if (name == ToString(layer)) return layer;
  }
  return std::nullopt;
}

Catch Pursue(const Hunt& hunt) {
  Catch caught;
  void* shared = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const int words = memfd_create("stderr", 0);
  if (shared == MAP_FAILED || words < 0) {
    std::perror("hunt: no memory to share with a child process");
    std::abort();
  }
  auto& report = *new (shared) Report;
  const bool explores = hunt.layer == Layer::kExplorer;
  report.at = explores ? 0 : hunt.first_seed;
  while (!report.found) {
    if (ftruncate(words, 0) != 0) std::perror("hunt");
    const pid_t child = fork();
    if (child == 0) {
      dup2(words, STDERR_FILENO);
      explores ? RunSearches(hunt, report) : RunSeeds(hunt, report);
      _exit(0);
    }
    const std::optional<int> status =
        child < 0 ? std::nullopt : Await(child, hunt.seconds_max - caught.seconds, caught.seconds);
    caught.out_of_time = !status.has_value();
    if (caught.out_of_time || !WIFSIGNALED(*status)) break;
    const int signal = WTERMSIG(*status);
    const std::string name = signal == SIGABRT ? kInvariantProperty : absl::StrCat("signal ", signal);
    // The process ended itself: that layer's catch, and another one's reason to go on behind it.
    if (caught.ended_by.empty() && !explores) {
      caught.ended_by = name;
      caught.ended_at = report.at - hunt.first_seed + 1;
    }
    hunt.layer == Layer::kInvariant ? report.Find(name, LastWords(words)) : report.PassOver(name);
    if (!report.found) ++report.at;
  }
  caught.property = report.property;
  caught.evidence = report.evidence;
  caught.spent = explores ? report.states.load() : report.at - hunt.first_seed + (report.found ? 1 : 0);
  for (size_t i = 0; i < report.others; ++i) caught.others.emplace_back(report.other[i]);
  close(words);
  munmap(shared, sizeof(Report));
  return caught;
}

}  // namespace lockstep::mutants
