#include "spec/linearizability/certificate_checker.h"

#include <string>

#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

using Part = ConflictItem::Part;

std::string Fault(const absl::Status& status) { return std::string(status.message()); }

class OrdersTest : public ::testing::Test {
 protected:
  std::string Verify(const std::vector<Order>& orders) { return Fault(VerifyOrders(history_, {}, orders)); }

  const History history_ = ReadHistory(
      "0 invoke write x 1\n0 ok\n1 invoke write x 2\n2 invoke read x\n1 ok\n2 ok 1\n"
      "3 invoke write y 5\n3 info\n4 invoke write x 6\n4 fail\n");
};

TEST_F(OrdersTest, AcceptsALegalOrder) { EXPECT_EQ(Verify({{0, 2, 1}}), ""); }
TEST_F(OrdersTest, AcceptsAnOperationOfUnknownOutcome) { EXPECT_EQ(Verify({{0, 2, 1}, {3}}), ""); }
TEST_F(OrdersTest, RefusesAnIllegalOne) { EXPECT_NE(Verify({{0, 1, 2}}).find("answer"), std::string::npos); }
TEST_F(OrdersTest, RefusesOneAgainstRealTime) { EXPECT_NE(Verify({{1, 0, 2}}).find("completed"), std::string::npos); }
TEST_F(OrdersTest, RefusesAMissingOperation) { EXPECT_NE(Verify({{0, 2}}).find("no order"), std::string::npos); }
TEST_F(OrdersTest, RefusesADuplicate) { EXPECT_NE(Verify({{0, 2, 1, 1}}).find("twice"), std::string::npos); }
TEST_F(OrdersTest, RefusesWhatDidNotHappen) { EXPECT_NE(Verify({{0, 2, 1, 4}}).find("in vain"), std::string::npos); }
TEST_F(OrdersTest, RefusesOneKeyInTwoOrders) { EXPECT_NE(Verify({{0, 2}, {1}}).find("key"), std::string::npos); }

std::string Verify(const History& history, const Conflict& conflict, Semantics semantics = {}) {
  return Fault(VerifyConflict(history, semantics, conflict));
}

TEST(ConflictsTest, AcceptsAStaleRead) {
  const History history = ReadHistory("0 invoke write x 1\n0 ok\n0 invoke write x 2\n0 ok\n0 invoke read x\n0 ok 1\n");
  EXPECT_EQ(Verify(history, {{0}, {1}, {2}}), "");
  EXPECT_EQ(Verify(history, {{1}, {2}}), "") << "the first write is overwritten by the second";
  EXPECT_NE(Verify(history, {{2}}), "") << "the first write may explain the read";
  EXPECT_NE(Verify(history, {{0}, {2}}), "") << "a legal order";
  EXPECT_NE(Verify(history, {}), "");
  EXPECT_NE(Verify(history, {{2}, {1}}), "") << "out of order";
}

TEST(ConflictsTest, AnOverlappingOrUnknownWriterMayNotBeLeftOut) {
  const History overlapping =
      ReadHistory("0 invoke write x 1\n1 invoke write x 2\n1 ok\n0 ok\n2 invoke read x\n2 ok 1\n");
  EXPECT_NE(Verify(overlapping, {{1}, {2}}), "");
  const History unknown =
      ReadHistory("0 invoke write x 1\n0 info\n1 invoke write x 2\n1 ok\n1 invoke read x\n1 ok 1\n");
  EXPECT_NE(Verify(unknown, {{1}, {2}}), "");
}

TEST(ConflictsTest, ARefusalNeedsEveryOtherValue) {
  const Semantics facts = {.failed_cas = Semantics::FailedCompareAndSet::kFact};
  const History history =
      ReadHistory("0 invoke write x 1\n0 ok\n1 invoke write x 5\n0 invoke cas x 1 2\n0 fail\n1 ok\n");
  EXPECT_NE(Verify(history, {{0}, {2}}, facts), "") << "5 explains it";
  const History alone = ReadHistory("0 invoke write x 1\n0 ok\n0 invoke cas x 1 2\n0 fail\n");
  EXPECT_EQ(Verify(alone, {{0}, {1}}, facts), "");
}

TEST(ConflictsTest, PartsOfOperations) {
  // 1 is replaced by 2, 2 overwritten by 3, and 1 read: that the compare-and-set found 1 does not matter.
  const History history =
      ReadHistory("0 invoke write x 1\n0 ok\n0 invoke cas x 1 2\n0 ok\n0 invoke read x\n0 ok 1\n0 invoke write x 9\n");
  EXPECT_EQ(Verify(history, {{1, Part::kWriteOnly}, {2}}), "");
  EXPECT_NE(Verify(history, {{1}, {2, Part::kWriteOnly}}), "") << "a read leaves nothing";
  EXPECT_NE(Verify(history, {{1, Part::kWriteOnly}, {2, Part::kUnfinished}}), "")
      << "an unfinished read need not have happened";
}

TEST(ConflictsTest, OtherModelsKeepEveryChange) {
  Semantics queue;
  queue.model = ModelKind::kQueue;
  const History history = ReadHistory(
      "0 invoke enqueue q 1\n0 ok\n0 invoke enqueue q 2\n0 ok\n0 invoke dequeue q\n0 ok 2\n0 invoke enqueue q 3\n0 "
      "ok\n");
  EXPECT_EQ(Verify(history, {{0}, {1}, {2}}, queue), "") << "what begins after the end may go";
  EXPECT_NE(Verify(history, {{1}, {2}}, queue), "");
}

TEST(ConflictsTest, ElementsNobodySawMayGo) {
  Semantics set;
  set.model = ModelKind::kSet;
  const History history = ReadHistory("0 invoke add s 1\n0 ok\n0 invoke add s 2\n0 ok\n0 invoke read s\n0 ok [2]\n");
  EXPECT_EQ(Verify(history, {{0}, {1}, {2}}, set), "");
  EXPECT_NE(Verify(history, {{0}, {2}}, set), "") << "2 was seen";
  EXPECT_NE(Verify(history, {{1}, {2}}, set), "") << "legal once 1 is left out";
}

}  // namespace
}  // namespace lockstep::linearizability
