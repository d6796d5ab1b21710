#include "spec/properties/durability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/properties/planted.h"

namespace lockstep::spec {
namespace {

void Nothing(Scene&) {}
void Elected(Scene& scene) { scene.Elect(1, 2); }

// Node 1 leads with a committed command; node 2 has it durable.
void Committed(Scene& scene) {
  scene.Elect(1, 2);
  scene.Append(1);
  scene.Replicate(1, 2);
}

Play Step(uint32_t node, Scene::Change change) {
  return [node, change](Scene& scene) { scene.Take(node, input::PeerUnreachable{}, change); };
}

// Node 2 takes node 1's request for a vote; its answer waits for `wait` of its write.
Play GrantWaiting(bool wait) {
  return [wait](Scene& scene) {
    scene.Receive(2, 1, 1, RequestVote{1, {}, false, false}, [wait](State& state, EffectSink& effects) {
      Scene::SaveVote(state, effects, 1, {1, 0});
      Scene::Send(state, effects, 1, RequestVoteReply{1, false, true}, wait ? state.storage.pending_vote_write : 0);
    });
  };
}

// Node 2 takes the leader's entries; they are on their way to the disk. `acknowledge`: it does not wait for them.
Play TakeEntries(bool acknowledge) {
  return [acknowledge](Scene& scene) {
    const AppendEntries request = scene.EntriesAfter(1, 1);
    scene.Receive(2, 1, 1, request, [&](State& state, EffectSink& effects) {
      for (const EntryMeta& entry : request.entries) state.log.Append(entry);
      Scene::WriteLog(state, effects, 2);
      state.following.verified_index = request.last_index();
      AppendEntriesReply reply;
      reply.accepted = true;
      reply.match_index = acknowledge ? request.last_index() : 1;
      Scene::Send(state, effects, 1, reply);
    });
  };
}

// The leader takes node 2 to have everything up to `match`; it commits nothing.
Play TakeMatch(Index match) {
  return [match](Scene& scene) {
    AppendEntriesReply reply;
    reply.accepted = true;
    reply.match_index = match;
    scene.Receive(1, 2, 1, reply, [match](State& state, EffectSink&) {
      Scene::PeerOf(state, 2).match_index = match;
      Scene::PeerOf(state, 2).next_index = match + 1;
    });
  };
}

void CommitTwo(Scene& scene) {
  Step(1, [](State& state, EffectSink&) {
    state.leading.uncommitted_bytes -= 10;
    state.commit_index = 2;
  })(scene);
}

void FirstReply(Scene& scene, WriteId after) {
  scene.Receive(3, 1, 1, Heartbeat{}, [after](State& state, EffectSink& effects) {
    Scene::Follower(state, 1, {1, 0});
    Scene::SaveVote(state, effects, 1, kNoNode);
    Scene::Send(state, effects, 1, HeartbeatReply{}, after);
  });
}

// Node 3 hears of term 1 by an entry, and writes term and entry in one order or the other.
void FirstEntry(Scene& scene, bool term_first) {
  const AppendEntries request = scene.EntriesAfter(1, 0);
  scene.Receive(3, 1, 1, request, [&](State& state, EffectSink& effects) {
    Scene::Follower(state, 1, {1, 0});
    if (term_first) Scene::SaveVote(state, effects, 1, kNoNode);
    state.log.Append(request.entries[0]);
    Scene::WriteLog(state, effects, 1);
    if (!term_first) Scene::SaveVote(state, effects, 1, kNoNode);
  });
}

void AcknowledgeSnapshot(Scene& scene) {
  Step(3, [](State& state, EffectSink& effects) {
    InstallSnapshotReply reply;
    reply.last_included = {2, 1};
    reply.installed = true;
    Scene::Send(state, effects, 1, reply);
  })(scene);
}

void InstallSnapshotAt3(Scene& scene) {
  Step(3, [](State&, EffectSink& effects) {
    effects.Add(effect::StoreSnapshotChunk{1, {1, 0}, {2, 1}, 0, 100, 100});
    effects.Add(effect::InstallSnapshot{{2, 1}, {0, {}}});
  })(scene);
  scene.Take(3, input::SnapshotInstalled{{2, 1}, true}, [](State& state, EffectSink&) {
    const ConfigurationEntry configuration = state.log.configuration();
    state.log = Log({2, 1}, configuration);
    state.snapshot = {{2, 1}, configuration, 100};
    state.commit_index = state.apply_index = state.applied_index = 2;
    state.storage.durable_index = state.storage.issued_index = 2;
  });
}

// Node 3 stores 50 of 100 bytes of the snapshot at `last_included`.
Play StoreHalf(LogPosition last_included, uint64_t offset) {
  return Step(3, [=](State&, EffectSink& effects) {
    effects.Add(effect::StoreSnapshotChunk{1, {1, 0}, last_included, offset, 50, 100});
  });
}

std::vector<Planted> Promises() {
  return {
      {Property::kVoteDurableBeforeReplyProp, [](Scene& scene) { scene.Campaign(1); }, GrantWaiting(true),
       [](Scene& scene) {
         scene.HearTerm(2, 1, 1);
         Step(2, [](State& state, EffectSink& effects) {
           state.storage.durable_vote = {};
           Scene::SaveVote(state, effects, 1, kNoNode);
           Scene::Send(state, effects, 1, RequestVoteReply{1, false, true});
         })(scene);
       }},
      // The host releases a grant too early.
      {Property::kVoteDurableBeforeReplyProp,
       [](Scene& scene) {
         scene.Campaign(1);
         scene.HearTerm(2, 1, 1);
       },
       Nothing,
       [](Scene& scene) {
         scene.monitor().Sent(0, {{2, 0}, {1, 0}, 1, RequestVoteReply{1, false, true}});
       }},
      {Property::kTermDurableBeforeReplyProp, Elected, [](Scene& scene) { FirstReply(scene, 1); },
       [](Scene& scene) { FirstReply(scene, 0); }},
      {Property::kTermDurableBeforeEntryProp, Elected, [](Scene& scene) { FirstEntry(scene, true); },
       [](Scene& scene) { FirstEntry(scene, false); }},
      {Property::kEntryDurableBeforeAckProp,
       [](Scene& scene) {
         scene.Elect(1, 2);
         scene.Follow(2, 1);
         scene.Append(1);
       },
       TakeEntries(false), TakeEntries(true)},
      {Property::kSnapshotDurableBeforeAckProp,
       [](Scene& scene) {
         Committed(scene);
         scene.HearTerm(3, 1, 1);
       },
       [](Scene& scene) {
         InstallSnapshotAt3(scene);
         AcknowledgeSnapshot(scene);
       },
       AcknowledgeSnapshot},
  };
}

std::vector<Planted> Disks() {
  return {
      {Property::kQuorumLogInv,
       [](Scene& scene) {
         scene.Elect(1, 2);
         scene.Append(1);
         scene.Follow(2, 1);
       },
       [](Scene& scene) { scene.Hear(1, 2); },
       // The leader counted on a disk that has lost everything since.
       [](Scene& scene) {
         TakeMatch(2)(scene);
         scene.monitor().DiskLost(0, {2, 0});
         scene.Crash(2);
         State empty = scene.Disk(2);
         empty.log = Log({}, empty.log.configurations().front());
         scene.Restart(2, empty);
         CommitTwo(scene);
       }},
      {Property::kCommittedReplicatedInv, Committed, [](Scene& scene) { scene.Elect(2, 3); },
       [](Scene& scene) {
         AppendEntries request;
         request.entries = {{2, 0, EntryKind::kNoOp}};
         scene.Receive(2, 3, 2, request, [](State& state, EffectSink& effects) {
           Scene::Follower(state, 2, {3, 0});
           Scene::SaveVote(state, effects, 2, kNoNode);
           state.log.TruncateAfter(0);
           state.storage.durable_index = state.storage.issued_index = 0;
           state.log.Append({2, 0, EntryKind::kNoOp});
           Scene::WriteLog(state, effects, 1);
         });
       }},
      {Property::kMatchSoundInv,
       [](Scene& scene) {
         scene.Elect(1, 2);
         scene.Follow(2, 1);
         scene.Append(1);
         TakeEntries(false)(scene);
       },
       [](Scene& scene) {
         scene.Flush(2);
         TakeMatch(2)(scene);
       },
       TakeMatch(2)},
      // An entry counts as durable though no write of it is done (as after a completion that meant another one).
      {Property::kDurableIndexSoundInv,
       [](Scene& scene) {
         scene.Elect(1, 2);
         scene.Follow(2, 1);
         scene.Append(1);
         TakeEntries(false)(scene);  // 2:1, not on disk yet.
       },
       [](Scene& scene) { scene.Flush(2); },
       Step(2, [](State& state, EffectSink&) { state.storage.durable_index = 2; })},
      {Property::kDiskMatchesState,
       [](Scene& scene) {
         Committed(scene);
         scene.Crash(2);
       },
       [](Scene& scene) { scene.Restart(2, scene.Disk(2)); },
       [](Scene& scene) {
         State shorter = scene.Disk(2);
         shorter.log.TruncateAfter(1);
         scene.Restart(2, shorter);
       }},
      {Property::kVoteOncePerTermInv,
       [](Scene& scene) {
         scene.Campaign(1);
         scene.Grant(2, 1);
         scene.Campaign(3);
         scene.Crash(2);
       },
       [](Scene& scene) { scene.Restart(2, scene.Disk(2)); },
       // It comes back without its vote, and gives it away again.
       [](Scene& scene) {
         scene.monitor().DiskLost(0, {2, 0});
         State amnesiac = scene.Disk(2);
         amnesiac.voted_for = kNoNode;
         scene.Restart(2, amnesiac);
         scene.Grant(2, 3);
       }},
      // Half of one snapshot and half of another.
      {Property::kSnapshotInOnePieceProp, StoreHalf({2, 1}, 0), StoreHalf({2, 1}, 50), StoreHalf({3, 1}, 50)},
      // Half of one is taken for the whole.
      {Property::kSnapshotInOnePieceProp,
       [](Scene& scene) {
         Committed(scene);
         scene.HearTerm(3, 1, 1);
         StoreHalf({2, 1}, 0)(scene);
       },
       InstallSnapshotAt3,
       Step(3,
            [](State&, EffectSink& effects) {
              effects.Add(effect::InstallSnapshot{{2, 1}, {0, {}}});
            })},
      {Property::kHaltOnlyOnLossProp, Elected,
       [](Scene& scene) {
         scene.monitor().DiskLost(0, {3, 0});
         Step(1, [](State& state, EffectSink& effects) {
           state.halted = true;
           effects.Add(effect::Halt{});
         })(scene);
       },
       Step(1,
            [](State& state, EffectSink& effects) {
              state.halted = true;
              effects.Add(effect::Halt{});
            })},
  };
}

TEST(DurabilityTest, EachPropertyIsTrippedByWhatIsPlanted) {
  std::vector<Planted> cases = Promises();
  for (const Planted& each : Disks()) cases.push_back(each);
  EXPECT_THAT(PlayAll(Family::kDurability, cases), ::testing::IsEmpty());
}

TEST(DurabilityTest, AnEntryIsDurableForALeaderOnlyWhenItsDiskSaysSo) {
  Scene scene;
  scene.Elect(1, 2);
  scene.Take(1, input::Propose{}, [](State& state, EffectSink& effects) {
    state.log.Append({1, 10, EntryKind::kCommand});
    state.leading.uncommitted_bytes += 10;
    Scene::WriteLog(state, effects, 2);
  });
  ASSERT_TRUE(scene.holds()) << scene.evidence();
  Scene early = scene;
  EXPECT_TRUE(scene.monitor().WriteDurable(0, {1, 0}, scene.At(1).storage.pending_log_writes.front().write_id));
  Step(1, [](State& state, EffectSink&) { state.storage.durable_index = 2; })(scene);
  EXPECT_TRUE(scene.holds()) << scene.evidence();
  Step(1, [](State& state, EffectSink&) { state.storage.durable_index = 2; })(early);
  EXPECT_EQ(early.failed(), "DurableIndexSoundInv");
}

}  // namespace
}  // namespace lockstep::spec
