// What the search leaves out, against the search that does not: README.md argues, this compares.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "sim/explore/search.h"
#include "sim/explore/space.h"

namespace lockstep::sim::explore {
namespace {

using Visit = std::function<void(const Space&, const World&, const std::vector<Choice>&)>;

// Every state within the bounds, and what can happen there. No property may be broken.
void ForEachState(const Bounds& bounds, const Visit& visit) {
  ASSERT_TRUE(ValidateBounds(bounds).ok());
  Space space(bounds, nullptr);
  std::optional<Broken> broken_at_start;
  std::deque<World> waiting = {space.Initial(broken_at_start)};
  ASSERT_FALSE(broken_at_start.has_value());
  std::set<uint64_t> seen = {space.FingerprintOf(waiting.front())};
  std::vector<Choice> choices;
  World next;
  Broken broken;
  while (!waiting.empty()) {
    const World world = waiting.front();
    waiting.pop_front();
    space.Enabled(world, choices);
    visit(space, world, choices);
    for (const Choice& choice : choices) {
      const Space::Taken taken = space.Take(world, choice, next, broken);
      ASSERT_NE(taken, Space::Taken::kBroken) << broken.property << ": " << broken.evidence;
      if (taken == Space::Taken::kNext && seen.insert(space.FingerprintOf(next)).second) waiting.push_back(next);
    }
  }
}

// The nodes, what is used up, and, if asked for, the messages.
uint64_t NodesOf(const Space& space, const World& world) {
  Fingerprinter f;
  for (uint32_t i = 0; i < space.bounds().nodes; ++i) f.Add(FingerprintOf(space.process(world, i)).low);
  for (const uint8_t used : world.used) f.Add(used);
  return f.Finish().low;
}

Bounds Small(uint32_t nodes) {
  Bounds bounds;
  bounds.nodes = nodes;
  bounds.terms = 1;
  bounds.elections = 1;
  bounds.entries = 1;
  return bounds;
}

std::vector<Bounds> Variety() {
  std::vector<Bounds> all;
  const auto add = [&all](uint32_t nodes, const std::function<void(Bounds&)>& change) {
    all.push_back(Small(nodes));
    change(all.back());
  };
  add(2, [](Bounds& b) { b.crashes = 1; });
  add(2, [](Bounds& b) { b.snapshots = 1; });
  add(2, [](Bounds& b) { b.reads = 1; });
  add(2, [](Bounds& b) { b.duplicates = 1; });
  add(2, [](Bounds& b) { b.terms = b.elections = 2; });
  add(2, [](Bounds& b) { b.transfers = 1, b.terms = 2; });
  add(2, [](Bounds& b) { b.crashes = 1, b.reorder_completions = true; });
  add(3, [](Bounds& b) { b.entries = 0; });
  return all;
}

// Counting each state as often as there are names for it gives what the search without symmetry counts.
TEST(ReductionsTest, SymmetryLosesNoState) {
  for (Bounds bounds : Variety()) {
    const absl::StatusOr<SearchResult> with = Search(bounds, nullptr, {});
    bounds.symmetry = false;
    const absl::StatusOr<SearchResult> without = Search(bounds, nullptr, {});
    ASSERT_TRUE(with.ok() && with->complete && without.ok() && without->complete);
    EXPECT_LT(with->progress.states, without->progress.states);
    EXPECT_EQ(with->progress.named, without->progress.states);
  }
}

// Where nothing is being applied, the nodes are the same ones as if everything were applied at once.
TEST(ReductionsTest, AHostThatAppliesAtOnceLosesNoState) {
  for (Bounds bounds : Variety()) {
    bounds.symmetry = false;
    std::set<uint64_t> prompt, slow;
    ForEachState(bounds, [&prompt](const Space& space, const World& world, const std::vector<Choice>&) {
      prompt.insert(NodesOf(space, world));
    });
    bounds.prompt_apply = false;
    size_t applying = 0;
    ForEachState(bounds, [&](const Space& space, const World& world, const std::vector<Choice>&) {
      for (uint32_t i = 0; i < bounds.nodes; ++i) {
        if (space.process(world, i).applying == 0) continue;
        ++applying;
        return;
      }
      slow.insert(NodesOf(space, world));
    });
    EXPECT_EQ(prompt, slow);
    EXPECT_GT(applying, 0u);
  }
}

// Messages that can do nothing change which messages there are, and no node.
TEST(ReductionsTest, DeadMessagesAreDead) {
  uint64_t fewer = 0;
  for (Bounds bounds : Variety()) {
    bounds.symmetry = false;
    std::set<uint64_t> dropped, kept;
    uint64_t states_dropped = 0, states_kept = 0;
    ForEachState(bounds, [&](const Space& space, const World& world, const std::vector<Choice>&) {
      dropped.insert(NodesOf(space, world));
      ++states_dropped;
    });
    bounds.drop_dead = false;
    ForEachState(bounds, [&](const Space& space, const World& world, const std::vector<Choice>&) {
      kept.insert(NodesOf(space, world));
      ++states_kept;
    });
    EXPECT_EQ(dropped, kept);
    if (states_dropped < states_kept) ++fewer;
  }
  EXPECT_GT(fewer, 0u);
}

// Collects what the steps of one event ask for.
class Recorder : public StepObserver {
 public:
  void Stepped(const State&, const Input&, const EffectSink& asked, const State&) override {
    for (const Effect& effect : asked) effects.push_back(effect);
  }
  void Restarted(const DurableState&, const State&) override {}
  std::vector<Effect> effects;
};

bool WithoutIdsSame(Effect a, Effect b) {
  for (Effect* effect : {&a, &b}) {
    if (auto* vote = std::get_if<effect::SaveVote>(effect)) vote->write_id = 0;
    if (auto* append = std::get_if<effect::AppendLog>(effect)) append->write_id = 0;
    if (auto* truncate = std::get_if<effect::TruncateLog>(effect)) truncate->write_id = 0;
    if (auto* chunk = std::get_if<effect::StoreSnapshotChunk>(effect)) chunk->write_id = 0;
  }
  return a == b;
}

// A crash after k effects finds on disk a prefix of the writes among them, and has sent what stood before. Both are
// among what a crash after the whole event can find, if the event leaves its writes, in their order, behind the older
// ones, touches the disk itself only by giving up what a snapshot covers, and sends at once all that waits for nothing.
TEST(ReductionsTest, ACutIsACrashAfterTheWholeEvent) {
  size_t events = 0;
  for (Bounds bounds : Variety()) {
    bounds.symmetry = false;
    ForEachState(bounds, [&](const Space& space, const World& world, const std::vector<Choice>& choices) {
      for (const Choice& choice : choices) {
        if (choice.kind == EventKind::kCrash) continue;
        const Process& before = space.process(world, choice.node);
        Recorder recorder;
        const Message* message = choice.kind == EventKind::kDeliver ? &space.message(choice.message) : nullptr;
        const Happening happening = Happen(before, choice.kind, choice.argument, message, bounds, &recorder);
        std::vector<Effect> writes;
        bool compacts = false;
        for (const Effect& effect : recorder.effects) {
          if (IsLogWrite(effect) || std::holds_alternative<effect::StoreSnapshotChunk>(effect) ||
              std::holds_alternative<effect::InstallSnapshot>(effect)) {
            writes.push_back(effect);
          }
          compacts = compacts || std::holds_alternative<effect::CompactLog>(effect);
          const auto* send = std::get_if<effect::Send>(&effect);
          if (send == nullptr || send->after != 0) continue;
          EXPECT_NE(std::find(happening.sent.begin(), happening.sent.end(), send->message), happening.sent.end());
        }
        const auto& left = happening.after.writes;
        const size_t asked = choice.kind == EventKind::kSnapshot ? 1 : 0;  // By the host itself.
        ASSERT_GE(left.size(), writes.size());
        EXPECT_TRUE(std::equal(writes.rbegin(), writes.rend(), left.rbegin(), [](const Effect& a, const Write& b) {
          return WithoutIdsSame(a, b.effect) && !b.on_disk;
        }));
        if (choice.kind != EventKind::kWriteDone) {
          EXPECT_EQ(left.size(), before.writes.size() + writes.size() + asked);
          EXPECT_TRUE(compacts || happening.after.disk == before.disk);
        } else if (!compacts) {
          // Only what was under way before has reached the disk.
          const Happening crash = Happen(before, EventKind::kCrash, choice.argument + 1, nullptr, bounds, nullptr);
          const bool of_log = std::all_of(before.writes.begin(), before.writes.begin() + choice.argument + 1,
                                          [](const Write& write) { return IsLogWrite(write.effect); });
          EXPECT_TRUE(!of_log || happening.after.disk == crash.after.disk);
        }
        ++events;
      }
    });
  }
  EXPECT_GT(events, 1000u);
}

// With room for few messages, what does not fit is lost in every way; with enough room there is no bound.
TEST(ReductionsTest, RoomInTheNetworkIsABoundOfSchedules) {
  Bounds bounds = Small(2);
  bounds.symmetry = false;
  std::set<uint64_t> all, one, fifty;
  const auto into = [](std::set<uint64_t>& nodes) {
    return [&nodes](const Space& space, const World& world, const std::vector<Choice>&) {
      nodes.insert(NodesOf(space, world));
    };
  };
  ForEachState(bounds, into(all));
  bounds.in_flight = 1;
  ForEachState(bounds, into(one));
  bounds.in_flight = 50;
  ForEachState(bounds, into(fifty));
  EXPECT_EQ(all, fifty);
  EXPECT_LT(one.size(), all.size());
  EXPECT_TRUE(std::includes(all.begin(), all.end(), one.begin(), one.end()));
}

}  // namespace
}  // namespace lockstep::sim::explore
