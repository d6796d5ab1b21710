#include "sim/explore/space.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::sim::explore {
namespace {

bool LeavesAlone(const Permutation& permutation, const ConfigurationChange& target) {
  const auto named = [&target](NodeId id, ChangeKind kind) {
    return std::find(target.members.begin(), target.members.end(), MemberChange{kind, id}) != target.members.end();
  };
  return std::all_of(target.members.begin(), target.members.end(),
                     [&](const MemberChange& member) { return named(Renamed(member.node, permutation), member.kind); });
}

// Under which names the cluster is the same cluster.
std::vector<Permutation> PermutationsFor(const Bounds& bounds) {
  const uint32_t voters = bounds.voters == 0 ? bounds.nodes : bounds.voters;
  std::vector<Permutation> all = Permutations(bounds.nodes, voters);
  bool alike = bounds.symmetry;
  std::erase_if(all, [&bounds](const Permutation& permutation) {
    uint32_t candidates = 0;
    for (uint32_t i = 0; i < bounds.nodes; ++i) candidates |= (bounds.candidates >> i & 1) << permutation[i];
    return candidates != bounds.candidates ||
           (bounds.leader > 0 && permutation[bounds.leader - 1] != bounds.leader - 1);
  });
  // A leader whose disk fails, or who is no member any more, hands over to the best peer: of equals, the lowest name.
  alike = alike && bounds.write_failures == 0;
  for (const ConfigurationChange& target : bounds.targets) {
    for (const MemberChange& member : target.members) {
      alike = alike && (member.kind == ChangeKind::kAddVoter || member.node.number > voters);
    }
    // What a target names must be named again.
    std::erase_if(all, [&target](const Permutation& permutation) { return !LeavesAlone(permutation, target); });
  }
  if (!alike) all.resize(1);
  return all;
}

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
  return x ^ (x >> 32);
}

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

// Open requests of the node's own clients.
std::vector<RequestId> OpenRequests(const State& state) {
  std::vector<RequestId> open;
  for (const PendingProposal& proposal : state.leading.proposals) open.push_back(proposal.request_id);
  if (state.leading.change.has_value()) open.push_back(state.leading.change->request_id);
  for (const PendingRead& read : state.leading.reads) {
    if (read.origin == state.id) open.push_back(read.request_id);
  }
  for (const ConfirmedRead& read : state.confirmed_reads) open.push_back(read.request_id);
  for (const ForwardedRead& read : state.following.reads) open.push_back(read.request_id);
  if (state.transfer.has_value()) open.push_back(state.transfer->request_id);
  return open;
}

}  // namespace

Space::Space(const Bounds& bounds, StepCheck step_check, ClusterCheck cluster_check)
    : bounds_(bounds),
      check_(std::move(step_check)),
      cluster_check_(std::move(cluster_check)),
      permutations_(PermutationsFor(bounds)) {}

World Space::Initial(std::optional<Broken>& broken) {
  World world;
  for (uint32_t i = 0; i < bounds_.nodes; ++i) world.processes[i] = Intern(Founder(i, bounds_));
  world.ghost = Intern(Ghost());
  if (bounds_.leader == 0) return world;
  // The first way to a leader of term 1: one after the other, what can happen by itself happens.
  const auto slot = static_cast<uint8_t>(bounds_.leader - 1);
  Choice choice{EventKind::kElectionTimeout, slot, 0, 0, false};
  std::vector<Choice> choices;
  for (bool more = true; more;) {
    World next;
    Broken found;
    if (Take(world, choice, next, found) == Taken::kBroken) {
      broken = std::move(found);
      return world;
    }
    world = std::move(next);
    Enabled(world, choices);
    const auto by_itself = std::find_if(choices.begin(), choices.end(), [](const Choice& each) {
      return !each.duplicate && (each.kind == EventKind::kDeliver || each.kind == EventKind::kWriteDone ||
                                 each.kind == EventKind::kApplied);
    });
    more = by_itself != choices.end();
    if (more) choice = *by_itself;
  }
  world.used.fill(0);
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
                             bounds_.elections == 0 ? 255 : bounds_.elections,
                             bounds_.unreachables,
                             bounds_.cancels};
  return world.used[static_cast<size_t>(budget)] < limits[static_cast<size_t>(budget)];
}

