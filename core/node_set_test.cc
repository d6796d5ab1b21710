#include "core/node_set.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

namespace lockstep {
namespace {

TEST(NodeSetTest, PrintsInAscendingOrder) {
  EXPECT_EQ(ToString(NodeSet{}), "()");
  EXPECT_EQ(ToString(NodeSet{{3}, {1}, {2, 1}, {2}}), "(1 2 2.1 3)");
}

TEST(NodeSetTest, EqualWhateverTheOrderOfInsertion) {
  EXPECT_EQ((NodeSet{{1}, {2}}), (NodeSet{{2}, {1}, {2}}));
  EXPECT_NE((NodeSet{{1}, {2}}), (NodeSet{{1}}));
  EXPECT_NE((NodeSet{{1}}), (NodeSet{{1, 1}}));
}

rc::Gen<NodeId> AnyNode() {
  return rc::gen::construct<NodeId>(rc::gen::inRange<uint32_t>(1, 12), rc::gen::inRange<uint32_t>(0, 2));
}

void ExpectSame(const NodeSet& set, const std::set<NodeId>& model) {
  RC_ASSERT(set.size() == model.size());
  RC_ASSERT(set.empty() == model.empty());
  RC_ASSERT(std::vector<NodeId>(set.begin(), set.end()) == std::vector<NodeId>(model.begin(), model.end()));
}

// More than seven members too, so that the set outgrows its inline storage.
RC_GTEST_PROP(NodeSetTest, BehavesAsAnOrderedSet, ()) {
  NodeSet set;
  std::set<NodeId> model;
  for (uint8_t operation : *rc::gen::arbitrary<std::vector<uint8_t>>()) {
    const NodeId id = *AnyNode();
    if (operation % 16 == 0) {
      set.clear();
      model.clear();
    } else if (operation % 3 == 0) {
      RC_ASSERT(set.erase(id) == (model.erase(id) == 1));
    } else {
      RC_ASSERT(set.insert(id) == model.insert(id).second);
    }
    RC_ASSERT(set.contains(id) == model.contains(id));
    ExpectSame(set, model);
    const NodeSet copy = set;
    RC_ASSERT(copy == set);
  }
}

}  // namespace
}  // namespace lockstep
