// The step function as a whole: it is total, pure and safe under a soup of arbitrary inputs.
#include "core/step.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/fingerprint.h"
#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

// A cluster in which anything pending may happen next: deliveries in any order, repeated or lost, completions in any
// order, timeouts at any time. Checks the paper's safety properties in their plainest form.
class Soup {
 public:
  Soup(uint32_t nodes, uint64_t seed) : random_(seed) {
    Configuration configuration;
    for (uint32_t i = 1; i <= nodes; ++i) configuration.voters.insert(N(i));
    Options options;
    options.append_entries_max = 2;
    options.apply_entries_max = 2;
    options.snapshot_chunk_bytes = 2;
    options.inflight_messages_max = 2;
    options.resident_entries = seed % 3;
    for (uint32_t i = 1; i <= nodes; ++i) nodes_.emplace_back(i, Founding(configuration), options);
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Once();
  }

  size_t committed() const { return committed_.size(); }
  size_t leaders() const { return leaders_.size(); }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }

  void Once() {
    Node& node = nodes_[Below(nodes_.size())];
    const uint64_t choice = Below(100);
    if (choice < 55 && !network_.empty()) {
      const size_t at = Below(std::min<size_t>(network_.size(), 12));
      const Message message = network_[at];
      if (choice < 50) network_.erase(network_.begin() + static_cast<ptrdiff_t>(at));  // Else it comes again.
      if (choice > 2) Take(nodes_[message.dest.number - 1], input::Receive{message});  // Else it is lost.
    } else if (choice < 80 && !node_events_[node.state.id].empty()) {
      auto& events = node_events_[node.state.id];
      const size_t at = Below(events.size());
      const Event event = events[at];
      events.erase(events.begin() + static_cast<ptrdiff_t>(at));
      Take(node, event);
    } else if (choice < 81) {
      // Seldom, or elections would only disturb each other; and first the others forget their leader.
      if (Below(3) != 0) return;
      for (Node& each : nodes_) {
        if (each.state.role == Role::kFollower && Below(2) == 0) Take(each, input::ElectionTimeout{});
      }
    } else if (choice < 84) {
      Take(node, input::HeartbeatTimeout{});
    } else if (choice < 85) {
      Take(node, input::QuorumCheckTimeout{});
    } else if (choice < 91) {
      Take(node, input::Propose{{{++request_, 1}, {++request_, 2}}});
    } else if (choice < 96) {
      Take(node, input::Read{++request_, input::ReadMode::kReadIndex});
    } else if (choice < 97) {
      Take(node, input::TransferLeadership{++request_, N(1 + static_cast<uint32_t>(Below(nodes_.size())))});
    } else if (choice < 98) {
      Take(node, input::SnapshotTaken{Below(node.state.applied_index + 1), 3, true});
    } else if (choice < 99) {
      const NodeId id = N(1 + static_cast<uint32_t>(Below(nodes_.size())));
      const auto kind = static_cast<ChangeKind>(Below(3));
      Take(node, input::ProposeConfiguration{++request_, {{{kind, id}}, Transition::kJointImplicit}});
    } else {
      Take(node, input::PeerUnreachable{N(1)});
    }
  }

  void Take(Node& node, const Event& event) {
    State again = node.state;
    EffectSink effects_again;
    node.Take(event);
    if (Below(16) == 0) {
      Step(again, {event, {}}, effects_again);
      EXPECT_EQ(again, node.state) << "the same input gave another state: " << ToString(event);
      EXPECT_EQ(FingerprintOf(again), FingerprintOf(node.state));
    }
    ASSERT_FALSE(node.state.halted) << ToString(event) << ": " << ToString(node.effects[node.effects.size() - 1]);
    for (Effect& effect : node.effects) CarryOut(node, effect);
    Check(node);
  }

  void CarryOut(Node& node, Effect& effect) {
    auto& events = node_events_[node.state.id];
    if (auto* send = std::get_if<effect::Send>(&effect)) {
      // A message that waits for a write is sent with it: the write always completes here.
      network_.push_back(send->message);
      if (network_.size() > 60) network_.erase(network_.begin());
    } else if (auto* append = std::get_if<effect::AppendLog>(&effect)) {
      events.push_back(input::WriteDone{append->write_id});
    } else if (auto* truncate = std::get_if<effect::TruncateLog>(&effect)) {
      events.push_back(input::WriteDone{truncate->write_id});
    } else if (auto* vote = std::get_if<effect::SaveVote>(&effect)) {
      events.push_back(input::WriteDone{vote->write_id});
    } else if (auto* apply = std::get_if<effect::Apply>(&effect)) {
      events.push_back(input::Applied{apply->last});
    } else if (auto* store = std::get_if<effect::StoreSnapshotChunk>(&effect)) {
      events.push_back(input::SnapshotChunkStored{store->write_id, true});
    } else if (auto* install = std::get_if<effect::InstallSnapshot>(&effect)) {
      events.push_back(input::SnapshotInstalled{install->last_included, true});
    } else if (auto* load = std::get_if<effect::LoadEntries>(&effect)) {
      events.push_back(input::EntriesLoaded{load->peer, load->first, load->last, true});
    }
  }

  void Check(const Node& node) {
    const State& state = node.state;
    if (state.role == Role::kLeader) {
      const auto [at, fresh] = leaders_.emplace(state.current_term, state.id);
      ASSERT_EQ(at->second, state.id) << "two leaders in term " << state.current_term;
    }
    ASSERT_LE(state.apply_index, state.commit_index);
    ASSERT_LE(state.commit_index, state.log.last_index());
    ASSERT_LE(state.storage.durable_index, state.log.last_index());
    for (Index i = state.log.first_index(); i <= state.commit_index; ++i) {
      const auto [at, fresh] = committed_.emplace(i, state.log.At(i));
      ASSERT_EQ(at->second, state.log.At(i)) << "two entries committed at " << i;
    }
  }

  std::mt19937_64 random_;
  std::vector<Node> nodes_;
  std::vector<Message> network_;
  std::map<NodeId, std::vector<Event>> node_events_;
  std::map<Term, NodeId> leaders_;
  std::map<Index, EntryMeta> committed_;
  RequestId request_ = 0;
};

