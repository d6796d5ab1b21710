#include "sim/explore/search.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "sim/explore/packed_worlds.h"
#include "sim/explore/visited_set.h"

namespace lockstep::sim::explore {
namespace {

using Clock = std::chrono::steady_clock;

// How many states a thread takes from the common store at a time.
constexpr size_t kBatch = 256;

// What this process holds in memory now; 0 where the system does not say.
uint64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return 0;
  char line[256];
  unsigned long kilobytes = 0;
  while (std::fgets(line, sizeof line, file) != nullptr && std::sscanf(line, "VmRSS: %lu", &kilobytes) != 1) {
  }
  std::fclose(file);
  return uint64_t{kilobytes} * 1024;
}

class Searcher {
 public:
  Searcher(const Bounds& bounds, const StepCheck& step_check, const ClusterCheck& cluster_check,
           const SearchOptions& options)
      : options_(options),
        space_(bounds, step_check, cluster_check),
        visited_(options.states_max),
        began_(Clock::now()) {}

  absl::StatusOr<SearchResult> Run() {
    std::optional<Broken> broken;
    const World initial = space_.Initial(broken);
    if (broken.has_value()) {
      result_.broken = std::move(broken);
      result_.schedule = {"while the search was being brought to where it begins"};
      return std::move(result_);
    }
    if (absl::Status status = Resume(initial); !status.ok()) return status;
    if (options_.order == Order::kBreadthFirst) {
      RunLevels();
    } else {
      RunToTheEnd();
    }
    Finish(initial);
    return std::move(result_);
  }

 private:
  void RunLevels() {
    while (!ended_.load()) {
      if (level_.empty()) {
        if (waiting_.empty()) break;
        result_.states_at.push_back(waiting_.size());
        level_ = std::exchange(waiting_, PackedWorlds());
      }
      RunToTheEnd();
      if (result_.broken.has_value() || !SaveIfDue()) return;
      if (!ended_.load()) ++depth_;
    }
  }

  // Begins anew, or from the checkpoint.
  absl::Status Resume(const World& initial) {
    std::FILE* file = options_.checkpoint.empty() ? nullptr : std::fopen(options_.checkpoint.c_str(), "rb");
    if (file == nullptr) {
      uint32_t alike = 0;
      visited_.Insert(space_.FingerprintOf(initial, &alike));
      named_ = alike;
      waiting_.Push(initial);
      return absl::OkStatus();
    }
    Reader reader(file);
    absl::Status status = Restore(reader);
    std::fclose(file);
    return status;
  }

  absl::Status Restore(Reader& reader) {
    if (absl::Status status = space_.Restore(reader); !status.ok()) return status;
    depth_ = static_cast<uint32_t>(reader.Get());
    transitions_ = reader.Get();
    named_ = reader.Get();
    seconds_before_ = static_cast<double>(reader.Get()) / 1000;
    for (uint64_t n = reader.Get(); n > 0 && reader.ok(); --n) result_.states_at.push_back(reader.Get());
    const uint64_t states = reader.Get();
    visited_.Reserve(states);
    for (uint64_t n = states; n > 0 && reader.ok(); --n) {
      if (visited_.full()) return absl::InvalidArgumentError("the checkpoint needs more room: raise --memory");
      visited_.Insert(reader.Get());
    }
    for (PackedWorlds* worlds : {&level_, &waiting_}) {
      for (uint64_t n = reader.Get(); n > 0 && reader.ok(); --n) worlds->Push(GetWorld(reader));
    }
    if (reader.Finish()) return absl::OkStatus();
    return absl::DataLossError("the checkpoint is cut off or damaged: remove it to begin anew");
  }

  // After a level, not more often than the interval, and whenever the search is stopped from outside.
  bool SaveIfDue() {
    const auto now = Clock::now();
    const bool due = ended_.load() || now - saved_ > std::chrono::minutes(5);
    if (options_.checkpoint.empty() || !due) return true;
    saved_ = now;
    const std::string beside = options_.checkpoint + ".new";
    std::FILE* file = std::fopen(beside.c_str(), "wb");
    bool ok = file != nullptr;
    if (ok) {
      Writer writer(file);
      Save(writer);
      ok = writer.Finish();
      ok = std::fclose(file) == 0 && ok && std::rename(beside.c_str(), options_.checkpoint.c_str()) == 0;
    }
    if (!ok) EndEarly("the checkpoint cannot be written");
    return ok;
  }

  void Save(Writer& writer) {
    space_.Save(writer);
    writer.Put(depth_);
    writer.Put(transitions_);
    writer.Put(named_);
    writer.Put(static_cast<uint64_t>(Now().seconds * 1000));
    writer.Put(result_.states_at.size());
    for (const uint64_t states : result_.states_at) writer.Put(states);
    writer.Put(visited_.size());
    visited_.ForEach([&writer](uint64_t fingerprint) { writer.Put(fingerprint); });
    for (const PackedWorlds* worlds : {&level_, &waiting_}) {
      writer.Put(worlds->size());
      worlds->ForEach([&writer](const World& world) { PutWorld(world, writer); });
    }
  }

