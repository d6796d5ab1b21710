#include "spec/linearizability/online.h"

#include <vector>

#include "gtest/gtest.h"

namespace lockstep::linearizability {
namespace {

using Verdict = OnlineChecker::Verdict;

class OnlineTest : public ::testing::Test {
 protected:
  OnlineChecker::Ticket Write(int64_t value, Key key = 0) {
    return online_.Invoke({.kind = OperationKind::kWrite, .key = key, .argument = values_.Integer(value)});
  }
  OnlineChecker::Ticket Read(Key key = 0) { return online_.Invoke({.kind = OperationKind::kRead, .key = key}); }
  void Ok(OnlineChecker::Ticket ticket) { online_.Complete(ticket, Outcome::kOk); }
  void Ok(OnlineChecker::Ticket ticket, int64_t value) {
    online_.Complete(ticket, Outcome::kOk, values_.Integer(value));
  }

  ValuePool values_;
  OnlineChecker online_{{}};
};

TEST_F(OnlineTest, TellsAStaleReadAtOnceWhenNothingElseIsOpen) {
  Ok(Write(1));
  Ok(Write(2));
  EXPECT_EQ(online_.verdict(), Verdict::kLinearizable);
  Ok(Read(), 1);
  EXPECT_EQ(online_.verdict(), Verdict::kNotLinearizable);
  EXPECT_EQ(online_.event(), 5u);
  Ok(Read(), 2);
  EXPECT_EQ(online_.event(), 5u) << "the first bad event stays";
}

TEST_F(OnlineTest, WaitsForAnOpenOperationAndThenNamesTheRightEvent) {
  const auto open = Read();
  Ok(Write(1));
  Ok(Read(), 7);  // events 3 and 4
  EXPECT_EQ(online_.verdict(), Verdict::kLinearizable) << "the open read's answer is not known yet";
  Ok(open, 1);
  EXPECT_EQ(online_.verdict(), Verdict::kNotLinearizable);
  EXPECT_EQ(online_.event(), 4u);
}

TEST_F(OnlineTest, AnOperationGivenUpMayTakeEffectLater) {
  online_.Complete(Write(1), Outcome::kUnknown);
  Ok(Write(2));
  Ok(Read(), 2);
  Ok(Read(), 1);
  EXPECT_EQ(online_.verdict(), Verdict::kLinearizable);
  Ok(Write(3));
  Ok(Read(), 1);
  EXPECT_EQ(online_.verdict(), Verdict::kNotLinearizable);
}

TEST_F(OnlineTest, AnOperationThatIsDroppedNeverTakesEffect) {
  online_.Drop(Write(1));
  Ok(Read(), 1);
  EXPECT_EQ(online_.verdict(), Verdict::kNotLinearizable);
  EXPECT_EQ(online_.event(), 3u);
}

TEST_F(OnlineTest, FinishGivesUpWhatIsOpen) {
  Write(1);
  Ok(Read(), 9);
  EXPECT_EQ(online_.verdict(), Verdict::kLinearizable);
  online_.Finish();
  EXPECT_EQ(online_.verdict(), Verdict::kNotLinearizable);
}

TEST_F(OnlineTest, KeysAreApart) {
  Ok(Write(1, 0));
  const auto open = Read(1);
  Ok(Read(0), 5);
  EXPECT_EQ(online_.verdict(), Verdict::kNotLinearizable) << "what is open on another key does not delay it";
  Ok(open, 5);
}

TEST_F(OnlineTest, MemoryIsBoundedByWhatIsOpen) {
  size_t most = 0;
  for (int64_t i = 1; i <= 20'000; ++i) {
    const auto write = Write(2 * i);
    const auto other = Write(2 * i + 1);
    const auto read = Read();
    Ok(write);
    Ok(read, 2 * i);
    Ok(other);
    ASSERT_EQ(online_.verdict(), Verdict::kLinearizable);
    if (i == 1000) most = online_.bytes();
  }
  EXPECT_LE(online_.bytes(), most);
}

TEST_F(OnlineTest, UsedUpUnknownsAreForgotten) {
  size_t most = 0;
  for (int64_t i = 1; i <= 20'000; ++i) {
    online_.Complete(Write(7), Outcome::kUnknown);
    Ok(Read(), 7);
    Ok(Write(8));
    ASSERT_EQ(online_.verdict(), Verdict::kLinearizable);
    if (i == 5000) most = online_.bytes();
  }
  EXPECT_LE(online_.bytes(), most);
}

TEST(OnlineLimitTest, AnOperationThatStaysOpenTooLongLeavesItUnknown) {
  OnlineChecker online({.waiting_max = 10});
  online.Invoke({.kind = OperationKind::kRead});
  for (int i = 0; i < 20; ++i) online.Complete(online.Invoke({.kind = OperationKind::kWrite}), Outcome::kOk);
  EXPECT_EQ(online.verdict(), Verdict::kUnknown);
  EXPECT_NE(online.event(), kNever);
}

TEST(OnlineLimitTest, AMutexToo) {
  OnlineChecker online({.semantics = {.model = ModelKind::kMutex}});
  const auto lock = [&] { online.Complete(online.Invoke({.kind = OperationKind::kAcquire}), Outcome::kOk); };
  lock();
  EXPECT_EQ(online.verdict(), Verdict::kLinearizable);
  lock();
  EXPECT_EQ(online.verdict(), Verdict::kNotLinearizable);
}

}  // namespace
}  // namespace lockstep::linearizability
