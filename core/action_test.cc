#include "core/action.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

Node Leader() {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  return node;
}

TEST(CancelTest, EveryKindOfRequestEndsOnce) {
  Node node = Leader();
  node.Take(input::Propose{{{1, 1}}});
  node.Take(input::Read{2, input::ReadMode::kReadIndex});
  node.Take(input::ProposeConfiguration{3, {{{ChangeKind::kAddVoter, N(4)}}, Transition::kAuto}});
  node.Take(input::TransferLeadership{4, N(3)});
  const effect::OutcomeKind expected[] = {effect::OutcomeKind::kUnknown, effect::OutcomeKind::kRejected,
                                          effect::OutcomeKind::kUnknown, effect::OutcomeKind::kUnknown};
  for (RequestId id = 1; id <= 4; ++id) {
    node.Take(input::Cancel{id});
    ASSERT_EQ(node.All<effect::Outcome>().size(), 1u) << id;
    EXPECT_EQ(node.All<effect::Outcome>()[0].kind, expected[id - 1]) << id;
    node.Take(input::Cancel{id});
    EXPECT_TRUE(node.All<effect::Outcome>().empty()) << id;
  }
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 4, 0, {}});
  node.Receive(3, 2, AppendEntriesReply{true, 4, 0, {}});
  EXPECT_EQ(node.state.commit_index, 4u);
  EXPECT_TRUE(node.All<effect::Outcome>().empty()) << "cancelled requests end no second time";
}

TEST(CancelTest, AForwardedAndAConfirmedReadCanBeWithdrawn) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{1, 1});
  node.Take(input::Read{5, input::ReadMode::kReadIndex});
  node.Take(input::Read{6, input::ReadMode::kReadIndex});
  node.Receive(1, 2, ReadReply{node.state.start, 2, true, 1});
  for (const RequestId id : {5, 6}) {
    node.Take(input::Cancel{id});
    ASSERT_EQ(node.All<effect::Outcome>().size(), 1u);
    EXPECT_EQ(node.All<effect::Outcome>()[0].kind, effect::OutcomeKind::kRejected);
  }
}

TEST(HaltTest, AllOpenRequestsEnd) {
  Node node = Leader();
  node.Take(input::Propose{{{1, 1}}});
  node.Take(input::Read{2, input::ReadMode::kReadIndex});
  node.Receive(3, 2, Heartbeat{0, 1});
  ASSERT_TRUE(node.state.halted);
  EXPECT_EQ(node.All<effect::Outcome>().size(), 2u);
}

}  // namespace
}  // namespace lockstep
