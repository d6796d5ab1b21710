#include "sim/explore/ghost.h"

#include <gtest/gtest.h>

#include <functional>

namespace lockstep::sim::explore {
namespace {

// Three nodes by hand. Node 1 leads term 1: its no-op, at index 1, is on all disks and committed.
class ClusterTest : public ::testing::Test {
 protected:
  ClusterTest() {
    Bounds bounds;
    for (uint32_t i = 0; i < 3; ++i) {
      Process& process = processes_[i] = Founder(i, bounds);
      Append(process, 1);
      process.disk = {1, {1, 0}, {}, process.state.log};
      process.state.current_term = 1;
      process.state.voted_for = {1, 0};
      process.state.leader = {1, 0};
      process.state.storage.durable_index = 1;
    }
    State& leader = processes_[0].state;
    leader.role = Role::kLeader;
    leader.commit_index = 1;
    leader.leading.term_start_index = 1;
    for (const uint32_t peer : {2u, 3u}) {
      leader.leading.peers.push_back({{peer, 0}, {}});
      leader.leading.peers.back().progress.match_index = 1;
    }
    ghost_.leaders[1] = 0;
    for (uint32_t i = 0; i < 3; ++i) ghost_.votes[1][i] = 0;
    ghost_.committed = {{1, EntryKind::kNoOp, 1}};
    ghost_.commit_quorum = 0b111;
    ghost_.commit_quorum_term = 1;
  }

  static void Append(Process& process, Term term) { process.state.log.Append({term, 0, EntryKind::kNoOp}); }

  // An event of node `number`. Returns what it breaks; nothing of it stays if it breaks something.
  std::string After(uint32_t number, const std::function<void(Process&)>& change, std::vector<Message> sent = {},
                    std::vector<Served> reads = {}) {
    const uint32_t actor = number - 1;
    Happening happening;
    happening.after = processes_[actor];
    change(happening.after);
    happening.sent = std::move(sent);
    happening.reads = std::move(reads);
    Scene scene;
    scene.nodes = 3;
    scene.actor = actor;
    for (uint32_t i = 0; i < 3; ++i) scene.before[i] = scene.after[i] = &processes_[i];
    scene.after[actor] = &happening.after;
    scene.changes = ChangesOf(processes_[actor], happening);
    scene.sent = &happening.sent;
    scene.reads = &happening.reads;
    Ghost ghost = ghost_;
    if (std::optional<Broken> broken = Advance(scene, ghost)) return broken->property;
    ghost_ = ghost;
    processes_[actor] = happening.after;
    return "";
  }

  // `number` begins to lead `term`, its own vote durable, with the votes that the ghost has.
  std::string Lead(uint32_t number, Term term) {
    return After(number, [number, term](Process& process) {
      process.disk.term = process.state.current_term = term;
      process.disk.voted_for = process.state.voted_for = {number, 0};
      process.state.role = Role::kLeader;
    });
  }
  std::string Grant(uint32_t voter, uint32_t candidate, Term term) {
    return After(voter,
                 [=](Process& process) {
                   process.disk.term = process.state.current_term = term;
                   process.disk.voted_for = process.state.voted_for = {candidate, 0};
                   process.state.leader = kNoNode;
                   process.state.role = Role::kFollower;
                   process.state.leading = {};
                 },
                 {{{voter, 0}, {candidate, 0}, term, RequestVoteReply{term, false, true}}});
  }

  std::array<Process, 3> processes_;
  Ghost ghost_;
};

TEST_F(ClusterTest, ASuccessionBreaksNothing) {
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "");
  EXPECT_EQ(After(2, [](Process& process) { Append(process, 2); }), "");
  EXPECT_EQ(ghost_.leaders[2], 1);
}

TEST_F(ClusterTest, VoteOncePerTermInv) {
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Grant(3, 1, 2), "VoteOncePerTermInv");
}

TEST_F(ClusterTest, ElectionSafety) {
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "");
  EXPECT_EQ(Lead(1, 2), "ElectionSafety");
}

TEST_F(ClusterTest, ElectedByQuorumProp) { EXPECT_EQ(Lead(2, 2), "ElectedByQuorumProp"); }

TEST_F(ClusterTest, ElectedByAQuorumOfEachHalf) {
  processes_[1].state.log.Append({1, 0, EntryKind::kConfiguration}, {{{2, 0}, {3, 0}}, {{1, 0}, {2, 0}}, {}, {}, true});
  processes_[0].state.log = processes_[1].state.log;
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "ElectedByQuorumProp");
  EXPECT_EQ(Grant(1, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "");
}

TEST_F(ClusterTest, ConfigurationSafety) {
  ghost_.commit_quorum = 0b001;
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "ConfigurationSafety");
}

TEST_F(ClusterTest, LeaderCompletenessOfANewLeader) {
  processes_[1].state.log.TruncateAfter(0);
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "LeaderCompleteness");
}

TEST_F(ClusterTest, LeaderCompletenessOfALeaderThatIsThere) {
  EXPECT_EQ(Grant(3, 2, 2), "");
  EXPECT_EQ(Lead(2, 2), "");
  // The old leader commits an entry of term 1 only now.
  EXPECT_EQ(After(1, [](Process& process) { Append(process, 1); }), "");
  for (Process& process : processes_) process.disk.log = processes_[0].state.log;
  EXPECT_EQ(After(1,
                  [](Process& process) {
                    process.state.commit_index = 2;
                    process.state.storage.durable_index = 2;
                    process.state.leading.peers[1].progress.match_index = 2;
                  }),
            "LeaderCompleteness");
}

