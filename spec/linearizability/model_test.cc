#include "spec/linearizability/model.h"

#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

// Applies the operations in order of invocation; the number that were possible before the first impossible one.
size_t Legal(const History& history, ModelKind kind, Value initial = kNil) {
  Semantics semantics;
  semantics.model = kind;
  semantics.initial = initial;
  std::vector<OperationId> ids(history.size());
  std::iota(ids.begin(), ids.end(), 0u);
  const auto model = MakeModel(history, semantics, ids);
  EXPECT_TRUE(model.ok()) << std::string(model.status().message());
  Model::State state = (*model)->Initial();
  for (OperationId id : ids) {
    if (!(*model)->Apply(id, state)) return id;
  }
  return history.size();
}

TEST(ModelTest, Register) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke read x\n0 ok nil\n"
                              "0 invoke write x 1\n0 ok\n"
                              "0 invoke cas x 1 2\n0 ok\n"
                              "0 invoke read x\n0 ok 2\n"
                              "0 invoke cas x 1 3\n0 ok\n"),
                  ModelKind::kRegister),
            4u);
}

TEST(ModelTest, TextsAppendWhateverTheyWereMadeOf) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke append x ab\n0 ok\n"
                              "0 invoke append x c\n0 ok\n"
                              "0 invoke read x\n0 ok abc\n"
                              "0 invoke write x a\n0 ok\n"
                              "0 invoke append x bc\n0 ok\n"
                              "0 invoke read x\n0 ok abc\n"
                              "0 invoke delete x\n0 ok\n"
                              "0 invoke read x\n0 ok abc\n"),
                  ModelKind::kKeyValue),
            7u);
}

TEST(ModelTest, RangesSeeKeysInOrderOfName) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke write b two\n0 ok\n"
                              "0 invoke write a one\n0 ok\n"
                              "0 invoke range - [a,c]\n0 ok [a,one,b,two]\n"
                              "0 invoke delete-range - [b,nil]\n0 ok\n"
                              "0 invoke range - [a,nil]\n0 ok [a,one]\n"
                              "0 invoke range - [a,nil]\n0 ok [a,one,b,two]\n"),
                  ModelKind::kKeyValue),
            5u);
}

TEST(ModelTest, TransactionsAreAtomicAndTakeOneBranch) {
  HistoryBuilder builder;
  const Key x = builder.InternKey("x");
  const Value one = builder.values().Integer(1);
  const Value two = builder.values().Integer(2);
  Transaction transaction;
  transaction.guards = {{x, TransactionGuard::Comparison::kEqual, kNil}};
  transaction.then = {{OperationKind::kWrite, x, one}, {OperationKind::kRead, x, kNil, kNil, one}};
  transaction.otherwise = {{OperationKind::kWrite, x, two}};
  const auto add = [&](Transaction::Branch taken) {
    transaction.taken = taken;
    ASSERT_TRUE(builder.Invoke(0, {.kind = OperationKind::kTransaction, .transaction = &transaction}).ok());
    ASSERT_TRUE(builder.Complete(0, {.transaction = &transaction}).ok());
  };
  add(Transaction::Branch::kThen);
  add(Transaction::Branch::kOtherwise);
  add(Transaction::Branch::kNotTold);
  add(Transaction::Branch::kThen);  // x is 2 now
  EXPECT_EQ(Legal(std::move(builder).Finish(), ModelKind::kKeyValue), 3u);
}

TEST(ModelTest, ListsCompareByContent) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke read x\n0 ok nil\n"
                              "0 invoke append x 1\n0 ok\n"
                              "0 invoke append x 2\n0 ok\n"
                              "0 invoke read x\n0 ok [1,2]\n"
                              "0 invoke read x\n0 ok [2,1]\n"),
                  ModelKind::kListAppend),
            4u);
}

TEST(ModelTest, Mutex) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke acquire m\n0 ok\n0 invoke release m\n0 ok\n0 invoke release m\n0 ok\n"),
                  ModelKind::kMutex),
            2u);
}

