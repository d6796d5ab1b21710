#include "spec/properties/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/properties/planted.h"

namespace lockstep::spec {
namespace {

using effect::OutcomeKind;
using effect::Reason;

// Proposal 7 is appended at index 2 of node 1's log, and not committed.
void Proposed(Scene& scene) {
  scene.Elect(1, 2);
  scene.Append(1, 7);
}

// Node 1 tells an outcome of its own accord.
Play Tell(RequestId id, OutcomeKind kind, Index index = 0, Term term = 0) {
  return [=](Scene& scene) {
    scene.Take(1, input::PeerUnreachable{}, [=](State& state, EffectSink& effects) {
      std::erase_if(state.leading.proposals,
                    [id](const PendingProposal& proposal) { return proposal.request_id == id; });
      effects.Add(effect::Outcome{id, kind, Reason::kNone, state.id, index, term, 0});
    });
  };
}

void Applied(Scene& scene) {
  Proposed(scene);
  scene.Replicate(1, 2);
  scene.ApplyAll(1);
}

TEST(RequestsTest, EachPropertyIsTrippedByWhatIsPlanted) {
  EXPECT_THAT(
      PlayAll(
          Family::kRequests,
          {
              // Two outcomes.
              {Property::kRequestEndsOnce, Proposed, [](Scene& scene) { scene.Replicate(1, 2); },
               [](Scene& scene) {
                 scene.Replicate(1, 2);
                 Tell(7, OutcomeKind::kUnknown)(scene);
               }},
              // "It will not happen" of what may.
              {Property::kRequestEndsOnce, Proposed, Tell(7, OutcomeKind::kUnknown), Tell(7, OutcomeKind::kRejected)},
              // Withdrawn, and goes on.
              {Property::kRequestEndsOnce, Proposed,
               [](Scene& scene) {
                 scene.Take(1, input::Cancel{7}, [](State& state, EffectSink& effects) {
                   state.leading.proposals.clear();
                   effects.Add(effect::Outcome{7, OutcomeKind::kUnknown, Reason::kCancelled, state.id, 0, 0, 0});
                 });
               },
               [](Scene& scene) { scene.Take(1, input::Cancel{7}); }},
              {Property::kAckedNeverLost, Proposed, [](Scene& scene) { scene.Replicate(1, 2); },
               Tell(7, OutcomeKind::kDone, 2, 1)},
              // A client is told of what never took effect.
              {Property::kAckedNeverLost,
               [](Scene& scene) {
                 Applied(scene);
                 scene.monitor().AppliedCommand(0, {1, 0}, 2, 77, 77);
               },
               [](Scene& scene) { scene.monitor().OperationAcknowledged(0, 77); },
               [](Scene& scene) { scene.monitor().OperationAcknowledged(0, 78); }},
              {Property::kExactlyOnce,
               [](Scene& scene) {
                 Applied(scene);
                 scene.Append(1);
                 scene.Replicate(1, 2);
                 scene.ApplyAll(1);
                 scene.monitor().AppliedCommand(0, {1, 0}, 2, 77, 77);
               },
               [](Scene& scene) {
                 scene.monitor().AppliedCommand(0, {1, 0}, 3, 77, 0);
               },
               [](Scene& scene) {
                 scene.monitor().AppliedCommand(0, {1, 0}, 3, 77, 77);
               }},
          }),
      ::testing::IsEmpty());
}

TEST(RequestsTest, StateMachinesAreGivenTheSameCommands) {
  Scene scene;
  Applied(scene);
  scene.Replicate(1, 2);
  scene.ApplyAll(2);
  EXPECT_TRUE(scene.monitor().AppliedCommand(0, {1, 0}, 2, 77, 77));
  Scene other = scene;
  EXPECT_TRUE(scene.monitor().AppliedCommand(0, {2, 0}, 2, 77, 77));
  EXPECT_FALSE(scene.monitor().AppliedCommand(0, {2, 0}, 2, 77, 77));
  EXPECT_EQ(scene.failed(), "ApplyOnceInOrderProp");
  EXPECT_FALSE(other.monitor().AppliedCommand(0, {2, 0}, 2, 78, 77));
  EXPECT_EQ(other.failed(), "StateMachineSafety");
}

TEST(RequestsTest, ACrashEndsWhatWasOpen) {
  Scene scene;
  Proposed(scene);
  EXPECT_EQ(scene.monitor().open_requests({1, 0}), 1u);
  scene.Crash(1);
  EXPECT_EQ(scene.monitor().open_requests({1, 0}), 0u);
}

}  // namespace
}  // namespace lockstep::spec