  static void PutWorld(const World& world, Writer& writer) {
    std::vector<uint32_t> words(world.processes.begin(), world.processes.end());
    words.push_back(world.ghost);
    for (size_t i = 0; i < world.used.size(); i += 4) {
      uint32_t word = 0;
      for (size_t j = i; j < std::min(i + 4, world.used.size()); ++j) word |= uint32_t{world.used[j]} << 8 * (j - i);
      words.push_back(word);
    }
    words.insert(words.end(), world.messages.begin(), world.messages.end());
    writer.Put(words.size());
    for (size_t i = 0; i < words.size(); i += 2) {
      writer.Put(words[i] | (i + 1 < words.size() ? uint64_t{words[i + 1]} << 32 : 0));
    }
  }

  static World GetWorld(Reader& reader) {
    World world;
    std::vector<uint32_t> words;
    const uint64_t count = reader.Get();
    for (uint64_t i = 0; i < count && reader.ok(); i += 2) {
      const uint64_t pair = reader.Get();
      words.push_back(static_cast<uint32_t>(pair));
      words.push_back(static_cast<uint32_t>(pair >> 32));
    }
    const size_t fixed = world.processes.size() + 1 + (world.used.size() + 3) / 4;
    if (words.size() < count || count < fixed) return world;  // Cut off: the reader knows.
    std::copy_n(words.begin(), world.processes.size(), world.processes.begin());
    world.ghost = words[world.processes.size()];
    for (size_t i = 0; i < world.used.size(); ++i) {
      world.used[i] = static_cast<uint8_t>(words[world.processes.size() + 1 + i / 4] >> 8 * (i % 4));
    }
    world.messages.assign(words.begin() + static_cast<ptrdiff_t>(fixed), words.begin() + static_cast<ptrdiff_t>(count));
    return world;
  }

  // Until nothing waits any more (in this level), growing the table of states as it must.
  void RunToTheEnd() {
    RunWorkers();
    while (paused_.load()) {
      visited_.Grow();
      paused_.store(false);
      RunWorkers();
    }
  }

  void RunWorkers() {
    idle_ = 0;
    std::vector<std::thread> threads;
    for (uint32_t i = 1; i < options_.jobs; ++i) threads.emplace_back([this] { Work(); });
    Work(/*reports=*/true);
    for (std::thread& thread : threads) thread.join();
  }

