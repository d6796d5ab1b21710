#include "sim/explore/space.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::sim::explore {
namespace {

std::vector<Permutation> PermutationsFor(const Bounds& bounds) {
  // Targets name nodes: the nodes they name are not alike.
  if (!bounds.symmetry || !bounds.targets.empty() || bounds.transfers > 0) return {Permutations(1, 1)[0]};
  return Permutations(bounds.nodes, bounds.voters == 0 ? bounds.nodes : bounds.voters);
}

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
  explicit Checker(const StepCheck& check) : check_(check) {}
  void Stepped(const State& before, const Input& input, const EffectSink& effects, const State& after) override {
    if (check_ && !broken.has_value()) broken = check_(before, input, effects, after);
  }
  std::optional<Broken> broken;

 private:
  const StepCheck& check_;
};

// Whether `message` can do nothing, now or ever, at a node whose disk has `term`: an answer, or an order, of an earlier
// term. (A request is answered even then, and a pre-vote's answer may be of an earlier term.)
bool IsDead(const Message& message, Term term) {
  if (message.term >= term) return false;
  if (const auto* reply = std::get_if<RequestVoteReply>(&message.body)) return !reply->pre_vote;
  return std::holds_alternative<AppendEntriesReply>(message.body) ||
         std::holds_alternative<HeartbeatReply>(message.body) ||
         std::holds_alternative<InstallSnapshotReply>(message.body) ||
         std::holds_alternative<ReadReply>(message.body) || std::holds_alternative<TimeoutNow>(message.body);
}

// Whether a property of the whole cluster can depend on what changed.
bool Watched(const Process& before, const Happening& happening) {
  const State& a = before.state;
  const State& b = happening.after.state;
  return !happening.reads.empty() || a.role != b.role || a.current_term != b.current_term ||
         a.commit_index != b.commit_index || a.start != b.start || a.log.last_index() != b.log.last_index() ||
         a.log.last_term() != b.log.last_term() ||
         before.disk.log.last_index() != happening.after.disk.log.last_index() ||
         before.disk.log.last_term() != happening.after.disk.log.last_term() ||
         before.disk.term != happening.after.disk.term ||
         std::any_of(happening.sent.begin(), happening.sent.end(), [](const Message& message) {
           return std::holds_alternative<RequestVote>(message.body) ||
                  std::holds_alternative<RequestVoteReply>(message.body);
         });
}

}  // namespace

Space::Space(const Bounds& bounds, StepCheck check)
    : bounds_(bounds), check_(std::move(check)), permutations_(PermutationsFor(bounds)) {}

World Space::Initial() {
  World world;
  for (uint32_t i = 0; i < bounds_.nodes; ++i) world.processes[i] = Intern(Founder(i, bounds_));
  world.ghost = Intern(Ghost());
  return world;
}

bool Space::Allowed(const World& world, Budget budget) const {
  const uint32_t limits[] = {bounds_.entries,
                             bounds_.crashes,
                             bounds_.duplicates,
                             bounds_.heartbeats,
                             bounds_.quorum_checks,
                             bounds_.reads,
                             bounds_.transfers,
                             bounds_.snapshots,
                             bounds_.changes,
                             bounds_.write_failures,
                             bounds_.elections == 0 ? 255 : bounds_.elections};
  return world.used[static_cast<size_t>(budget)] < limits[static_cast<size_t>(budget)];
}