void Space::EnabledWrites(const World& world, uint8_t node, std::vector<Choice>& choices) const {
  const Process& process = processes_[world.processes[node]].value;
  const auto add = [&choices, node](EventKind kind, size_t argument) {
    choices.push_back({kind, node, static_cast<uint32_t>(argument), 0, false});
  };
  const auto& writes = process.writes;
  if (Allowed(world, Budget::kCrashes)) {
    size_t first = 0;
    while (first < writes.size() && writes[first].on_disk) ++first;
    for (size_t i = first; i <= writes.size(); ++i) {
      if (i < writes.size() && i > first && writes[i].on_disk) continue;
      const uint32_t parts = i == writes.size() || writes[i].on_disk ? 0 : PartsOf(writes[i].effect);
      for (uint32_t part = 0; part <= parts; ++part) add(EventKind::kCrash, i + kPart * part);
    }
  }
  if (process.state.halted) return;
  bool first_of_log = true;
  for (size_t i = 0; i < writes.size(); ++i) {
    const bool log = IsLogWrite(writes[i].effect);
    if (!log || first_of_log || bounds_.reorder_completions) add(EventKind::kWriteDone, i);
    if (log) first_of_log = false;
    if (!Allowed(world, Budget::kWriteFailures)) continue;
    // None, some or all of it is there; all that comes before, if anything is.
    const uint32_t parts = !log || writes[i].on_disk ? 0 : PartsOf(writes[i].effect) + 1;
    for (uint32_t part = 0; part <= parts; ++part) add(EventKind::kWriteFailed, i + kPart * part);
  }
}

void Space::EnabledRequests(const World& world, uint8_t node, std::vector<Choice>& choices) const {
  const State& state = processes_[world.processes[node]].value.state;
  const auto add = [&choices, node](EventKind kind, uint32_t argument = 0) {
    choices.push_back({kind, node, argument, 0, false});
  };
  const auto add_peers = [&](EventKind kind) {
    for (uint32_t i = 0; i < bounds_.nodes; ++i) {
      if (i != node) add(kind, i);
    }
  };
  if (state.role == Role::kLeader) {
    if (Allowed(world, Budget::kEntries)) add(EventKind::kPropose, world.used[static_cast<size_t>(Budget::kEntries)]);
    if (Allowed(world, Budget::kChanges)) {
      for (uint32_t i = 0; i < bounds_.targets.size(); ++i) add(EventKind::kChange, i);
    }
    if (Allowed(world, Budget::kTransfers)) add_peers(EventKind::kTransfer);
    if (Allowed(world, Budget::kUnreachables)) add_peers(EventKind::kUnreachable);
  }
  if (Allowed(world, Budget::kReads) && (state.role == Role::kLeader || state.leader != kNoNode)) {
    add(EventKind::kRead, world.used[static_cast<size_t>(Budget::kReads)]);
  }
  if (Allowed(world, Budget::kCancels)) {
    for (const RequestId id : OpenRequests(state)) add(EventKind::kCancel, static_cast<uint32_t>(id));
  }
}

void Space::EnabledOn(const World& world, uint8_t node, std::vector<Choice>& choices) const {
  const Process& process = processes_[world.processes[node]].value;
  const State& state = process.state;
  const auto add = [&choices, node](EventKind kind) { choices.push_back({kind, node, 0, 0, false}); };
  EnabledWrites(world, node, choices);
  if (state.halted) return;
  if (process.applying != 0) add(EventKind::kApplied);
  if (state.role != Role::kLeader) {
    if (state.current_term < bounds_.terms && bounds_.MayCampaign(node) && Allowed(world, Budget::kElections)) {
      add(EventKind::kElectionTimeout);
    }
  } else {
    if (Allowed(world, Budget::kHeartbeats)) add(EventKind::kHeartbeatTimeout);
    if (Allowed(world, Budget::kQuorumChecks)) add(EventKind::kQuorumCheckTimeout);
  }
  EnabledRequests(world, node, choices);
  const bool snapshot_under_way = std::any_of(process.writes.begin(), process.writes.end(), [](const Write& write) {
    return std::holds_alternative<effect::TakeSnapshot>(write.effect);
  });
  if (Allowed(world, Budget::kSnapshots) && !snapshot_under_way &&
      state.applied_index > process.disk.snapshot.last_included.index) {
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
    // Without a bound, a message that never arrives is lost.
    if (bounds_.in_flight > 0) choices.push_back({EventKind::kLose, node, 0, id, false});
  }
  for (uint8_t node = 0; node < bounds_.nodes; ++node) EnabledOn(world, node, choices);
}

