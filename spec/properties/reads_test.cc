#include "spec/properties/reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/properties/planted.h"

namespace lockstep::spec {
namespace {

// Node 1 leads; two entries are committed and applied at it.
void Leading(Scene& scene) {
  scene.Elect(1, 2);
  scene.Append(1);
  scene.Replicate(1, 2);
  scene.ApplyAll(1);
}

// Node 1 is asked for read `id`, and begins a round for it.
void Ask(Scene& scene, RequestId id) {
  scene.Take(1, input::Read{id, input::ReadMode::kReadIndex}, [id](State& state, EffectSink&) {
    ++state.leading.round;
    state.leading.reads.push_back({id, state.id, {}, state.leading.round, state.commit_index});
  });
}

// Node 2 answers the round; node 1 does not know yet.
void Answer(Scene& scene) {
  const uint64_t round = scene.At(1).leading.round;
  scene.Receive(2, 1, scene.At(1).current_term, Heartbeat{0, round},
                [round](State& state, EffectSink& effects) { Scene::Send(state, effects, 1, HeartbeatReply{round}); });
}

// Node 1 takes read `id` for confirmed, and answers it with `index`.
void Serve(Scene& scene, uint32_t node, RequestId id, Index index, int64_t lease = 0) {
  scene.Take(node, input::PeerUnreachable{}, [=](State& state, EffectSink& effects) {
    state.leading.reads.clear();
    effects.Add(effect::Outcome{id, effect::OutcomeKind::kDone, effect::Reason::kNone, {1, 0}, index, 0, lease});
  });
}

void AskByLease(Scene& scene) {
  scene.Take(1, input::Read{5, input::ReadMode::kLease}, [](State& state, EffectSink& effects) {
    effects.Add(
        effect::Outcome{5, effect::OutcomeKind::kDone, effect::Reason::kNone, state.id, state.commit_index, 0, 1000});
  });
}

// Node 1 begins a round, whose lease may last 100, and takes it to last until then.
Play LeaseUntil(int64_t until) {
  return [until](Scene& scene) {
    scene.Take(1, input::HeartbeatTimeout{}, [until](State& state, EffectSink&) {
      ++state.leading.round;
      state.options.lease_micros = 100;
      state.leading.lease_until_micros = until;
    });
  };
}

// Node 3 succeeds node 1 in term 2 and commits; node 1 does not know.
void Succeed(Scene& scene) {
  scene.Follow(3, 1);
  scene.Elect(3, 2);
  scene.Replicate(3, 2);
}

TEST(ReadsTest, EachPropertyIsTrippedByWhatIsPlanted) {
  EXPECT_THAT(PlayAll(Family::kReads,
                      {
                          // Served before a quorum has answered since.
                          {Property::kReadFreshness,
                           [](Scene& scene) {
                             Leading(scene);
                             Ask(scene, 5);
                           },
                           [](Scene& scene) {
                             Answer(scene);
                             Serve(scene, 1, 5, 2);
                           },
                           [](Scene& scene) { Serve(scene, 1, 5, 2); }},
                          // An answer to an earlier round confirms a later read.
                          {Property::kReadFreshness,
                           [](Scene& scene) {
                             Leading(scene);
                             Ask(scene, 5);
                             Answer(scene);
                             Ask(scene, 6);
                           },
                           [](Scene& scene) { Serve(scene, 1, 5, 2); }, [](Scene& scene) { Serve(scene, 1, 6, 2); }},
                          // Served before an entry of the term is committed.
                          {Property::kReadFreshness,
                           [](Scene& scene) {
                             scene.Elect(1, 2);
                             Ask(scene, 5);
                             Answer(scene);
                           },
                           [](Scene& scene) {
                             scene.Replicate(1, 2);
                             scene.ApplyAll(1);
                             Serve(scene, 1, 5, 1);
                           },
                           [](Scene& scene) { Serve(scene, 1, 5, 0); }},
                          // Served at an index that was too old when it was asked.
                          {Property::kReadFreshness,
                           [](Scene& scene) {
                             Leading(scene);
                             Ask(scene, 5);
                             Answer(scene);
                           },
                           [](Scene& scene) { Serve(scene, 1, 5, 2); }, [](Scene& scene) { Serve(scene, 1, 5, 1); }},
                          // Served before the state has come that far.
                          {Property::kReadFreshness,
                           [](Scene& scene) {
                             Leading(scene);
                             scene.Append(1);
                             scene.Replicate(1, 2);
                             Ask(scene, 5);
                             Answer(scene);
                           },
                           [](Scene& scene) {
                             scene.ApplyAll(1);
                             Serve(scene, 1, 5, 3);
                           },
                           [](Scene& scene) { Serve(scene, 1, 5, 3); }},
                          {Property::kLeaseSafety,
                           [](Scene& scene) {
                             Leading(scene);
                             AskByLease(scene);
                           },
                           [](Scene& scene) {
                             scene.monitor().ReadServed(0, {1, 0}, 5, 2, {989, 10});
                           },
                           [](Scene& scene) {
                             Succeed(scene);
                             scene.monitor().ReadServed(0, {1, 0}, 5, 2, {989, 10});
                           }},
                          // Served when the lease may have ended.
                          {Property::kLeaseSafety,
                           [](Scene& scene) {
                             Leading(scene);
                             AskByLease(scene);
                           },
                           [](Scene& scene) {
                             scene.monitor().ReadServed(0, {1, 0}, 5, 2, {989, 10});
                           },
                           [](Scene& scene) {
                             scene.monitor().ReadServed(0, {1, 0}, 5, 2, {990, 10});
                           }},
                          // A lease that counts from when it is confirmed.
                          {Property::kLeaseSafety, Leading, LeaseUntil(100), LeaseUntil(101)},
                          // Confirmed by a lease although another node has been told to campaign.
                          {Property::kLeaseSafety, Leading, AskByLease,
                           [](Scene& scene) {
                             scene.Take(1, input::PeerUnreachable{}, [](State& state, EffectSink& effects) {
                               Scene::Send(state, effects, 2, TimeoutNow{});
                             });
                             AskByLease(scene);
                           }},
                      }),
              ::testing::IsEmpty());
}

TEST(ReadsTest, AReadByLeaseThatRanOutIsDroppedWithoutHarm) {
  Scene scene;
  Leading(scene);
  AskByLease(scene);
  Succeed(scene);
  EXPECT_TRUE(scene.monitor().ReadDropped(0, {1, 0}, 5));
  EXPECT_TRUE(scene.holds()) << scene.evidence();
  EXPECT_EQ(scene.monitor().goals()[Goal::kLeaseReadRefused], 1u);
}

// The reader is node 2; the leader's answer must rest on a quorum since node 2 asked.
TEST(ReadsTest, AForwardedReadNeedsAQuorumSinceItWasAsked) {
  Scene scene;
  Leading(scene);
  const auto ask = [](Scene& at) {
    at.Take(2, input::Read{9, input::ReadMode::kReadIndex}, [](State& state, EffectSink& effects) {
      state.following.reads.push_back({9, 1});
      Scene::Send(state, effects, 1, ReadRequest{state.start, 1});
    });
  };
  const auto reply = [](Scene& at) {
    at.Take(1, input::PeerUnreachable{}, [](State& state, EffectSink& effects) {
      Scene::Send(state, effects, 2, ReadReply{2, 1, true, 2});
    });
  };
  Scene early = scene;
  ask(scene);
  Answer(scene);
  reply(scene);
  EXPECT_TRUE(scene.holds()) << scene.evidence();
  Answer(early);
  ask(early);
  reply(early);
  EXPECT_EQ(early.failed(), "ReadFreshness");
}

}  // namespace
}  // namespace lockstep::spec
