#include "spec/properties/lone_node.h"

#include <gtest/gtest.h>

#include "spec/properties/scene.h"

namespace lockstep::spec {
namespace {

// Node 1 of three leads term 1, its no-op is committed; node 2 follows. Each test takes one step of one of them.
class LoneNodeTest : public ::testing::Test {
 protected:
  LoneNodeTest() {
    scene_.Elect(1, 2);
    scene_.Replicate(1, 2);
  }

  static DiskView View(const State& state) { return {state.current_term, state.voted_for, state.snapshot, state.log}; }

  // The name of the property that the step breaks.
  std::string Take(uint32_t node, Event event, const Scene::Change& change) {
    const State& before = scene_.At(node);
    LoneNode lone(before, View(before));
    State after = before;
    EffectSink effects;
    change(after, effects);
    const std::optional<Violation> violation = lone.Stepped(before, {std::move(event), {}}, effects, after);
    return violation.has_value() ? Name(violation->property) : "";
  }

  static Message From(uint32_t source, uint32_t dest, Term term, MessageBody body) {
    return {{source, 0}, {dest, 0}, term, std::move(body)};
  }

  Scene scene_;
};

TEST_F(LoneNodeTest, AStepThatDoesNothing) {
  EXPECT_EQ(Take(1, input::HeartbeatTimeout{}, [](State&, EffectSink&) {}), "");
  EXPECT_EQ(Take(2, input::ElectionTimeout{}, [](State&, EffectSink&) {}), "");
}

TEST_F(LoneNodeTest, TermsAndVotes) {
  EXPECT_EQ(Take(2, input::ElectionTimeout{}, [](State& state, EffectSink&) { state.current_term = 0; }),
            "TermMonotonicProp");
  EXPECT_EQ(Take(2, input::ElectionTimeout{},
                 [](State& state, EffectSink&) {
                   state.voted_for = {3, 0};
                 }),
            "VoteStableProp");
  EXPECT_EQ(Take(1, input::Receive{From(2, 1, 3, Heartbeat{0, 1})}, [](State&, EffectSink&) {}),
            "StepDownOnHigherTermProp");
  EXPECT_EQ(Take(2, input::ElectionTimeout{}, [](State& state, EffectSink&) { state.role = Role::kLeader; }),
            "RoleTransitionsProp");
}

TEST_F(LoneNodeTest, LogAndCommit) {
  EXPECT_EQ(Take(1, input::HeartbeatTimeout{}, [](State& state, EffectSink&) { state.log.TruncateAfter(0); }),
            "LeaderAppendOnly");
  EXPECT_EQ(Take(2, input::HeartbeatTimeout{}, [](State& state, EffectSink&) { state.log.TruncateAfter(0); }),
            "PermittedLogChangesProp");
  EXPECT_EQ(Take(1, input::HeartbeatTimeout{}, [](State& state, EffectSink&) { state.commit_index = 0; }),
            "CommitMonotonicProp");
  EXPECT_EQ(Take(2, input::HeartbeatTimeout{}, [](State& state, EffectSink&) { state.commit_index = 9; }),
            "CommitWithinLogInv");
}

TEST_F(LoneNodeTest, DurabilityBeforePromise) {
  const auto grant = [](State& state, EffectSink& effects) {
    state.current_term = 2;
    state.voted_for = {3, 0};
    state.leader = kNoNode;
    state.following = {};
    effects.Add(effect::Send{From(2, 3, 2, RequestVoteReply{2, false, true}), 0});
    effects.Add(effect::RoleChanged{Role::kFollower, 2, kNoNode});
  };
  RequestVote request;
  request.election_term = 2;
  request.last_log = {1, 1};
  EXPECT_EQ(Take(2, input::Receive{From(3, 2, 2, request)}, grant), "TermDurableBeforeReplyProp");
  EXPECT_EQ(Take(2, input::HeartbeatTimeout{},
                 [](State& state, EffectSink&) {
                   state.log.Append({1, 0, EntryKind::kNoOp});
                   state.storage.durable_index = state.storage.issued_index = 2;
                 }),
            "DurableIndexSoundInv");
}

TEST_F(LoneNodeTest, ChangesWaitForACommitOfTheTerm) {
  scene_ = Scene();
  scene_.Elect(1, 2);  // Nothing is committed yet.
  const auto change = [](State& state, EffectSink& effects) {
    Configuration next = state.configuration();
    next.voters.erase({3, 0});
    state.log.Append({1, 0, EntryKind::kConfiguration}, next);
    std::erase_if(state.leading.peers, [](const Peer& peer) { return peer.id.number == 3; });
    effects.Add(effect::ConfigurationChanged{state.log.configuration()});
  };
  EXPECT_EQ(Take(1, input::ProposeConfiguration{}, change), "CurrentTermCommitBeforeChangeProp");
}

TEST_F(LoneNodeTest, RequestsEndOnce) {
  EXPECT_EQ(Take(2, input::Read{5, input::ReadMode::kReadIndex}, [](State&, EffectSink&) {}), "RequestEndsOnce");
  const auto reject = [](State&, EffectSink& effects) {
    effects.Add(effect::Outcome{5, effect::OutcomeKind::kRejected, effect::Reason::kNotLeader, kNoNode, 0, 0, 0});
  };
  EXPECT_EQ(Take(2, input::Read{5, input::ReadMode::kReadIndex}, reject), "");
  EXPECT_EQ(Take(2, input::HeartbeatTimeout{}, reject), "RequestEndsOnce");
  EXPECT_EQ(Take(1, input::Propose{{{6, 1}}},
                 [](State&, EffectSink& effects) {
                   effects.Add(effect::Outcome{6, effect::OutcomeKind::kDone, effect::Reason::kNone, {1, 0}, 2, 1, 0});
                 }),
            "AckedNeverLost");
}

TEST_F(LoneNodeTest, ARestartFindsWhatTheWritesCanHaveLeft) {
  const State& before = scene_.At(2);
  State started;
  started.id = before.id;
  started.current_term = before.current_term;
  started.voted_for = before.voted_for;
  started.log = before.log;
  started.snapshot = before.snapshot;
  started.storage.durable_index = before.log.last_index();
  EXPECT_FALSE(LoneNode(before, View(before)).Restarted(View(started), started).has_value());
  started.log.TruncateAfter(0);
  started.storage.durable_index = 0;
  const std::optional<Violation> violation = LoneNode(before, View(before)).Restarted(View(started), started);
  ASSERT_TRUE(violation.has_value());
  EXPECT_STREQ(Name(violation->property), "DiskMatchesState");
}

}  // namespace
}  // namespace lockstep::spec