namespace {

// The budget that an event of this kind spends; kCount: none.
Budget SpentBy(EventKind kind, const Bounds& bounds) {
  switch (kind) {
    case EventKind::kElectionTimeout:
      return bounds.elections > 0 ? Budget::kElections : Budget::kCount;
    case EventKind::kHeartbeatTimeout:
      return Budget::kHeartbeats;
    case EventKind::kQuorumCheckTimeout:
      return Budget::kQuorumChecks;
    case EventKind::kPropose:
      return Budget::kEntries;
    case EventKind::kRead:
      return Budget::kReads;
    case EventKind::kTransfer:
      return Budget::kTransfers;
    case EventKind::kChange:
      return Budget::kChanges;
    case EventKind::kSnapshot:
      return Budget::kSnapshots;
    case EventKind::kWriteFailed:
      return Budget::kWriteFailures;
    case EventKind::kCrash:
      return Budget::kCrashes;
    case EventKind::kUnreachable:
      return Budget::kUnreachables;
    case EventKind::kCancel:
      return Budget::kCancels;
    case EventKind::kDeliver:
    case EventKind::kWriteDone:
    case EventKind::kApplied:
    case EventKind::kLose:
      return Budget::kCount;
  }
  return Budget::kCount;
}

}  // namespace

Space::Taken Space::Take(const World& world, const Choice& choice, World& next, Broken& broken) {
  if (choice.kind == EventKind::kLose) {
    next = world;
    next.messages.erase(std::lower_bound(next.messages.begin(), next.messages.end(), choice.message));
    return Taken::kNext;
  }
  const Outcome& outcome = OutcomeOf(world, choice);
  if (outcome.broken.has_value()) {
    broken = *outcome.broken;
    return Taken::kBroken;
  }
  next = world;
  next.processes[choice.node] = outcome.after;
  Budget spent = SpentBy(choice.kind, bounds_);
  if (choice.duplicate) spent = Budget::kDuplicates;
  if (spent != Budget::kCount) ++next.used[static_cast<size_t>(spent)];
  if (choice.kind == EventKind::kDeliver && !choice.duplicate) {
    next.messages.erase(std::lower_bound(next.messages.begin(), next.messages.end(), choice.message));
  }
  // What is broken is broken, whether or not there is room for the messages.
  if (outcome.changes != 0 || choice.kind == EventKind::kRead) {
    if (std::optional<Broken> found = CheckCluster(world, choice, outcome, next)) {
      broken = *std::move(found);
      return Taken::kBroken;
    }
  }
  if (bounds_.drop_dead && (outcome.changes & kDiskTerm) != 0)
    Bury(choice.node, processes_[outcome.after].value.disk.term, next);
  return Send(outcome, next) ? Taken::kNext : Taken::kOutside;
}

std::optional<Broken> Space::CheckCluster(const World& world, const Choice& choice, const Outcome& outcome,
                                          World& next) {
  Ghost ghost = ghosts_[world.ghost].value;
  if (choice.kind == EventKind::kRead) BeginRead(choice.argument, ghost);
  Scene scene;
  scene.nodes = bounds_.nodes;
  scene.actor = choice.node;
  scene.changes = outcome.changes;
  for (uint32_t i = 0; i < bounds_.nodes; ++i) {
    scene.before[i] = &processes_[world.processes[i]].value;
    scene.after[i] = &processes_[next.processes[i]].value;
  }
  std::vector<Message> sent;
  if ((outcome.changes & kSpoke) != 0) {
    for (const uint32_t id : outcome.sent) sent.push_back(messages_[id].value);
  }
  scene.sent = &sent;
  scene.reads = &outcome.reads;
  if (std::optional<Broken> broken = Advance(scene, ghost)) return broken;
  if (cluster_check_) {
    if (std::optional<Broken> broken = cluster_check_(scene, ghost)) return broken;
  }
  if (ghost != ghosts_[world.ghost].value) next.ghost = Intern(ghost);
  return std::nullopt;
}