void Space::EnabledOn(const World& world, uint8_t node, std::vector<Choice>& choices) const {
  const Process& process = processes_[world.processes[node]].value;
  const State& state = process.state;
  const auto add = [&choices, node](EventKind kind, uint32_t argument = 0) {
    choices.push_back({kind, node, argument, 0, false});
  };
  if (Allowed(world, Budget::kCrashes)) {
    uint32_t first = 0;
    while (first < process.writes.size() && process.writes[first].on_disk) ++first;
    for (uint32_t i = first; i <= process.writes.size(); ++i) add(EventKind::kCrash, i);
  }
  if (state.halted) return;
  const uint32_t completable = bounds_.reorder_completions
                                   ? static_cast<uint32_t>(process.writes.size())
                                   : std::min<uint32_t>(1, static_cast<uint32_t>(process.writes.size()));
  for (uint32_t i = 0; i < completable; ++i) add(EventKind::kWriteDone, i);
  if (Allowed(world, Budget::kWriteFailures)) {
    for (uint32_t i = 0; i < process.writes.size(); ++i) {
      if (!process.writes[i].on_disk) add(EventKind::kWriteFailed, i);
    }
  }
  if (state.role != Role::kLeader) {
    if (state.current_term < bounds_.terms && Allowed(world, Budget::kElections)) add(EventKind::kElectionTimeout);
  } else {
    if (Allowed(world, Budget::kHeartbeats)) add(EventKind::kHeartbeatTimeout);
    if (Allowed(world, Budget::kQuorumChecks)) add(EventKind::kQuorumCheckTimeout);
    if (Allowed(world, Budget::kEntries)) add(EventKind::kPropose, world.used[static_cast<size_t>(Budget::kEntries)]);
    if (Allowed(world, Budget::kChanges)) {
      for (uint32_t i = 0; i < bounds_.targets.size(); ++i) add(EventKind::kChange, i);
    }
    if (Allowed(world, Budget::kTransfers)) {
      for (uint32_t i = 0; i < bounds_.nodes; ++i) {
        if (i != node) add(EventKind::kTransfer, i);
      }
    }
  }
  if (Allowed(world, Budget::kReads) && (state.role == Role::kLeader || state.leader != kNoNode)) {
    add(EventKind::kRead, world.used[static_cast<size_t>(Budget::kReads)]);
  }
  if (Allowed(world, Budget::kSnapshots) && state.applied_index > state.snapshot.last_included.index) {
    add(EventKind::kSnapshot);
  }
}

void Space::Enabled(const World& world, std::vector<Choice>& choices) const {
  choices.clear();
  for (const uint32_t id : world.messages) {
    const Message& message = messages_[id].value;
    const uint8_t node = static_cast<uint8_t>(message.dest.number - 1);
    choices.push_back({EventKind::kDeliver, node, 0, id, false});
    if (Allowed(world, Budget::kDuplicates)) choices.push_back({EventKind::kDeliver, node, 0, id, true});
  }
  for (uint8_t node = 0; node < bounds_.nodes; ++node) EnabledOn(world, node, choices);
}

std::optional<Broken> Space::Take(const World& world, const Choice& choice, World& next) {
  const Outcome& outcome = OutcomeOf(world, choice);
  if (outcome.broken.has_value()) return outcome.broken;
  next = world;
  next.processes[choice.node] = outcome.after;
  const auto spend = [&next](Budget budget) { ++next.used[static_cast<size_t>(budget)]; };
  switch (choice.kind) {
    case EventKind::kDeliver:
      if (choice.duplicate) {
        spend(Budget::kDuplicates);
      } else {
        next.messages.erase(std::lower_bound(next.messages.begin(), next.messages.end(), choice.message));
      }
      break;
    case EventKind::kElectionTimeout:
      if (bounds_.elections > 0) spend(Budget::kElections);
      break;
    case EventKind::kHeartbeatTimeout:
      spend(Budget::kHeartbeats);
      break;
    case EventKind::kQuorumCheckTimeout:
      spend(Budget::kQuorumChecks);
      break;
    case EventKind::kPropose:
      spend(Budget::kEntries);
      break;
    case EventKind::kRead:
      spend(Budget::kReads);
      break;
    case EventKind::kTransfer:
      spend(Budget::kTransfers);
      break;
    case EventKind::kChange:
      spend(Budget::kChanges);
      break;
    case EventKind::kSnapshot:
      spend(Budget::kSnapshots);
      break;
    case EventKind::kWriteFailed:
      spend(Budget::kWriteFailures);
      break;
    case EventKind::kCrash:
      spend(Budget::kCrashes);
      break;
    case EventKind::kWriteDone:
      break;
  }
  Send(outcome, next);
  const Term term = processes_[outcome.after].value.disk.term;
  if (term != processes_[world.processes[choice.node]].value.disk.term) Bury(choice.node, term, next);
  if (!outcome.watched && choice.kind != EventKind::kRead) return std::nullopt;
  Ghost ghost = ghosts_[world.ghost].value;
  if (choice.kind == EventKind::kRead) BeginRead(choice.argument, ghost);
  Scene scene;
  scene.nodes = bounds_.nodes;
  scene.actor = choice.node;
  for (uint32_t i = 0; i < bounds_.nodes; ++i) {
    scene.before[i] = &processes_[world.processes[i]].value;
    scene.after[i] = &processes_[next.processes[i]].value;
  }
  std::vector<Message> sent;
  for (const uint32_t id : outcome.sent) sent.push_back(messages_[id].value);
  scene.sent = &sent;
  scene.reads = &outcome.reads;
  if (std::optional<Broken> broken = Advance(scene, ghost)) return broken;
  next.ghost = Intern(ghost);
  return std::nullopt;
}

