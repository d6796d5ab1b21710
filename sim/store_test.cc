#include "sim/store.h"

#include "gtest/gtest.h"

namespace lockstep::sim {
namespace {

Command Write(uint32_t client, uint64_t sequence, uint32_t key, uint64_t value) {
  Command command;
  command.client = client;
  command.sequence = sequence;
  command.key = key;
  command.argument = value;
  return command;
}

Command CompareAndSet(uint64_t sequence, uint64_t expected, uint64_t value) {
  Command command = Write(0, sequence, 0, value);
  command.kind = OperationKind::kCompareAndSet;
  command.expected = expected;
  return command;
}

TEST(StoreTest, AWriteIsRead) {
  Store store(2, 1);
  const Command write = Write(0, 1, 1, 42);
  EXPECT_TRUE(store.Apply(1, &write));
  EXPECT_EQ(store.Get(1), 42u);
  EXPECT_EQ(store.Get(0), 0u);
  EXPECT_EQ(store.Result(0, 1), 1u);
  EXPECT_EQ(store.applied(), 1u);
}

TEST(StoreTest, ACommandThatComesAgainIsAnsweredAndNotExecuted) {
  Store store(1, 2);
  const Command first = Write(0, 1, 0, 10), other = Write(1, 1, 0, 20);
  EXPECT_TRUE(store.Apply(1, &first));
  EXPECT_TRUE(store.Apply(2, &other));
  EXPECT_FALSE(store.Apply(3, &first));
  EXPECT_EQ(store.Get(0), 20u);
  EXPECT_EQ(store.Result(0, 1), 1u);
}

TEST(StoreTest, ALateCommandOfASessionThatHasGoneOnDoesNothing) {
  Store store(1, 1);
  const Command second = Write(0, 2, 0, 20), first = Write(0, 1, 0, 10);
  EXPECT_TRUE(store.Apply(1, &second));
  EXPECT_FALSE(store.Apply(2, &first));
  EXPECT_EQ(store.Get(0), 20u);
  EXPECT_EQ(store.Result(0, 1), std::nullopt);
}

TEST(StoreTest, CompareAndSetComparesFirst) {
  Store store(1, 1);
  const Command fails = CompareAndSet(1, 5, 6), succeeds = CompareAndSet(2, 0, 7);
  EXPECT_TRUE(store.Apply(1, &fails));
  EXPECT_EQ(store.Result(0, 1), 0u);
  EXPECT_EQ(store.Get(0), 0u);
  EXPECT_TRUE(store.Apply(2, &succeeds));
  EXPECT_EQ(store.Result(0, 2), 1u);
  EXPECT_EQ(store.Get(0), 7u);
}

TEST(StoreTest, AnEntryWithoutACommandOnlyCounts) {
  Store store(1, 1);
  EXPECT_FALSE(store.Apply(1, nullptr));
  EXPECT_EQ(store.applied(), 1u);
}

TEST(StoreTest, EqualStoresHaveEqualHashes) {
  Store a(2, 2), b(2, 2);
  EXPECT_EQ(a.Hash(), b.Hash());
  const Command write = Write(1, 1, 1, 3);
  a.Apply(1, &write);
  EXPECT_NE(a.Hash(), b.Hash());
  b.Apply(1, &write);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.Hash(), b.Hash());
}

}  // namespace
}  // namespace lockstep::sim
