#include "spec/linearizability/value.h"

#include <vector>

#include "gtest/gtest.h"

namespace lockstep::linearizability {
namespace {

TEST(ValueTest, EqualValuesHaveEqualHandles) {
  ValuePool values;
  for (const int64_t integer : {int64_t{0}, int64_t{-1}, int64_t{1} << 30, -(int64_t{1} << 30), INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(values.Integer(integer), values.Integer(integer));
    EXPECT_EQ(values.AsInteger(values.Integer(integer)), integer);
    EXPECT_EQ(values.TypeOf(values.Integer(integer)), ValuePool::Type::kInteger);
  }
  EXPECT_EQ(values.String("a"), values.String("a"));
  EXPECT_NE(values.String("a"), values.String("b"));
  EXPECT_NE(values.String("1"), values.Integer(1));
  const std::vector<Value> items = {values.Integer(1), values.String("a"), kNil};
  EXPECT_EQ(values.List(items), values.List(items));
  EXPECT_NE(values.List(items), values.List({}));
  EXPECT_EQ(values.ToString(values.List(items)), "[1 \"a\" nil]");
}

TEST(ValueTest, NilAndUnknownAreApartFromEverything) {
  ValuePool values;
  for (const Value value : {values.Integer(0), values.String(""), values.List({})}) {
    EXPECT_NE(value, kNil);
    EXPECT_NE(value, kUnknownValue);
  }
  EXPECT_EQ(values.TypeOf(kNil), ValuePool::Type::kNil);
  EXPECT_EQ(values.TypeOf(kUnknownValue), ValuePool::Type::kUnknown);
}

TEST(ValueTest, CopyAndMoveKeepEveryHandle) {
  ValuePool values;
  const Value text = values.String("hello");
  const Value large = values.Integer(INT64_MAX);
  const std::vector<Value> items = {text, large};
  const Value list = values.List(items);
  ValuePool copy = values;
  EXPECT_EQ(copy.String("hello"), text);
  EXPECT_EQ(copy.Integer(INT64_MAX), large);
  EXPECT_EQ(copy.List(items), list);
  const Value added = copy.String("added to the copy only");
  EXPECT_EQ(copy.AsString(added), "added to the copy only");
  const ValuePool moved = std::move(copy);
  EXPECT_EQ(moved.AsString(text), "hello");
  EXPECT_EQ(moved.AsString(added), "added to the copy only");
}

TEST(ValueTest, AListMayBeMadeOfAnothersItems) {
  ValuePool values;
  std::vector<Value> items;
  for (int i = 0; i < 100; ++i) items.push_back(values.Integer(i));
  const Value list = values.List(items);
  const Value first_half = values.List(values.AsList(list).first(50));
  EXPECT_EQ(values.AsList(first_half).size(), 50u);
  EXPECT_EQ(values.AsInteger(values.AsList(first_half)[49]), 49);
}

}  // namespace
}  // namespace lockstep::linearizability
