#include "core/types.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(TypesTest, AnotherIncarnationIsAnotherNode) {
  EXPECT_NE((NodeId{3, 0}), (NodeId{3, 1}));
  EXPECT_LT((NodeId{3, 0}), (NodeId{3, 1}));
  EXPECT_LT((NodeId{2, 9}), (NodeId{3, 0}));
  EXPECT_EQ(NodeId{}, kNoNode);
}

TEST(TypesTest, NodesPrintWithTheirIncarnationWhenItIsNotTheFirst) {
  EXPECT_EQ(ToString(NodeId{3, 0}), "3");
  EXPECT_EQ(ToString(NodeId{3, 1}), "3.1");
  EXPECT_EQ(ToString(kNoNode), "none");
}

TEST(TypesTest, KindsAndRolesHaveDistinctNames) {
  EXPECT_STREQ(ToString(EntryKind::kNoOp), "no-op");
  EXPECT_STREQ(ToString(EntryKind::kCommand), "command");
  EXPECT_STREQ(ToString(EntryKind::kConfiguration), "configuration");
  EXPECT_STREQ(ToString(Role::kFollower), "follower");
  EXPECT_STREQ(ToString(Role::kPreCandidate), "pre-candidate");
  EXPECT_STREQ(ToString(Role::kCandidate), "candidate");
  EXPECT_STREQ(ToString(Role::kLeader), "leader");
}

TEST(TypesTest, EntriesCompareByEveryField) {
  const EntryMeta entry{.term = 2, .bytes = 8, .kind = EntryKind::kCommand};
  EXPECT_EQ(entry, (EntryMeta{2, 8, EntryKind::kCommand}));
  EXPECT_NE(entry, (EntryMeta{3, 8, EntryKind::kCommand}));
  EXPECT_NE(entry, (EntryMeta{2, 9, EntryKind::kCommand}));
  EXPECT_NE(entry, (EntryMeta{2, 8, EntryKind::kNoOp}));
}

}  // namespace
}  // namespace lockstep