bool Space::Send(const Outcome& outcome, World& next) const {
  for (const uint32_t id : outcome.sent) {
    const Message& message = messages_[id].value;
    if (bounds_.drop_dead && IsDead(message, processes_[next.processes[message.dest.number - 1]].value.disk.term))
      continue;
    const auto at = std::lower_bound(next.messages.begin(), next.messages.end(), id);
    if (at == next.messages.end() || *at != id) next.messages.insert(at, id);
  }
  return bounds_.in_flight == 0 || next.messages.size() <= bounds_.in_flight;
}

void Space::Bury(uint8_t node, Term term, World& next) const {
  const auto dead = [this, node, term](uint32_t id) {
    const Message& message = messages_[id].value;
    return message.dest.number == node + 1u && IsDead(message, term);
  };
  next.messages.erase(std::remove_if(next.messages.begin(), next.messages.end(), dead), next.messages.end());
}

uint64_t Space::FingerprintOf(const World& world, uint32_t* alike) const {
  uint64_t used = 0;
  for (const uint8_t count : world.used) used = Mix(used * 257 + count + 1);
  // Sums: a process's hash holds its name, so the order of the slots need not count; messages have none.
  absl::InlinedVector<uint64_t, 24> sums(permutations_.size(), used);
  const auto add = [&sums](const auto& hashes, uint64_t factor) {
    for (size_t p = 0; p < sums.size(); ++p) sums[p] += hashes[p] * factor;
  };
  for (const uint32_t id : world.messages) add(messages_[id].hashes, 1);
  for (uint32_t i = 0; i < bounds_.nodes; ++i) add(processes_[world.processes[i]].hashes, 0x9e3779b97f4a7c15u);
  add(ghosts_[world.ghost].hashes, 0xc2b2ae3d27d4eb4fu);
  uint64_t least = ~uint64_t{0};
  for (const uint64_t sum : sums) least = std::min(least, Mix(sum));
  if (alike != nullptr) {
    std::sort(sums.begin(), sums.end());
    *alike = static_cast<uint32_t>(std::unique(sums.begin(), sums.end()) - sums.begin());
  }
  return least;
}

std::string Space::Describe(const World& world, const Choice& choice) const {
  std::string text = absl::StrCat("node ", choice.node + 1, ": ", Name(choice.kind));
  if (choice.kind == EventKind::kDeliver) {
    absl::StrAppend(&text, choice.duplicate ? " (it will come again) " : " ",
                    ToString(messages_[choice.message].value));
  } else if (choice.kind == EventKind::kCrash) {
    absl::StrAppend(&text, ", ", choice.argument % kPart, " of ", process(world, choice.node).writes.size(),
                    " writes under way survive");
    if (choice.argument >= kPart) absl::StrAppend(&text, ", and ", choice.argument / kPart, " entries of the next");
  } else if (choice.kind == EventKind::kWriteDone || choice.kind == EventKind::kWriteFailed) {
    absl::StrAppend(&text, " ", ToString(process(world, choice.node).writes[choice.argument % kPart].effect));
    if (choice.argument >= kPart) absl::StrAppend(&text, ", ", choice.argument / kPart, " of it is on disk");
  } else if (choice.kind == EventKind::kTransfer || choice.kind == EventKind::kUnreachable) {
    absl::StrAppend(&text, ": node ", choice.argument + 1);
  } else if (choice.kind == EventKind::kLose) {
    absl::StrAppend(&text, " ", ToString(messages_[choice.message].value));
  } else if (choice.kind == EventKind::kChange) {
    absl::StrAppend(&text, " ", ToString(Event{input::ProposeConfiguration{0, bounds_.targets[choice.argument]}}));
  }
  return text;
}

}  // namespace lockstep::sim::explore
