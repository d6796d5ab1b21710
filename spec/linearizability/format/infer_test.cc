#include "spec/linearizability/format/infer.h"

#include <initializer_list>

#include "gtest/gtest.h"

namespace lockstep::linearizability::format {
namespace {

using K = OperationKind;

Evidence Seen(std::initializer_list<K> kinds) {
  Evidence evidence;
  for (K kind : kinds) evidence.Saw(kind);
  return evidence;
}

std::string Inferred(const Evidence& evidence) {
  const auto model = InferModel(evidence);
  return std::string(model.ok() ? std::string(Name(*model)) : std::string(model.status().message()));
}

TEST(InferTest, TheOnlyModelThatFits) {
  EXPECT_EQ(Inferred(Seen({K::kRead, K::kWrite, K::kCompareAndSet})), "register");
  EXPECT_EQ(Inferred(Seen({K::kRead, K::kDelete})), "key-value");
  EXPECT_EQ(Inferred(Seen({K::kTransaction, K::kRead, K::kWrite})), "key-value");
  EXPECT_EQ(Inferred(Seen({K::kAcquire, K::kRelease})), "mutex");
  EXPECT_EQ(Inferred(Seen({K::kEnqueue, K::kDequeue})), "queue");
  EXPECT_EQ(Inferred(Seen({})), "register");
  Evidence bank = Seen({K::kTransfer, K::kRead});
  bank.read_map = true;
  EXPECT_EQ(Inferred(bank), "bank");
}

TEST(InferTest, AnswersDecideBetweenModels) {
  Evidence lease = Seen({K::kAcquire, K::kRelease});
  lease.token = true;
  EXPECT_EQ(Inferred(lease), "lease");
  Evidence append = Seen({K::kAppend, K::kRead});
  append.append_text = append.read_other = true;
  EXPECT_EQ(Inferred(append), "key-value");
  append.read_other = false;
  append.read_list = true;
  EXPECT_EQ(Inferred(append), "list-append");
  Evidence add = Seen({K::kAdd, K::kRead});
  add.read_list = true;
  EXPECT_EQ(Inferred(add), "set");
  add.read_list = false;
  add.read_integer = true;
  EXPECT_EQ(Inferred(add), "counter");
}

TEST(InferTest, NeverGuesses) {
  EXPECT_EQ(Inferred(Seen({K::kAdd})), "these operations (add) fit several models; say --model=set or counter");
  EXPECT_EQ(
      Inferred(Seen({K::kAcquire, K::kWrite})),
      "these operations (write, acquire) and their answers fit none of the models; say which is meant with --model");
  Evidence balances = Seen({K::kRead});
  balances.read_map = true;
  EXPECT_EQ(Inferred(balances).substr(0, 24), "these operations (read) ");
}

}  // namespace
}  // namespace lockstep::linearizability::format
