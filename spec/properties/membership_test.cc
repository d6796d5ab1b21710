#include "spec/properties/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/properties/planted.h"

namespace lockstep::spec {
namespace {

NodeSet Nodes(std::initializer_list<uint32_t> numbers) {
  NodeSet nodes;
  for (uint32_t number : numbers) nodes.insert({number, 0});
  return nodes;
}

Configuration Voters(std::initializer_list<uint32_t> voters, std::initializer_list<uint32_t> learners = {}) {
  Configuration configuration;
  configuration.voters = Nodes(voters);
  configuration.learners = Nodes(learners);
  return configuration;
}

Configuration Joint(std::initializer_list<uint32_t> voters, std::initializer_list<uint32_t> outgoing) {
  Configuration configuration = Voters(voters);
  configuration.outgoing_voters = Nodes(outgoing);
  return configuration;
}

// Node 1 leads, and an entry of its term is committed.
void TermCommitted(Scene& scene) {
  scene.StartJoiner();
  scene.Elect(1, 2);
  scene.Replicate(1, 2);
}

// Node 4 is a learner, by a committed configuration that nodes 1, 2 and 4 have.
void WithLearner(Scene& scene) {
  TermCommitted(scene);
  scene.AppendConfiguration(1, Voters({1, 2, 3}, {4}));
  scene.Replicate(1, 2);
  scene.Follow(4, 1);
}

// Node 1 leads, and has left itself out of the voters in an entry that is not committed.
void LeavingItself(Scene& scene) {
  TermCommitted(scene);
  scene.AppendConfiguration(1, Voters({2, 3}));
  scene.Replicate(1, 2);
  scene.Follow(3, 1);
}

// Hear, and what a leader must do that its configuration leaves out.
void HearAndStepDown(Scene& scene) {
  AppendEntriesReply reply;
  reply.accepted = true;
  reply.match_index = 2;
  scene.Receive(1, 3, 1, reply, [](State& state, EffectSink&) {
    state.commit_index = 2;
    Scene::Follower(state, 1, kNoNode);
  });
}

std::vector<Planted> Configurations() {
  return {
      {Property::kConfigurationFromLogInv, WithLearner, [](Scene& scene) { scene.Append(1); },
       [](Scene& scene) {
         // The truncated configuration stays in effect: here, one that no entry holds.
         scene.Take(4, input::PeerUnreachable{}, [](State& state, EffectSink&) {
           const Log old = state.log;
           state.log = Log(old.base(), {0, Voters({4})});
           for (Index i = 1; i <= old.last_index(); ++i) state.log.Append(old.At(i));
         });
       }},
      {Property::kOneChangeAtATimeInv,
       [](Scene& scene) {
         TermCommitted(scene);
         scene.AppendConfiguration(1, Voters({1, 2, 3}, {4}));
       },
       [](Scene& scene) {
         scene.Replicate(1, 2);
         scene.AppendConfiguration(1, Voters({1, 2, 3, 4}));
       },
       [](Scene& scene) {
         scene.AppendConfiguration(1, Voters({1, 2, 3, 4}));
       }},
      {Property::kCurrentTermCommitBeforeChangeProp, [](Scene& scene) { scene.Elect(1, 2); },
       [](Scene& scene) {
         scene.Replicate(1, 2);
         scene.AppendConfiguration(1, Voters({1, 2}));
       },
       [](Scene& scene) {
         scene.AppendConfiguration(1, Voters({1, 2}));
       }},
      {Property::kConfigurationSafety, TermCommitted,
       [](Scene& scene) {
         scene.AppendConfiguration(1, Joint({1, 4}, {1, 2, 3}));
       },
       [](Scene& scene) {
         scene.AppendConfiguration(1, Voters({1, 4}));
       }},
      // A joint configuration is left to another one than it was entered for.
      {Property::kConfigurationSafety,
       [](Scene& scene) {
         TermCommitted(scene);
         scene.AppendConfiguration(1, Joint({1, 4}, {1, 2, 3}));
         scene.Follow(4, 1);
         scene.Follow(2, 1);
         scene.Hear(1, 4);
         scene.Hear(1, 2);
       },
       [](Scene& scene) {
         scene.AppendConfiguration(1, Voters({1, 4}));
       },
       [](Scene& scene) {
         scene.AppendConfiguration(1, Voters({1, 2}));
       }},
  };
}

std::vector<Planted> Members() {
  return {
      {Property::kRemovedLeaderStepsDownProp, LeavingItself, HearAndStepDown, [](Scene& scene) { scene.Hear(1, 3); }},
      {Property::kOnlyVotersCampaignProp, WithLearner, [](Scene& scene) { scene.Campaign(2); },
       [](Scene& scene) { scene.Campaign(4); }},
      // A learner's acknowledgement makes a commit.
      {Property::kLearnerNeverCountedProp,
       [](Scene& scene) {
         WithLearner(scene);
         scene.Append(1);
         scene.Follow(4, 1);
       },
       [](Scene& scene) { scene.Hear(1, 4); },
       [](Scene& scene) {
         scene.Hear(1, 4);
         scene.Take(1, input::PeerUnreachable{}, [](State& state, EffectSink&) {
           state.leading.uncommitted_bytes = 0;
           state.commit_index = 3;
         });
       }},
      // A learner confirms a round of heartbeats.
      {Property::kLearnerNeverCountedProp,
       [](Scene& scene) {
         WithLearner(scene);
         scene.Take(1, input::HeartbeatTimeout{}, [](State& state, EffectSink&) { state.leading.round = 1; });
       },
       [](Scene& scene) {
         scene.Receive(1, 2, 1, HeartbeatReply{1}, [](State& state, EffectSink&) {
           Scene::PeerOf(state, 2).acked_round = 1;
           state.leading.confirmed_round = 1;
         });
       },
       [](Scene& scene) {
         scene.Receive(1, 4, 1, HeartbeatReply{1}, [](State& state, EffectSink&) {
           Scene::PeerOf(state, 4).acked_round = 1;
           state.leading.confirmed_round = 1;
         });
       }},
      {Property::kNoIdentityReuseProp,
       [](Scene& scene) {
         scene.Elect(1, 2);
         scene.Crash(2);
       },
       [](Scene& scene) { scene.Restart(2, scene.Disk(2)); },
       [](Scene& scene) {
         State wiped;
         wiped.id = {2, 0};
         scene.Restart(2, wiped);
       }},
      {Property::kNoIdentityReuseProp, [](Scene& scene) { scene.Elect(1, 2); },
       [](Scene& scene) {
         scene.monitor().Sent(0, {{1, 0}, {2, 0}, 1, Heartbeat{}});
       },
       [](Scene& scene) {
         scene.monitor().Sent(0, {{1, 7}, {2, 0}, 1, Heartbeat{}});
       }},
  };
}

TEST(MembershipTest, EachPropertyIsTrippedByWhatIsPlanted) {
  std::vector<Planted> cases = Configurations();
  for (const Planted& each : Members()) cases.push_back(each);
  EXPECT_THAT(PlayAll(Family::kMembership, cases), ::testing::IsEmpty());
}

TEST(MembershipTest, AVoterThatAnUncommittedConfigurationLeavesOutMayCampaign) {
  Scene scene;
  TermCommitted(scene);
  scene.AppendConfiguration(1, Voters({1, 2}));
  scene.Follow(3, 1);
  scene.Take(3, input::ElectionTimeout{}, [](State& state, EffectSink&) {
    Scene::Follower(state, 1, kNoNode);
    state.following = {};
    state.role = Role::kPreCandidate;
  });
  EXPECT_TRUE(scene.holds()) << scene.evidence();
}

TEST(MembershipTest, ElectionsInsideAJointConfigurationNeedBothHalves) {
  Scene scene;
  TermCommitted(scene);
  scene.AppendConfiguration(1, Joint({1, 4}, {1, 2, 3}));
  scene.Follow(2, 1);
  Scene both = scene;
  both.Campaign(2);
  both.Grant(3, 2);
  both.Win(2, 3);  // (2 3) of (1 2 3), but nobody of (1 4).
  EXPECT_EQ(both.failed(), "ElectedByQuorumProp") << both.evidence();
}

}  // namespace
}  // namespace lockstep::spec