  // Takes a batch of worlds to expand. False when there is nothing left to do.
  bool TakeBatch(std::vector<World>& batch) {
    batch.clear();
    if (options_.order == Order::kBreadthFirst) {
      const std::lock_guard<std::mutex> lock(mutex_);
      level_.PopFront(kBatch, batch);
      return !batch.empty();
    }
    bool counted = false;
    while (!ended_.load() && !paused_.load()) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        waiting_.PopBack(kBatch, batch);
        if (!batch.empty()) {
          if (counted) --idle_;
          return true;
        }
        if (!counted) ++idle_;
        counted = true;
        if (idle_ == options_.jobs) return false;  // Nobody can add anything any more.
      }
      std::this_thread::yield();
    }
    return false;
  }

  void Work(bool reports = false) {
    std::vector<World> batch;
    std::vector<World> found;
    std::vector<Choice> choices;
    World next;
    Broken broken;
    uint32_t alike = 0;
    auto reported = Clock::now();
    while (!ended_.load(std::memory_order_relaxed) && !paused_.load(std::memory_order_relaxed) && TakeBatch(batch)) {
      found.clear();
      size_t expanded = 0;
      uint64_t transitions = 0, named = 0;
      for (; expanded < batch.size() && !visited_.full() && !visited_.crowded(); ++expanded) {
        const World& world = batch[expanded];
        space_.Enabled(world, choices);
        for (const Choice& choice : choices) {
          ++transitions;
          const Space::Taken taken = space_.Take(world, choice, next, broken);
          if (taken == Space::Taken::kBroken) {
            End(world, choice, std::move(broken));
            return;
          }
          if (taken != Space::Taken::kNext || !visited_.Insert(space_.FingerprintOf(next, &alike))) continue;
          found.push_back(next);
          named += alike;
        }
      }
      transitions_.fetch_add(transitions, std::memory_order_relaxed);
      named_.fetch_add(named, std::memory_order_relaxed);
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (const World& world : found) waiting_.Push(world);
        // What there was no room for goes back.
        for (; expanded < batch.size(); ++expanded) {
          (options_.order == Order::kBreadthFirst ? level_ : waiting_).Push(batch[expanded]);
        }
      }
      if (visited_.crowded()) paused_.store(true);
      if (visited_.full()) EndEarly("the table of states is full: raise --memory");
      if (options_.stop != nullptr && options_.stop->load()) EndEarly("stopped");
      if (reports && Clock::now() - reported > std::chrono::milliseconds(500)) {
        reported = Clock::now();
        if (options_.memory_bytes_max > 0 && ResidentBytes() > options_.memory_bytes_max) {
          EndEarly("the memory allowed is used up: raise --memory");
        }
        if (options_.report) options_.report(Now());
      }
    }
  }

  void End(const World& world, const Choice& choice, Broken broken) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (result_.broken.has_value()) return;
    result_.broken = std::move(broken);
    last_world_ = world;
    last_choice_ = choice;
    ended_.store(true);
  }

  void EndEarly(const char* why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    result_.why_incomplete = why;
    ended_.store(true);
  }

  SearchProgress Now() {
    SearchProgress progress;
    progress.states = visited_.size();
    progress.named = named_.load();
    progress.transitions = transitions_.load();
    progress.depth = depth_;
    progress.memory_bytes = ResidentBytes();
    progress.seconds = seconds_before_ + std::chrono::duration<double>(Clock::now() - began_).count();
    const std::lock_guard<std::mutex> lock(mutex_);
    progress.waiting = waiting_.size() + level_.size();
    return progress;
  }

  void Finish(const World& initial) {
    result_.progress = Now();
    result_.complete = !ended_.load();
    result_.processes = space_.processes();
    result_.messages = space_.messages();
    result_.outcomes = space_.outcomes();
    if (result_.broken.has_value()) Explain(initial);
  }

  // Finds the way to the state before the violation again: a second search, whose outcomes are all known, that keeps
  // for each state which one it came from, and by which choice.
  void Explain(const World& initial) {
    struct Origin {
      uint32_t parent = 0;
      uint32_t detail = 0;  // The choice's argument or message.
      EventKind kind{};
      uint8_t node = 0;
      bool duplicate = false;
    };
    const uint64_t goal = space_.FingerprintOf(last_world_);
    visited_.Clear();
    visited_.Insert(space_.FingerprintOf(initial));
    std::vector<Origin> origins(1);
    PackedWorlds frontier;
    frontier.Push(initial);
    std::vector<World> batch;
    std::vector<Choice> choices;
    World next;
    Broken broken;
    uint32_t at = 0;
    for (;; ++at) {
      batch.clear();
      frontier.PopFront(1, batch);
      if (batch.empty()) return;
      if (space_.FingerprintOf(batch[0]) == goal) break;
      space_.Enabled(batch[0], choices);
      for (const Choice& choice : choices) {
        if (space_.Take(batch[0], choice, next, broken) != Space::Taken::kNext) continue;
        if (!visited_.Insert(space_.FingerprintOf(next))) continue;
        frontier.Push(next);
        const bool of_message = choice.kind == EventKind::kDeliver || choice.kind == EventKind::kLose;
        origins.push_back(
            {at, of_message ? choice.message : choice.argument, choice.kind, choice.node, choice.duplicate});
      }
    }
    std::vector<Choice> way;
    for (; at != 0; at = origins[at].parent) {
      const Origin& origin = origins[at];
      way.push_back({origin.kind, origin.node, origin.detail, origin.detail, origin.duplicate});
    }
    World world = initial;
    for (auto choice = way.rbegin(); choice != way.rend(); ++choice) {
      result_.schedule.push_back(space_.Describe(world, *choice));
      if (space_.Take(world, *choice, next, broken) != Space::Taken::kNext) return;
      world = next;
    }
    // The state may be the violating one under other names: its own violating choice is found again.
    space_.Enabled(world, choices);
    for (const Choice& choice : choices) {
      if (space_.Take(world, choice, next, broken) != Space::Taken::kBroken) continue;
      result_.schedule.push_back(space_.Describe(world, choice));
      result_.broken = broken;
      return;
    }
  }

  const SearchOptions& options_;
  Space space_;
  VisitedSet visited_;
  const Clock::time_point began_;
  Clock::time_point saved_ = Clock::now();
  double seconds_before_ = 0;  // Of the runs before the checkpoint.
  std::mutex mutex_;
  PackedWorlds waiting_;
  PackedWorlds level_;
  uint32_t idle_ = 0;
  std::atomic<uint32_t> depth_{0};
  std::atomic<uint64_t> transitions_{0};
  std::atomic<uint64_t> named_{0};
  std::atomic<bool> ended_{false};
  std::atomic<bool> paused_{false};  // For the table to grow.
  World last_world_;
  Choice last_choice_;
  SearchResult result_;
};

}  // namespace

absl::StatusOr<SearchResult> Search(const Bounds& bounds, const StepCheck& step_check, const SearchOptions& options,
                                    const ClusterCheck& cluster_check) {
  if (absl::Status status = ValidateBounds(bounds); !status.ok()) return status;
  Searcher searcher(bounds, step_check, cluster_check, options);
  return searcher.Run();
}

}  // namespace lockstep::sim::explore
