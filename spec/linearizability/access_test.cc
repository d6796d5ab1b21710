#include "spec/linearizability/access.h"

#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "spec/linearizability/testing/histories.h"

namespace lockstep::linearizability {
namespace {

std::vector<Access> Accesses(std::string_view text, Semantics semantics = {}) {
  const History history = ReadHistory(text);
  std::vector<OperationId> ids(history.size());
  std::iota(ids.begin(), ids.end(), 0u);
  return AccessesOf(history, semantics, ids);
}

TEST(AccessTest, EveryOperationIsAConditionAndAValue) {
  const auto accesses = Accesses(
      "0 invoke read x\n0 ok 1\n0 invoke write x 2\n0 ok\n0 invoke cas x 2 3\n0 ok\n0 invoke cas x 7 8\n0 fail\n"
      "0 invoke cas x 4 4\n0 ok\n",
      {.failed_cas = Semantics::FailedCompareAndSet::kFact});
  ASSERT_EQ(accesses.size(), 5u);
  EXPECT_EQ(accesses[0].guard, Access::Guard::kEqual);
  EXPECT_FALSE(accesses[0].writes);
  EXPECT_TRUE(accesses[1].PlainWrite());
  EXPECT_TRUE(accesses[2].CompareAndSet());
  EXPECT_EQ(accesses[3].guard, Access::Guard::kNotEqual);
  EXPECT_FALSE(accesses[4].writes) << "setting what was expected is reading it";
}

TEST(AccessTest, WhatSaysNothingHasNone) {
  EXPECT_TRUE(Accesses("0 invoke read x\n0 info\n1 invoke write x 1\n1 fail\n2 invoke cas x 1 1\n2 info\n"
                       "3 invoke read x\n3 ok ?\n4 invoke cas x 1 2\n4 fail\n")
                  .empty());
}

TEST(AccessTest, AMutexIsARegister) {
  Semantics semantics;
  semantics.model = ModelKind::kMutex;
  const auto accesses = Accesses("0 invoke acquire m\n0 ok\n0 invoke release m\n0 ok\n", semantics);
  ASSERT_EQ(accesses.size(), 2u);
  EXPECT_EQ(accesses[0].expect, InitialOf(semantics, 0));
  EXPECT_EQ(accesses[0].set, accesses[1].expect);
  EXPECT_EQ(accesses[1].set, accesses[0].expect);
}

TEST(DropUnreadTest, KeepsWhatSomebodyMayHaveSeen) {
  auto accesses = Accesses(
      "0 invoke write x 1\n0 info\n"                              // read later: stays
      "1 invoke write x 2\n1 info\n"                              // never read: goes
      "9 invoke read x\n9 ok 1\n"                                 //
      "2 invoke write x 1\n2 info\n"                              // invoked after the last read of 1: goes
      "3 invoke cas x 5 6\n3 info\n4 invoke write x 5\n4 info\n"  // 6 is read, so 5 matters
      "9 invoke read x\n9 ok 6\n");
  DropUnread(&accesses);
  std::vector<OperationId> ids;
  for (const Access& access : accesses) ids.push_back(access.id);
  EXPECT_EQ(ids, (std::vector<OperationId>{0, 2, 4, 5, 6}));
}

// What was never read may have been what a refused compare-and-set found, whichever it was.
TEST(DropUnreadTest, MakesThemAlikeWhenARefusalIsPresent) {
  auto accesses = Accesses(
      "0 invoke write x 2\n0 info\n2 invoke write x 4\n2 info\n3 invoke write x 5\n3 info\n"
      "1 invoke cas x 5 3\n1 fail\n",
      {.failed_cas = Semantics::FailedCompareAndSet::kFact});
  const Value refused = accesses[2].set;
  DropUnread(&accesses);
  ASSERT_EQ(accesses.size(), 4u);
  EXPECT_EQ(accesses[0].set, accesses[1].set);
  EXPECT_EQ(accesses[2].set, refused) << "not another value than the one refused";
}

}  // namespace
}  // namespace lockstep::linearizability