void Space::Send(const Outcome& outcome, World& next) const {
  for (const uint32_t id : outcome.sent) {
    const Message& message = messages_[id].value;
    if (IsDead(message, processes_[next.processes[message.dest.number - 1]].value.disk.term)) continue;
    if (bounds_.in_flight > 0 && next.messages.size() >= bounds_.in_flight) return;  // The rest is lost.
    const auto at = std::lower_bound(next.messages.begin(), next.messages.end(), id);
    if (at == next.messages.end() || *at != id) next.messages.insert(at, id);
  }
}

void Space::Bury(uint8_t node, Term term, World& next) const {
  const auto dead = [this, node, term](uint32_t id) {
    const Message& message = messages_[id].value;
    return message.dest.number == node + 1u && IsDead(message, term);
  };
  next.messages.erase(std::remove_if(next.messages.begin(), next.messages.end(), dead), next.messages.end());
}

uint64_t Space::FingerprintOf(const World& world) const {
  uint64_t used = 0;
  for (const uint8_t count : world.used) used = Mix(used * 257 + count + 1);
  uint64_t least = ~uint64_t{0};
  for (size_t p = 0; p < permutations_.size(); ++p) {
    uint64_t messages = 0;
    for (const uint32_t id : world.messages) messages += Mix(messages_[id].hashes[p]);
    uint64_t processes = 0;
    // A process's hash holds its name, so the order of the slots need not count.
    for (uint32_t i = 0; i < bounds_.nodes; ++i)
      processes += Mix(processes_[world.processes[i]].hashes[p] ^ 0x5bd1e995);
    const uint64_t hash = Mix(Mix(messages ^ used) + processes * 3 + ghosts_[world.ghost].hashes[p]);
    least = std::min(least, hash);
  }
  return least;
}

template <typename T>
Space::Entry<T> Space::MakeEntry(T value) const {
  Entry<T> entry;
  for (const Permutation& permutation : permutations_) {
    entry.hashes.push_back(Identity(Renamed(value, permutation)).low);
  }
  entry.value = std::move(value);
  return entry;
}

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
  Checker checker(check_);
  const Message* message = kind == EventKind::kDeliver ? &messages_[argument].value : nullptr;
  Happening happening = Happen(before, kind, argument, message, bounds_, &checker);
  outcome.key = key;
  outcome.watched = Watched(before, happening);
  outcome.reads = happening.reads;
  outcome.broken = std::move(checker.broken);
  if (!happening.error.ok()) {
    outcome.broken = Broken{spec::Name(spec::Property::kDiskMatchesState), std::string(happening.error.message())};
  }
  if (happening.halt.has_value() && !outcome.broken.has_value()) {
    outcome.broken = Broken{spec::Name(spec::Property::kHaltOnlyOnLossProp), ToString(Effect{*happening.halt})};
  }
  return happening;
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

std::string Space::Describe(const World& world, const Choice& choice) const {
  std::string text = absl::StrCat("node ", choice.node + 1, ": ", Name(choice.kind));
  if (choice.kind == EventKind::kDeliver) {
    absl::StrAppend(&text, choice.duplicate ? " (it will come again) " : " ",
                    ToString(messages_[choice.message].value));
  } else if (choice.kind == EventKind::kCrash) {
    absl::StrAppend(&text, ", ", choice.argument, " of ", process(world, choice.node).writes.size(),
                    " writes under way survive");
  } else if (choice.kind == EventKind::kWriteDone || choice.kind == EventKind::kWriteFailed) {
    absl::StrAppend(&text, " ", ToString(process(world, choice.node).writes[choice.argument].effect));
  } else if (choice.kind == EventKind::kTransfer) {
    absl::StrAppend(&text, " to node ", choice.argument + 1);
  }
  return text;
}

}  // namespace lockstep::sim::explore
