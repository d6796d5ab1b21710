// The space of schedules: states of the whole cluster as a few numbers, and their successors.
//
// Each distinct process, message and history is kept once (interner.h), and so is the outcome of each event on each
// process: the core is pure, so an outcome seen once holds wherever the same process meets the same event. A state is
// then the numbers of its processes, of the messages under way (a set: the same message sent twice is one, `duplicates`
// lets it be delivered twice), of its history, and what of each budget is used.
#ifndef LOCKSTEP_SIM_EXPLORE_SPACE_H_
#define LOCKSTEP_SIM_EXPLORE_SPACE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "sim/explore/bytes.h"
#include "sim/explore/ghost.h"
#include "sim/explore/interner.h"
#include "sim/explore/process.h"

namespace lockstep::sim::explore {

enum class Budget : uint8_t {
  kEntries,
  kCrashes,
  kDuplicates,
  kHeartbeats,
  kQuorumChecks,
  kReads,
  kTransfers,
  kSnapshots,
  kChanges,
  kWriteFailures,
  kElections,
  kUnreachables,
  kCancels,
  kCount,
};

struct World {
  std::array<uint32_t, kNodesMax> processes{};
  uint32_t ghost = 0;
  std::array<uint8_t, static_cast<size_t>(Budget::kCount)> used{};
  absl::InlinedVector<uint32_t, 20> messages;  // Ascending.
};

struct Choice {
  EventKind kind = EventKind::kDeliver;
  uint8_t node = 0;
  uint32_t argument = 0;   // As of EventKind.
  uint32_t message = 0;    // kDeliver, kLose.
  bool duplicate = false;  // kDeliver: the message stays under way.
};

// Checks each step of the core, each distinct one once. Answers what is wrong, or nothing. Called from many threads.
using StepCheck = std::function<std::optional<Broken>(const State& before, const Input& input,
                                                      const EffectSink& effects, const State& after)>;

// Checks each event that may concern the whole cluster, after the properties of ghost.h. Called from many threads.
using ClusterCheck = std::function<std::optional<Broken>(const Scene& scene, const Ghost& ghost)>;

class Space {
 public:
  // Requires: ValidateBounds(bounds).ok().
  Space(const Bounds& bounds, StepCheck step_check, ClusterCheck cluster_check = nullptr);

  // Where the search begins; or what is broken before it does.
  World Initial(std::optional<Broken>& broken);
  // All that can happen in `world`, in a fixed order.
  void Enabled(const World& world, std::vector<Choice>& choices) const;
  enum class Taken : uint8_t { kNext, kOutside, kBroken };
  // The world after `choice` to `next`, if it is within the bounds; or what the event breaks to `broken`.
  Taken Take(const World& world, const Choice& choice, World& next, Broken& broken);
  // The same for all worlds that differ by the nodes' names alone, if the bounds want that; `alike` is how many those
  // are.
  uint64_t FingerprintOf(const World& world, uint32_t* alike = nullptr) const;

  // All that this space knows, for a search that goes on later: the outcomes by what they came from, so that a
  // restored space takes each step of the core again. Not while other calls are under way.
  void Save(Writer& writer) const;
  // Errors: DataLoss if the bytes are not those of a space with these bounds.
  absl::Status Restore(Reader& reader);

  // What the choice is, in words; and what the core did about it.
  std::string Describe(const World& world, const Choice& choice) const;

  const Bounds& bounds() const { return bounds_; }
  const Process& process(const World& world, uint32_t slot) const { return processes_[world.processes[slot]].value; }
  const Message& message(uint32_t id) const { return messages_[id].value; }
  size_t processes() const { return processes_.size(); }
  size_t messages() const { return messages_.size(); }
  size_t outcomes() const { return outcomes_.size(); }

 private:
  template <typename T>
  struct Entry {
    T value;
    absl::InlinedVector<uint64_t, 6> hashes;  // Under each permutation, mixed.
  };
  // What an event made of a process.
  struct Outcome {
    uint32_t after = 0;
    uint8_t changes = 0;  // ChangesOf: what properties of the whole cluster may be concerned.
    uint64_t key = 0;     // Process, kind of event, argument.
    absl::InlinedVector<uint32_t, 4> sent;
    std::vector<Served> reads;
    std::optional<Broken> broken;
  };
  struct Shard {
    std::mutex mutex;
    absl::flat_hash_map<uint64_t, uint32_t> outcomes;
  };

  bool Allowed(const World& world, Budget budget) const;
  void EnabledOn(const World& world, uint8_t node, std::vector<Choice>& choices) const;
  void EnabledWrites(const World& world, uint8_t node, std::vector<Choice>& choices) const;
  void EnabledRequests(const World& world, uint8_t node, std::vector<Choice>& choices) const;
  template <typename T>
  Entry<T> MakeEntry(T value) const;
  uint32_t Intern(Process process);
  uint32_t Intern(Message message);
  uint32_t Intern(const Ghost& ghost);
  const Outcome& OutcomeOf(const World& world, const Choice& choice);
  // What happens to the process of `key`, and all of its outcome but the numbers of what it made.
  Happening Compute(uint64_t key, Outcome& outcome) const;
  // Whether the same under other names has the same outcome: what makes the symmetry exact.
  bool TreatsNamesAlike(uint64_t key, const Happening& happening) const;
  std::optional<Broken> CheckCluster(const World& world, const Choice& choice, const Outcome& outcome, World& next);
  // Takes the step of `saved.key` again and puts what it makes under the saved numbers. False: it makes something else.
  bool RestoreOutcome(uint32_t id, const Outcome& saved);
  Shard& ShardOf(uint64_t key);
  // False: there is no room.
  bool Send(const Outcome& outcome, World& next) const;
  // Takes messages to `node` that can do nothing any more out of the network.
  void Bury(uint8_t node, Term term, World& next) const;

  const Bounds bounds_;
  const StepCheck check_;
  const ClusterCheck cluster_check_;
  const std::vector<Permutation> permutations_;
  Interner<Entry<Process>> processes_;
  Interner<Entry<Message>> messages_;
  Interner<Entry<Ghost>> ghosts_;
  Interner<Outcome> outcomes_;
  std::array<Shard, 64> shards_;
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_SPACE_H_