TEST_F(ClusterTest, CandidateTermNotInLogInv) {
  EXPECT_EQ(Grant(3, 2, 2), "");
  Append(processes_[2], 2);
  EXPECT_EQ(Lead(2, 2), "CandidateTermNotInLogInv");
}

TEST_F(ClusterTest, LogMatching) {
  Append(processes_[0], 1);
  EXPECT_EQ(After(2, [](Process& process) { process.state.log.Append({1, 5, EntryKind::kCommand}); }), "LogMatching");
}

TEST_F(ClusterTest, LogMatchingBelow) {
  processes_[2].state.log = Log({}, processes_[2].state.log.configuration());
  EXPECT_EQ(After(3,
                  [](Process& process) {
                    process.state.log.Append({0, 0, EntryKind::kNoOp});
                    Append(process, 1);
                  }),
            "LeaderTermIndexInv");
  Append(processes_[0], 1);
  EXPECT_EQ(After(3,
                  [](Process& process) {
                    process.state.log.Append({0, 0, EntryKind::kNoOp});
                    Append(process, 1);
                  }),
            "LogMatching");
}

TEST_F(ClusterTest, LeaderTermIndexInv) {
  EXPECT_EQ(After(2, [](Process& process) { Append(process, 1); }), "LeaderTermIndexInv");
}

TEST_F(ClusterTest, StateMachineSafety) {
  EXPECT_EQ(After(2, [](Process& process) { process.state.commit_index = 1; }), "");
  ghost_.committed[0].term = 7;
  EXPECT_EQ(After(3, [](Process& process) { process.state.commit_index = 1; }), "StateMachineSafety");
}

TEST_F(ClusterTest, AFollowerCommitsNothingFirst) {
  Append(processes_[0], 1);
  Append(processes_[1], 1);
  EXPECT_EQ(After(2, [](Process& process) { process.state.commit_index = 2; }), "StateMachineSafety");
}

TEST_F(ClusterTest, ALogBeginsAfterACommittedEntry) {
  const ConfigurationEntry configuration = processes_[1].state.log.configuration();
  EXPECT_EQ(After(2, [&](Process& process) { process.state.log = Log({2, 1}, configuration); }), "StateMachineSafety");
  EXPECT_EQ(After(2, [&](Process& process) { process.state.log = Log({1, 7}, configuration); }), "StateMachineSafety");
  EXPECT_EQ(After(2, [&](Process& process) { process.state.log = Log({1, 1}, configuration); }), "");
}

TEST_F(ClusterTest, CommitOnlyCurrentTermProp) {
  Append(processes_[0], 1);
  processes_[0].state.current_term = 2;
  ghost_.leaders[2] = 0;
  EXPECT_EQ(After(1, [](Process& process) { process.state.commit_index = 2; }), "CommitOnlyCurrentTermProp");
}

TEST_F(ClusterTest, QuorumLogInvAndCommittedByQuorumProp) {
  Append(processes_[0], 1);
  const auto commit = [](Process& process) { process.state.commit_index = 2; };
  EXPECT_EQ(After(1, commit), "QuorumLogInv");
  processes_[0].disk.log = processes_[1].disk.log = processes_[0].state.log;
  EXPECT_EQ(After(1, commit), "CommittedByQuorumProp");
  processes_[0].state.storage.durable_index = 2;
  processes_[0].state.leading.peers[0].progress.match_index = 2;
  EXPECT_EQ(After(1, commit), "");
  EXPECT_EQ(ghost_.commit_quorum, 0b011);
}

TEST_F(ClusterTest, CommittedReplicatedInv) {
  const auto lose = [](Process& process) { process.disk.log.TruncateAfter(0); };
  EXPECT_EQ(After(3, [](Process& process) { process.disk.term = process.state.current_term = 2; }), "");
  EXPECT_EQ(After(3, lose), "");
  EXPECT_EQ(After(2, [](Process& process) { process.disk.term = process.state.current_term = 2; }), "");
  EXPECT_EQ(After(2, lose), "CommittedReplicatedInv");
}

TEST_F(ClusterTest, MatchSoundInv) {
  Append(processes_[0], 1);
  const auto match = [](Process& process) { process.state.leading.peers[0].progress.match_index = 2; };
  EXPECT_EQ(After(1, match), "MatchSoundInv");
  processes_[1].disk.log = processes_[0].state.log;
  EXPECT_EQ(After(1, match), "");
  EXPECT_EQ(After(2, [](Process& process) { process.disk.log.TruncateAfter(1); }), "MatchSoundInv");
}

TEST_F(ClusterTest, ReadFreshness) {
  BeginRead(7, ghost_);
  EXPECT_EQ(After(1, [](Process&) {}, {}, {{7, 0}}), "ReadFreshness");
  EXPECT_EQ(After(1, [](Process&) {}, {}, {{7, 1}}), "");
}

TEST(GhostTest, NamesMayBeExchanged) {
  Ghost ghost;
  ghost.leaders[1] = 0;
  ghost.votes[1] = {0, 0, 2, kNobody, kNobody};
  ghost.commit_quorum = 0b011;
  const Permutation swap = {2, 1, 0, 3, 4};
  const Ghost renamed = Renamed(ghost, swap);
  EXPECT_EQ(renamed.leaders[1], 2);
  EXPECT_EQ(renamed.votes[1], (std::array<uint8_t, kNodesMax>{0, 2, 2, kNobody, kNobody}));
  EXPECT_EQ(renamed.commit_quorum, 0b110);
  EXPECT_EQ(Renamed(renamed, swap), ghost);
}

}  // namespace
}  // namespace lockstep::sim::explore