TEST(StepTest, ASoupOfInputsIsSafe) {
  size_t committed = 0, leaders = 0;
  for (uint64_t seed = 0; seed < 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Soup soup(seed % 5 + 1, seed);
    soup.Run(3000);
    committed += soup.committed();
    leaders += soup.leaders();
  }
  EXPECT_GT(committed, 3000u);
  EXPECT_GT(leaders, 1000u);
}

TEST(StepTest, AHaltedNodeAnswersRequestsAndNothingElse) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(2, 1, Heartbeat{2, 1});
  ASSERT_TRUE(node.state.halted);
  EXPECT_EQ(node.All<effect::Halt>().size(), 1u);
  EXPECT_TRUE(node.Take(input::ElectionTimeout{}).empty());
  node.Take(input::Read{7, input::ReadMode::kReadIndex});
  ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kHalted);
}

TEST(StepTest, AMessageForAnotherIncarnationIsIgnored) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  const State before = node.state;
  node.Take(input::Receive{{N(2), N(1, 1), 5, Heartbeat{0, 1}}});
  EXPECT_EQ(node.state, before);
  EXPECT_TRUE(node.effects.empty());
}

TEST(StepTest, AMalformedMessageIsIgnored) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  const State before = node.state;
  AppendEntries request;
  request.previous = {1, 1};
  request.entries = {testing::Command(9)};  // Of a later term than the message.
  node.Receive(2, 5, request);
  EXPECT_EQ(node.state, before);
  EXPECT_TRUE(node.effects.empty());
}

TEST(StepTest, AHigherTermIsWrittenEvenIfNoMessageNeedsIt) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Receive(2, 5, AppendEntriesReply{true, 1, 0, {}});
  EXPECT_EQ(node.state.current_term, 5u);
  ASSERT_EQ(node.All<effect::SaveVote>().size(), 1u);
  EXPECT_EQ(node.All<effect::SaveVote>()[0].term, 5u);
}

}  // namespace
}  // namespace lockstep
