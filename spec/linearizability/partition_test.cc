#include "spec/linearizability/partition.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

using ::testing::ElementsAre;

TEST(PartitionTest, OneComponentPerKey) {
  const History history = ReadHistory(
      "0 invoke write x 1\n0 ok\n0 invoke write y 1\n0 ok\n0 invoke read x\n0 ok 1\n0 invoke read y\n0 fail\n");
  const Partition partition(history, {});
  ASSERT_EQ(partition.size(), 2u);
  EXPECT_THAT(partition.ids(0), ElementsAre(0, 2));
  EXPECT_THAT(partition.ids(1), ElementsAre(1)) << "what failed says nothing";
  EXPECT_TRUE(partition.is_register(0));
}

TEST(PartitionTest, RangesAndTransactionsJoinKeys) {
  HistoryBuilder builder;
  const std::vector<Key> keys = {builder.InternKey("a"), builder.InternKey("b"), builder.InternKey("c"),
                                 builder.InternKey("d")};
  for (Key key : keys) {
    ASSERT_TRUE(builder.Invoke(0, {.kind = OperationKind::kWrite, .key = key}).ok());
    ASSERT_TRUE(builder.Complete(0, {}).ok());
  }
  Transaction transaction;
  transaction.guards = {{keys[3], TransactionGuard::Comparison::kEqual, kNil}};
  transaction.then = {{OperationKind::kRead, keys[2]}};
  ASSERT_TRUE(builder.Invoke(0, {.kind = OperationKind::kTransaction, .transaction = &transaction}).ok());
  ASSERT_TRUE(builder.Complete(0, {.transaction = &transaction}).ok());
  const Value bounds[] = {builder.values().String("a"), builder.values().String("c")};
  const Value range = builder.values().List(bounds);
  ASSERT_TRUE(builder.Invoke(0, {.kind = OperationKind::kDeleteRange, .argument = range}).ok());
  ASSERT_TRUE(builder.Complete(0, {}).ok());
  Semantics semantics;
  semantics.model = ModelKind::kKeyValue;
  const History history = std::move(builder).Finish();
  const Partition partition(history, semantics);
  ASSERT_EQ(partition.size(), 2u);
  EXPECT_THAT(partition.ids(0), ElementsAre(0, 1, 5));
  EXPECT_THAT(partition.ids(1), ElementsAre(2, 3, 4));
  EXPECT_FALSE(partition.is_register(0));
}

TEST(PartitionTest, ARangeWithoutKeysIsStillChecked) {
  const History history = ReadHistory("0 invoke range - [p,q]\n0 ok [p,1]\n");
  Semantics semantics;
  semantics.model = ModelKind::kKeyValue;
  EXPECT_EQ(Partition(history, semantics).size(), 1u);
}

}  // namespace
}  // namespace lockstep::linearizability
