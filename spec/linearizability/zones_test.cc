#include "spec/linearizability/zones.h"

#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

using ::testing::ElementsAre;

Answer Zones(std::string_view text, Semantics semantics = {}) {
  const History history = ReadHistory(text);
  std::vector<OperationId> ids(history.size());
  std::iota(ids.begin(), ids.end(), 0u);
  return CheckZones(AccessesOf(history, semantics, ids), semantics.initial, true);
}

TEST(ZonesTest, ForwardZonesMayNotOverlap) {
  // 1 is held from event 1 to 6, 2 from 3 to 8.
  EXPECT_EQ(Zones("0 invoke write x 1\n0 ok\n0 invoke write x 2\n0 ok\n"
                  "0 invoke read x\n0 ok 2\n0 invoke read x\n0 ok 1\n0 invoke read x\n0 ok 2\n")
                .decision,
            Decision::kNotLinearizable);
}

TEST(ZonesTest, ABackwardZoneMayNotLieWithinAForwardOne) {
  const Answer answer = Zones(
      "0 invoke write x 1\n0 ok\n"
      "1 invoke write x 2\n1 ok\n"
      "0 invoke read x\n0 ok 1\n");
  EXPECT_EQ(answer.decision, Decision::kNotLinearizable);
}

TEST(ZonesTest, ABackwardZoneThatReachesOutIsFine) {
  const Answer answer = Zones(
      "1 invoke write x 2\n"
      "0 invoke write x 1\n0 ok\n"
      "0 invoke read x\n0 ok 1\n"
      "1 ok\n");
  EXPECT_EQ(answer.decision, Decision::kLinearizable);
  EXPECT_THAT(answer.order, ElementsAre(0, 1, 2));
}

TEST(ZonesTest, TheInitialValueComesFirst) {
  EXPECT_EQ(Zones("0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok nil\n").decision, Decision::kNotLinearizable);
  EXPECT_EQ(Zones("0 invoke write x 1\n1 invoke read x\n1 ok nil\n0 ok\n").decision, Decision::kLinearizable);
}

TEST(ZonesTest, CompareAndSetsChainClusters) {
  EXPECT_EQ(Zones("0 invoke write x 1\n1 invoke cas x 1 2\n2 invoke cas x 2 3\n0 ok\n1 ok\n2 ok\n"
                  "0 invoke read x\n0 ok 3\n")
                .decision,
            Decision::kLinearizable);
  // The chain 1, 2, 3 is gone through before 1 is read.
  EXPECT_EQ(Zones("0 invoke write x 1\n0 ok\n0 invoke cas x 1 2\n0 ok\n0 invoke cas x 2 3\n0 ok\n"
                  "0 invoke read x\n0 ok 1\n")
                .decision,
            Decision::kNotLinearizable);
}

TEST(ZonesTest, AValueIsReplacedOnlyOnce) {
  EXPECT_EQ(Zones("0 invoke write x 1\n0 ok\n1 invoke cas x 1 2\n2 invoke cas x 1 3\n1 ok\n2 ok\n").decision,
            Decision::kNotLinearizable);
}

TEST(ZonesTest, CompareAndSetsInACircleHaveNoBeginning) {
  const Answer answer = Zones("0 invoke cas x 1 2\n1 invoke cas x 2 1\n0 ok\n1 ok\n");
  EXPECT_EQ(answer.decision, Decision::kNotLinearizable);
  EXPECT_EQ(answer.conflict.size(), 2u);
}

TEST(ZonesTest, AReadValueNeedsAWriter) {
  const Answer answer = Zones("0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok 2\n");
  EXPECT_EQ(answer.decision, Decision::kNotLinearizable);
  EXPECT_THAT(answer.conflict, ElementsAre(ConflictItem{.id = 1}));
}

TEST(ZonesTest, UnknownOutcomesHappenedIfTheyWereSeen) {
  const Answer answer = Zones(
      "0 invoke write x 1\n0 info\n1 invoke cas x 1 2\n1 info\n2 invoke write x 3\n2 info\n"
      "3 invoke read x\n3 ok 2\n");
  EXPECT_EQ(answer.decision, Decision::kLinearizable);
  EXPECT_THAT(answer.order, ElementsAre(0, 1, 3));
}

TEST(ZonesTest, SeveralWritersOfAnObservedValueAreForTheFrontier) {
  EXPECT_EQ(Zones("0 invoke write x 1\n0 ok\n0 invoke write x 1\n0 ok\n0 invoke read x\n0 ok 1\n").decision,
            Decision::kInapplicable);
  EXPECT_EQ(Zones("0 invoke write x 1\n0 ok\n0 invoke write x 1\n0 ok\n").decision, Decision::kLinearizable)
      << "nobody observed it";
}

TEST(ZonesTest, RefusalsAreLeftOutAndKeepItFromSayingYes) {
  const Semantics facts = {.failed_cas = Semantics::FailedCompareAndSet::kFact};
  EXPECT_EQ(Zones("0 invoke cas x 1 2\n0 fail\n", facts).decision, Decision::kInapplicable);
  EXPECT_EQ(Zones("0 invoke cas x 1 2\n0 fail\n0 invoke read x\n0 ok 9\n", facts).decision, Decision::kNotLinearizable);
}

}  // namespace
}  // namespace lockstep::linearizability