TEST(ModelTest, LeaseTokensGrowAndOldOnesAreStale) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke acquire m\n0 ok 3\n"
                              "0 invoke renew m 3\n0 ok\n"
                              "1 invoke acquire m\n1 ok 5\n"
                              "0 invoke renew m 3\n0 fail\n"
                              "1 invoke renew m 5\n1 ok\n"
                              "1 invoke renew m 5\n1 fail\n"
                              "1 invoke release m 5\n1 ok\n"),
                  ModelKind::kLease),
            6u)
      << "a refused renewal of the newest token shows that it expired";
}

TEST(ModelTest, ATokenThatNobodyWasToldMayTurnUp) {
  const History history = ReadHistory(
      "0 invoke acquire m\n0 ok 3\n"
      "1 invoke acquire m\n1 info\n"
      "2 invoke release m 7\n2 ok\n"
      "3 invoke acquire m\n3 ok 6\n");
  EXPECT_EQ(Legal(history, ModelKind::kLease), 3u) << "6 is not above 7";
}

TEST(ModelTest, SetQueueCounterBank) {
  EXPECT_EQ(Legal(ReadHistory("0 invoke add s 2\n0 ok\n0 invoke add s 1\n0 ok\n0 invoke read s\n0 ok [1,2]\n"
                              "0 invoke read s\n0 ok [1]\n"),
                  ModelKind::kSet),
            3u);
  EXPECT_EQ(Legal(ReadHistory("0 invoke enqueue q 1\n0 ok\n0 invoke enqueue q 2\n0 ok\n0 invoke dequeue q\n0 ok 1\n"
                              "0 invoke dequeue q\n0 ok 2\n0 invoke dequeue q\n0 ok nil\n0 invoke dequeue q\n0 ok 1\n"),
                  ModelKind::kQueue),
            5u);
  EXPECT_EQ(Legal(ReadHistory("0 invoke add c 5\n0 ok\n0 invoke add c -2\n0 ok\n0 invoke read c\n0 ok 3\n"
                              "0 invoke read c\n0 ok 5\n"),
                  ModelKind::kCounter),
            3u);
  EXPECT_EQ(Legal(ReadHistory("0 invoke read b\n0 ok [1,10,2,0]\n0 invoke transfer b [1,2,4]\n0 ok\n"
                              "0 invoke read b\n0 ok [1,6,2,4]\n0 invoke transfer b [2,1,5]\n0 ok\n"),
                  ModelKind::kBank),
            3u)
      << "account 2 holds only 4";
}

TEST(ModelTest, RefusesOperationsItDoesNotHave) {
  const History history = ReadHistory("0 invoke acquire m\n0 ok\n");
  const std::vector<OperationId> ids = {0};
  const auto model = MakeModel(history, {}, ids);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(RelevanceTest, WhatAnOperationSays) {
  const auto relevance = [](std::string_view text, Semantics semantics) {
    const History history = ReadHistory(text);
    return RelevanceOf(semantics, history.operation(0));
  };
  EXPECT_EQ(relevance("0 invoke write x 1\n0 fail\n", {}), Relevance::kIgnored);
  EXPECT_EQ(relevance("0 invoke write x 1\n0 info\n", {}), Relevance::kOptional);
  EXPECT_EQ(relevance("0 invoke read x\n0 info\n", {}), Relevance::kIgnored);
  EXPECT_EQ(relevance("0 invoke read x\n0 ok nil\n", {}), Relevance::kDefinite);
  EXPECT_EQ(relevance("0 invoke read x\n0 ok nil\n", {.nil_read = Semantics::NilRead::kNoAnswer}), Relevance::kIgnored);
  EXPECT_EQ(relevance("0 invoke cas x 1 2\n0 fail\n", {}), Relevance::kIgnored);
  EXPECT_EQ(relevance("0 invoke cas x 1 2\n0 fail\n", {.failed_cas = Semantics::FailedCompareAndSet::kFact}),
            Relevance::kDefinite);
}

}  // namespace
}  // namespace lockstep::linearizability
