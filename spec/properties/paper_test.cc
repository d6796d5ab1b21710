#include "spec/properties/paper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/properties/planted.h"

namespace lockstep::spec {
namespace {

void Nothing(Scene&) {}

// `node` behaves as the leader of its own term, whoever voted for it.
void SeizeLeadership(Scene& scene, uint32_t node) {
  scene.Take(node, input::PeerUnreachable{}, [](State& state, EffectSink& effects) {
    state.role = Role::kLeader;
    state.leader = state.id;
    state.candidacy = {};
    for (NodeId id : state.configuration().voters) {
      if (id != state.id) state.leading.peers.push_back({id, {}});
    }
    for (Peer& peer : state.leading.peers) peer.progress.next_index = state.log.last_index() + 1;
    state.leading.uncommitted_bytes = state.log.BytesAfter(state.commit_index);
    state.log.Append({state.current_term, 0, EntryKind::kNoOp});
    Scene::WriteLog(state, effects, state.log.last_index());
  });
}

// The follower takes `entries` after its log in the leader's name.
void TakeEntries(Scene& scene, uint32_t node, uint32_t leader, std::vector<EntryMeta> entries) {
  const State& state = scene.At(node);
  AppendEntries request;
  request.previous = state.last_log();
  request.entries = entries;
  scene.Receive(node, leader, state.current_term, request, [&](State& after, EffectSink& effects) {
    const Index first = after.log.last_index() + 1;
    for (const EntryMeta& entry : entries) after.log.Append(entry);
    Scene::WriteLog(after, effects, first);
  });
}

// The Figure 8 situation: node 1 leads term 3 with an entry of term 1 that node 2 has too, and its own no-op behind it.
void Figure8(Scene& scene) {
  scene.Elect(1, 2);
  scene.Append(1);
  scene.Follow(2, 1);
  scene.HearTerm(1, 3, 2);
  scene.Elect(1, 2);
}

void CommitTo(Scene& scene, uint32_t node, Index index) {
  scene.Take(node, input::PeerUnreachable{}, [index](State& state, EffectSink&) {
    for (Index i = state.commit_index + 1; i <= index; ++i) state.leading.uncommitted_bytes -= state.log.At(i).bytes;
    state.commit_index = index;
  });
}

// Two of three have acknowledged the no-op of node 1's term; node 3 knows nothing.
void Committed(Scene& scene) {
  scene.Elect(1, 2);
  scene.Append(1);
  scene.Replicate(1, 2);
}

TEST(PaperTest, EachPropertyIsTrippedByWhatIsPlanted) {
  EXPECT_THAT(PlayAll(Family::kPaper,
                      {
                          {Property::kElectionSafety,
                           [](Scene& scene) {
                             scene.Elect(1, 2);
                             scene.Campaign(3);  // In the same term, for which node 2 has voted.
                           },
                           Nothing, [](Scene& scene) { SeizeLeadership(scene, 3); }},
                          {Property::kElectedByQuorumProp, [](Scene& scene) { scene.Campaign(1); },
                           [](Scene& scene) {
                             scene.Grant(2, 1);
                             scene.Win(1, 2);
                           },
                           [](Scene& scene) { SeizeLeadership(scene, 1); }},
                          // A grant arrives that the voter never made durable.
                          {Property::kElectedByQuorumProp, [](Scene& scene) { scene.Campaign(1); }, Nothing,
                           [](Scene& scene) { scene.Win(1, 2); }},
                          {Property::kCandidateTermNotInLogInv, Nothing, [](Scene& scene) { scene.Elect(1, 2); },
                           // Somebody comes with an entry of the term that is about to get its leader.
                           [](Scene& scene) {
                             scene.StartStranger(1);
                             scene.Elect(1, 2);
                           }},
                          {Property::kLogMatching,
                           [](Scene& scene) {
                             scene.Elect(1, 2);
                             scene.Follow(2, 1);
                             scene.Append(1);
                           },
                           [](Scene& scene) {
                             TakeEntries(scene, 2, 1, {{1, 10, EntryKind::kCommand}});
                           },
                           [](Scene& scene) {
                             TakeEntries(scene, 2, 1, {{1, 11, EntryKind::kCommand}});
                           }},
                          // An entry in the middle becomes another one.
                          {Property::kLogMatching,
                           [](Scene& scene) {
                             scene.Elect(1, 2);
                             scene.Append(1);
                             scene.Append(1);
                           },
                           Nothing,
                           [](Scene& scene) {
                             scene.Take(1, input::PeerUnreachable{}, [](State& state, EffectSink&) {
                               state.log.TruncateAfter(1);
                               state.log.Append({1, 11, EntryKind::kCommand});
                               state.log.Append({1, 9, EntryKind::kCommand});
                             });
                             for (int i = 0; i < 20; ++i) scene.Take(1, input::PeerUnreachable{});
                           }},
                          {Property::kLeaderTermIndexInv,
                           [](Scene& scene) {
                             scene.Elect(1, 2);
                             scene.Follow(2, 1);
                           },
                           Nothing,
                           [](Scene& scene) {
                             TakeEntries(scene, 2, 1, {{1, 10, EntryKind::kCommand}});
                           }},
                          {Property::kLeaderCompleteness, Committed, [](Scene& scene) { scene.Elect(2, 3); },
                           // Node 2 has lost its log, and votes for one that never had the entry.
                           [](Scene& scene) {
                             scene.monitor().DiskLost(0, {2, 0});
                             scene.Crash(2);
                             State amnesiac = scene.Disk(2);
                             amnesiac.log = Log({}, scene.At(2).log.configurations().front());
                             scene.Restart(2, amnesiac);
                             scene.Campaign(3);
                             scene.Elect(3, 2);
                           }},
                          {Property::kStateMachineSafety,
                           [](Scene& scene) {
                             scene.Elect(1, 2);
                             scene.Follow(2, 1);
                           },
                           Nothing, [](Scene& scene) { CommitTo(scene, 2, 1); }},
                          {Property::kCommitOnlyCurrentTermProp, Figure8,
                           [](Scene& scene) {
                             scene.Follow(2, 1);
                             scene.Hear(1, 2);
                           },
                           [](Scene& scene) {
                             scene.Take(1, input::PeerUnreachable{}, [](State& state, EffectSink&) {
                               Scene::PeerOf(state, 2).match_index = 2;
                               Scene::PeerOf(state, 2).next_index = 3;
                               state.leading.uncommitted_bytes -= 10;
                               state.commit_index = 2;
                             });
                           }},
                          {Property::kCommittedByQuorumProp, [](Scene& scene) { scene.Elect(1, 2); },
                           [](Scene& scene) { scene.Replicate(1, 2); }, [](Scene& scene) { CommitTo(scene, 1, 1); }},
                      }),
              ::testing::IsEmpty());
}

TEST(PaperTest, AnEntryOfAnOldTermCommitsWithOneOfTheLeadersOwn) {
  Scene scene;
  Figure8(scene);
  scene.Replicate(1, 2);
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.At(1).commit_index, 3u);
  EXPECT_GT(scene.monitor().goals()[Goal::kOldTermCommittedIndirectly], 0u);
}

// The false form of LeaderCompleteness, by the entry's own term, would fail here: a stale leader of a later term than
// the entry's lacks it, and that is right.
TEST(PaperTest, AStaleLeaderMayLackAnOldEntryCommittedLater) {
  Scene scene;
  scene.Elect(1, 2);
  scene.Append(1);  // 2:1, at node 1 alone.
  scene.Campaign(3);
  scene.Elect(3, 2);  // Term 2, without that entry.
  scene.HearTerm(1, 2, 2);
  scene.Elect(1, 2);
  scene.Replicate(1, 2);  // Commits 1:1 and 2:1 in a later term, while node 3 still leads term 2.
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.At(3).role, Role::kLeader);
  EXPECT_GT(scene.monitor().goals()[Goal::kCommitWithTwoLeaders], 0u);
}

}  // namespace
}  // namespace lockstep::spec
