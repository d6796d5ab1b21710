// Space: what events make of processes, each worked out once.
#include <algorithm>
#include <utility>

#include "core/check.h"
#include "sim/explore/space.h"
#include "spec/properties/lone_node.h"

namespace lockstep::sim::explore {
namespace {

Fingerprint Identity(const Process& process) { return explore::FingerprintOf(process); }
Fingerprint Identity(const Ghost& ghost) { return explore::FingerprintOf(ghost); }
Fingerprint Identity(const Message& message) { return lockstep::FingerprintOf(message); }

constexpr uint64_t kArgumentMax = (1u << 28) - 1;

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

class Checker : public StepObserver {
 public:
  Checker(const StepCheck& check, const Process& before)
      : check_(check), laws_(before.state, View(before.disk)), halted_(before.state.halted) {
    for (const Write& write : before.writes) {
      if (!write.on_disk) laws_.Asked(write.effect);
    }
  }
  void Stepped(const State& before, const Input& input, const EffectSink& effects, const State& after) override {
    if (broken.has_value() || halted_) return;
    if (check_) broken = check_(before, input, effects, after);
    if (!broken.has_value()) Take(laws_.Stepped(before, input, effects, after));
  }
  void Restarted(const DurableState& disk, const State& state) override { Take(laws_.Restarted(View(disk), state)); }

  std::optional<Broken> broken;

 private:
  static spec::DiskView View(const DurableState& disk) { return {disk.term, disk.voted_for, disk.snapshot, disk.log}; }
  void Take(std::optional<spec::Violation> violation) {
    if (violation.has_value()) broken = Broken{spec::Name(violation->property), violation->evidence};
  }

  const StepCheck& check_;
  spec::LoneNode laws_;
  const bool halted_;
};

uint32_t RenamedArgument(EventKind kind, uint32_t argument, const Permutation& permutation) {
  return kind == EventKind::kTransfer || kind == EventKind::kUnreachable ? permutation[argument] : argument;
}

std::vector<uint64_t> FingerprintsOf(const std::vector<Message>& messages, const Permutation& permutation) {
  std::vector<uint64_t> all;
  for (const Message& message : messages) all.push_back(Identity(Renamed(message, permutation)).low);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

template <typename T>
Space::Entry<T> Space::MakeEntry(T value) const {
  Entry<T> entry;
  for (const Permutation& permutation : permutations_) {
    entry.hashes.push_back(Mix(Identity(Renamed(value, permutation)).low));
  }
  entry.value = std::move(value);
  return entry;
}

template Space::Entry<Ghost> Space::MakeEntry(Ghost value) const;

uint32_t Space::Intern(Process process) {
  return processes_.Intern(Identity(process), [this, &process] { return MakeEntry(std::move(process)); });
}

uint32_t Space::Intern(Message message) {
  return messages_.Intern(Identity(message), [this, &message] { return MakeEntry(std::move(message)); });
}

uint32_t Space::Intern(const Ghost& ghost) {
  return ghosts_.Intern(Identity(ghost), [this, &ghost] { return MakeEntry(ghost); });
}

Space::Shard& Space::ShardOf(uint64_t key) { return shards_[Mix(key) % shards_.size()]; }

const Space::Outcome& Space::OutcomeOf(const World& world, const Choice& choice) {
  const uint64_t process = world.processes[choice.node];
  const uint64_t argument = choice.kind == EventKind::kDeliver ? choice.message : choice.argument;
  LOCKSTEP_CHECK(argument <= kArgumentMax);
  const uint64_t key = process << 32 | static_cast<uint64_t>(choice.kind) << 28 | argument;
  Shard& shard = ShardOf(key);
  {
    const std::lock_guard<std::mutex> lock(shard.mutex);
    if (const auto at = shard.outcomes.find(key); at != shard.outcomes.end()) return outcomes_[at->second];
  }
  Outcome outcome;
  Happening happening = Compute(key, outcome);
  for (Message& sent : happening.sent) outcome.sent.push_back(Intern(std::move(sent)));
  outcome.after = Intern(std::move(happening.after));
  const uint32_t id = outcomes_.Intern({key, ~key}, [&outcome] { return std::move(outcome); });
  const std::lock_guard<std::mutex> lock(shard.mutex);
  shard.outcomes.emplace(key, id);
  return outcomes_[id];
}

Happening Space::Compute(uint64_t key, Outcome& outcome) const {
  const Process& before = processes_[static_cast<uint32_t>(key >> 32)].value;
  const auto kind = static_cast<EventKind>(key >> 28 & 0xf);
  const auto argument = static_cast<uint32_t>(key & kArgumentMax);
  Checker checker(check_, before);
  const Message* message = kind == EventKind::kDeliver ? &messages_[argument].value : nullptr;
  Happening happening = Happen(before, kind, argument, message, bounds_, bounds_.step_checks ? &checker : nullptr);
  outcome.key = key;
  outcome.changes = ChangesOf(before, happening);
  outcome.reads = happening.reads;
  outcome.broken = std::move(checker.broken);
  if (outcome.broken.has_value()) return happening;
  if (!happening.error.ok()) {
    outcome.broken = Broken{spec::Name(spec::Property::kDiskMatchesState), std::string(happening.error.message())};
  } else if (happening.halt.has_value()) {
    outcome.broken = Broken{spec::Name(spec::Property::kHaltOnlyOnLossProp), ToString(Effect{*happening.halt})};
  } else if (!TreatsNamesAlike(key, happening)) {
    outcome.broken = Broken{"Symmetry", "names decide what this event does: search with --no-symmetry"};
  }
  return happening;
}

bool Space::TreatsNamesAlike(uint64_t key, const Happening& happening) const {
  const Process& before = processes_[static_cast<uint32_t>(key >> 32)].value;
  const auto kind = static_cast<EventKind>(key >> 28 & 0xf);
  const auto argument = static_cast<uint32_t>(key & kArgumentMax);
  for (size_t p = 1; p < permutations_.size(); ++p) {
    const Permutation& permutation = permutations_[p];
    std::optional<Message> message;
    if (kind == EventKind::kDeliver) message = Renamed(messages_[argument].value, permutation);
    const Happening renamed = Happen(Renamed(before, permutation), kind, RenamedArgument(kind, argument, permutation),
                                     message.has_value() ? &*message : nullptr, bounds_, nullptr);
    if (renamed.after != Renamed(happening.after, permutation) ||
        FingerprintsOf(renamed.sent, permutations_[0]) != FingerprintsOf(happening.sent, permutation)) {
      return false;
    }
  }
  return true;
}

bool Space::RestoreOutcome(uint32_t id, const Outcome& saved) {
  Outcome outcome;
  Happening happening = Compute(saved.key, outcome);
  if (happening.sent.size() != saved.sent.size()) return false;
  outcome.after = saved.after;
  outcome.sent = saved.sent;
  for (size_t i = 0; i < saved.sent.size(); ++i) {
    messages_.Restore(Identity(happening.sent[i]), saved.sent[i],
                      [this, &happening, i] { return MakeEntry(happening.sent[i]); });
  }
  processes_.Restore(Identity(happening.after), saved.after,
                     [this, &happening] { return MakeEntry(std::move(happening.after)); });
  outcomes_.Restore({saved.key, ~saved.key}, id, [&outcome] { return std::move(outcome); });
  ShardOf(saved.key).outcomes.emplace(saved.key, id);
  return true;
}

}  // namespace lockstep::sim::explore
