#include "spec/properties/step_laws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/properties/planted.h"

namespace lockstep::spec {
namespace {

void Elected(Scene& scene) { scene.Elect(1, 2); }

// Node 1 leads with a committed command; node 2 has all of it.
void Committed(Scene& scene) {
  scene.Elect(1, 2);
  scene.Append(1);
  scene.Replicate(1, 2);
}

// Node 1 leads, and node 2 has three entries of which one is committed.
void Following(Scene& scene) {
  scene.Elect(1, 2);
  scene.Replicate(1, 2);
  scene.Append(1);
  scene.Append(1);
  scene.Follow(2, 1);
}

// A step of `node` that does only what it is told.
Play Step(uint32_t node, Scene::Change change) {
  return [node, change](Scene& scene) { scene.Take(node, input::PeerUnreachable{}, change); };
}

Play SendFrom(uint32_t node, uint32_t dest, MessageBody body) {
  return Step(node, [=](State& state, EffectSink& effects) { Scene::Send(state, effects, dest, body); });
}

// Node 1 is told by node 3, in `term`, to campaign, and does in the next.
Play CampaignWhenTold(Term term) {
  return [term](Scene& scene) {
    scene.Receive(1, 3, term, TimeoutNow{}, [term](State& state, EffectSink& effects) {
      Scene::Follower(state, 0, kNoNode);
      state.role = Role::kCandidate;
      Scene::SaveVote(state, effects, term + 1, state.id);
    });
  };
}

AppendEntriesReply Accepted(Index match_index) {
  AppendEntriesReply reply;
  reply.accepted = true;
  reply.match_index = match_index;
  return reply;
}

AppendEntriesReply Rejected(Index rejected_index) {
  AppendEntriesReply reply;
  reply.rejected_index = rejected_index;
  return reply;
}

void RestartElectionTimer(State&, EffectSink& effects) { effects.Add(effect::SetTimer{effect::Timer::kElection}); }

// Node 3 refuses what follows the leader's second entry.
Play RejectWithHint(LogPosition hint) {
  return [hint](Scene& scene) {
    scene.HearTerm(3, 1, 1);
    scene.Receive(3, 1, 1, scene.EntriesAfter(1, 2), [hint](State& state, EffectSink& effects) {
      AppendEntriesReply reply = Rejected(2);
      reply.hint = hint;
      state.leader = Scene::Id(1);
      Scene::Send(state, effects, 1, reply);
    });
  };
}

std::vector<Planted> TermsRolesAndVotes() {
  return {
      {Property::kTermMonotonicProp, Elected, [](Scene& scene) { scene.HearTerm(3, 1, 5); },
       [](Scene& scene) {
         scene.Take(1, input::PeerUnreachable{}, [](State& state, EffectSink&) { state.current_term = 0; });
       }},
      // A campaign that skips a term.
      {Property::kTermMonotonicProp, Elected, [](Scene& scene) { scene.Campaign(3); },
       [](Scene& scene) {
         scene.At(3).current_term += 1;
         scene.Campaign(3);
       }},
      {Property::kStepDownOnHigherTermProp, Elected, [](Scene& scene) { scene.HearTerm(1, 3, 2); },
       [](Scene& scene) { scene.Receive(1, 3, 2, HeartbeatReply{}); }},
      {Property::kRoleTransitionsProp, Elected, [](Scene& scene) { scene.Campaign(3); },
       [](Scene& scene) {
         scene.Take(3, input::ElectionTimeout{}, [](State& state, EffectSink&) {
           state.role = Role::kLeader;
           state.leader = state.id;
         });
       }},
      // A leader becomes a candidate: rightly so only if a leader of a later term, which hands over, told it to.
      {Property::kRoleTransitionsProp, Elected, CampaignWhenTold(2), CampaignWhenTold(1)},
      // A change that nobody is told of.
      {Property::kRoleTransitionsProp, Elected, [](Scene& scene) { scene.HearTerm(3, 1, 1); },
       [](Scene& scene) {
         scene.At(3).role = Role::kPreCandidate;
         scene.Take(3, input::ElectionTimeout{});
       }},
      {Property::kVoteStableProp, [](Scene& scene) { scene.Campaign(3); }, Step(3, nullptr),
       [](Scene& scene) {
         scene.Take(3, input::ElectionTimeout{}, [](State& state, EffectSink& effects) {
           Scene::Follower(state, state.current_term, kNoNode);
           Scene::SaveVote(state, effects, state.current_term, {1, 0});
         });
       }},
      {Property::kVoteOnlyUpToDateProp,
       [](Scene& scene) {
         Committed(scene);
         scene.Campaign(3);
         scene.Campaign(3);
       },
       [](Scene& scene) { scene.HearTerm(2, 3, 2); }, [](Scene& scene) { scene.Grant(2, 3); }},
      {Property::kLeaderVotesForItselfInv, Elected, [](Scene& scene) { scene.Append(1); },
       Step(1,
            [](State& state, EffectSink&) {
              state.voted_for = {3, 0};
            })},
  };
}

std::vector<Planted> Logs() {
  const auto drop_last = [](State& state, EffectSink& effects) {
    const Index last = state.log.last_index() - 1;
    state.log.TruncateAfter(last);
    state.storage.durable_index = state.storage.issued_index = last;
    effects.Add(effect::TruncateLog{state.storage.next_write_id++, last});
  };
  return {
      {Property::kLeaderAppendOnly, Committed, [](Scene& scene) { scene.Append(1); }, Step(1, drop_last)},
      // A duplicate of an old AppendEntries takes away what came later.
      {Property::kPermittedLogChangesProp, Following,
       [](Scene& scene) {
         AppendEntries old = scene.EntriesAfter(1, 1);
         old.entries.pop_back();
         scene.Receive(2, 1, 1, old);
       },
       [drop_last](Scene& scene) {
         AppendEntries old = scene.EntriesAfter(1, 1);
         old.entries.pop_back();
         scene.Receive(2, 1, 1, old, drop_last);
       }},
      {Property::kMonoLogInv,
       [](Scene& scene) {
         Following(scene);
         scene.Elect(2, 3);
       },
       [](Scene& scene) { scene.Append(2); },
       Step(2,
            [](State& state, EffectSink& effects) {
              state.log.Append({1, 10, EntryKind::kCommand});
              Scene::WriteLog(state, effects, state.log.last_index());
            })},
      {Property::kCommitMonotonicProp, Committed, Step(1, nullptr),
       Step(1, [](State& state, EffectSink&) { state.commit_index = 1; })},
      {Property::kCommitWithinLogInv, Committed, Step(2, nullptr),
       Step(2, [](State& state, EffectSink&) { state.commit_index = state.log.last_index() + 1; })},
      {Property::kFollowerCommitBoundProp,
       [](Scene& scene) {
         Following(scene);
         scene.Follow(3, 1);
         scene.Hear(1, 2);
         scene.HearTerm(3, 2, 4);  // In a new term nothing is verified.
       },
       Step(3, nullptr),
       [](Scene& scene) {
         scene.Receive(3, 2, 4, HeartbeatReply{}, [](State& state, EffectSink&) { state.commit_index = 3; });
         scene.Take(3, input::PeerUnreachable{}, [](State& state, EffectSink&) { state.commit_index = 3; });
       }},
      {Property::kApplyOnceInOrderProp, Committed, [](Scene& scene) { scene.ApplyAll(1); },
       [](Scene& scene) {
         scene.ApplyAll(1);
         scene.Take(1, input::PeerUnreachable{}, [](State&, EffectSink& effects) { effects.Add(effect::Apply{2, 2}); });
       }},
      {Property::kUncommittedQuotaInv, Elected, [](Scene& scene) { scene.Append(1); },
       Step(1, [](State& state, EffectSink&) { state.leading.uncommitted_bytes += 1; })},
  };
}

std::vector<Planted> Messages() {
  return {
      {Property::kMessageTermBoundInv, Elected, SendFrom(1, 2, Heartbeat{}),
       Step(1,
            [](State& state, EffectSink& effects) {
              effects.Add(effect::Send{{state.id, Scene::Id(2), state.current_term + 1, Heartbeat{}}, 0});
            })},
      {Property::kLeaderSendsItsLogProp, Committed,
       [](Scene& scene) { SendFrom(1, 3, scene.EntriesAfter(1, 1))(scene); },
       [](Scene& scene) {
         AppendEntries request = scene.EntriesAfter(1, 1);
         request.previous = {};  // As if its log began here.
         SendFrom(1, 3, request)(scene);
       }},
      // A heartbeat that lets a peer commit what it never acknowledged.
      {Property::kLeaderSendsItsLogProp, Committed, SendFrom(1, 2, Heartbeat{2, 1}), SendFrom(1, 3, Heartbeat{2, 1})},
      {Property::kSnapshotOnlyWhenNeededProp,
       [](Scene& scene) {
         Committed(scene);
         scene.ApplyAll(1);
         scene.TakeSnapshot(1);
       },
       SendFrom(1, 3, InstallSnapshot{{2, 1}, {}, 0, 100, 100}),
       SendFrom(1, 2, InstallSnapshot{{2, 1}, {}, 0, 100, 100})},
      // Node 3 has nothing, and is sent what follows the second entry: its log agrees up to 0 at most.
      {Property::kRejectionHintProp, Committed, RejectWithHint({0, 0}), RejectWithHint({1, 1})},
      {Property::kElectionTimerProp, Elected,
       [](Scene& scene) { scene.Take(3, input::ElectionTimeout{}, RestartElectionTimer); },
       [](Scene& scene) {
         scene.Receive(3, 2, 1, RequestVote{2, {}, true, false}, RestartElectionTimer);
       }},
      {Property::kAckOnlyWhatWasSentProp,
       [](Scene& scene) {
         scene.Elect(1, 2);
         scene.Append(1);
         scene.Append(1);
         scene.Campaign(3);
         scene.Elect(3, 2);
       },
       // Node 1 hears of the new leader, whose log it has not compared with its own yet.
       [](Scene& scene) { scene.HearTerm(1, 3, 2); },
       [](Scene& scene) {
         scene.HearTerm(1, 3, 2);
         SendFrom(1, 3, Accepted(3))(scene);
       }},
  };
}

std::vector<Planted> Peers() {
  return {
      {Property::kMatchMonotonicProp, Committed, Step(1, nullptr),
       Step(1, [](State& state, EffectSink&) { Scene::PeerOf(state, 2).match_index = 1; })},
      {Property::kNackHintSafeProp,
       [](Scene& scene) {
         Committed(scene);
         scene.Append(1);
         scene.Follow(2, 1);
       },
       [](Scene& scene) { scene.Receive(1, 2, 1, Rejected(1)); },
       [](Scene& scene) {
         scene.Receive(1, 2, 1, Rejected(1), [](State& state, EffectSink&) {
           Scene::PeerOf(state, 2).match_index = 3;
           Scene::PeerOf(state, 2).next_index = 4;
         });
       }},
      {Property::kNextAboveMatchInv, Committed, Step(1, nullptr),
       Step(1, [](State& state, EffectSink&) { Scene::PeerOf(state, 2).next_index = 2; })},
      {Property::kWindowAccountingInv, Committed,
       [](Scene& scene) {
         scene.Append(1);
         for (int i = 0; i < 2; ++i) {
           Step(1, [](State& state, EffectSink&) {
             Progress& progress = Scene::PeerOf(state, 2);
             progress.inflight = {{3, 10}};
             progress.inflight_bytes = 10;
             progress.next_index = 4;
           })(scene);
         }
       },
       [](Scene& scene) {
         for (int i = 0; i < 2; ++i) {
           Step(1, [](State& state, EffectSink&) { Scene::PeerOf(state, 2).inflight_bytes = 10; })(scene);
         }
       }},
      {Property::kStateWellFormedInv, Elected, Step(2, nullptr),
       Step(2,
            [](State& state, EffectSink&) {
              state.candidacy.votes = {{{3, 0}, true}};
            })},
      {Property::kStateWellFormedInv, Elected, Step(1, nullptr),
       Step(1, [](State& state, EffectSink&) { state.leading.peers.pop_back(); })},
  };
}

TEST(StepLawsTest, EachPropertyIsTrippedByWhatIsPlanted) {
  std::vector<Planted> cases = TermsRolesAndVotes();
  for (const std::vector<Planted>& more : {Logs(), Messages(), Peers()})
    cases.insert(cases.end(), more.begin(), more.end());
  EXPECT_THAT(PlayAll(Family::kStepLaws, cases), ::testing::IsEmpty());
}

TEST(StepLawsTest, ARequestForAVoteOfAHigherTermMayGoUnheard) {
  Scene scene;
  scene.Elect(1, 2);
  EXPECT_TRUE(scene.Receive(1, 3, 2, RequestVote{2, {}, false, false})) << scene.evidence();
  EXPECT_TRUE(scene.Receive(2, 3, 2, RequestVote{3, {}, true, false})) << scene.evidence();
}

TEST(StepLawsTest, NobodyLosesWhatTheClusterHasCommittedEvenUnknownToItself) {
  Scene scene;
  Committed(scene);
  AppendEntries request;
  request.entries = {{2, 0, EntryKind::kNoOp}};
  scene.Receive(2, 3, 2, request, [](State& state, EffectSink& effects) {
    Scene::Follower(state, 2, {3, 0});
    Scene::SaveVote(state, effects, 2, kNoNode);
    state.log.TruncateAfter(0);
    state.log.Append({2, 0, EntryKind::kNoOp});
    state.storage.durable_index = state.storage.issued_index = 0;
    state.commit_index = 0;
    Scene::WriteLog(state, effects, 1);
  });
  EXPECT_EQ(scene.failed(), "CommittedReplicatedInv") << scene.evidence();
}

}  // namespace
}  // namespace lockstep::spec
