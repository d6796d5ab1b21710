// Published properties of Raft that are false, each with the schedule of the shipped core that the search finds: so
// that nobody adds them to those that must hold. (spec/model shows the same of the specification.)
#include <gtest/gtest.h>

#include "sim/explore/search.h"

namespace lockstep::sim::explore {
namespace {

SearchResult Refute(const Bounds& bounds, const ClusterCheck& property) {
  SearchOptions options;
  options.states_max = uint64_t{1} << 20;
  absl::StatusOr<SearchResult> result = Search(bounds, nullptr, options, property);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

// "A leader has what it committed on its own disk": not while it writes in parallel with its followers. [Thesis
// §10.2.1]
TEST(FalsePropertiesTest, CommittedIsDurableAtTheLeader) {
  Bounds bounds;
  bounds.terms = 1;
  bounds.elections = 1;
  bounds.entries = 0;
  const SearchResult result = Refute(bounds, [](const Scene& scene, const Ghost&) -> std::optional<Broken> {
    const Process& leader = *scene.after[scene.actor];
    if (leader.state.role != Role::kLeader || leader.disk.log.last_index() >= leader.state.commit_index) {
      return std::nullopt;
    }
    return Broken{"CommittedIsDurable", "it is not"};
  });
  ASSERT_TRUE(result.broken.has_value());
  EXPECT_EQ(result.broken->property, "CommittedIsDurable");
  EXPECT_EQ(result.schedule.size(), 14u);
}

// "The entries of a committed prefix were committed in the terms that they have": true of Multi-Paxos, not of Raft,
// where an old entry is committed by a later leader's.
TEST(FalsePropertiesTest, CommittedEntriesTerms) {
  Bounds bounds;
  bounds.leader = 1;
  bounds.candidates = 0b001;
  bounds.elections = 1;
  bounds.crashes = 1;  // The leader of term 1 begins anew, and leads term 2.
  bounds.pre_vote = bounds.check_quorum = false;
  const SearchResult result = Refute(bounds, [](const Scene&, const Ghost& ghost) -> std::optional<Broken> {
    for (const CommittedEntry& entry : ghost.committed) {
      if (entry.term != entry.commit_term) return Broken{"CommittedEntriesTerms", "of another term"};
    }
    return std::nullopt;
  });
  ASSERT_TRUE(result.broken.has_value());
  EXPECT_EQ(result.broken->property, "CommittedEntriesTerms");
}

// "While votes for a leader stand, they are a quorum of its configuration": not once the configuration has changed.
TEST(FalsePropertiesTest, LeaderVotesQuorum) {
  Bounds bounds;
  bounds.voters = 1;
  bounds.nodes = 2;
  bounds.terms = 1;
  bounds.entries = 0;
  bounds.changes = 1;
  bounds.targets = {{{{ChangeKind::kAddVoter, {2, 0}}}, Transition::kAuto}};
  const SearchResult result = Refute(bounds, [](const Scene& scene, const Ghost&) -> std::optional<Broken> {
    for (uint32_t leader = 0; leader < scene.nodes; ++leader) {
      const State& state = scene.after[leader]->state;
      if (state.role != Role::kLeader) continue;
      const VoteResult votes = state.configuration().QuorumVote([&](NodeId id) {
        const State& voter = scene.after[id.number - 1]->state;
        const bool stands = voter.current_term > state.current_term ||
                            (voter.current_term == state.current_term && voter.voted_for == state.id);
        return stands ? VoteResult::kWon : VoteResult::kLost;
      });
      if (votes != VoteResult::kWon) return Broken{"LeaderVotesQuorum", "they are not"};
    }
    return std::nullopt;
  });
  ASSERT_TRUE(result.broken.has_value());
  EXPECT_EQ(result.broken->property, "LeaderVotesQuorum");
}

}  // namespace
}  // namespace lockstep::sim::explore
