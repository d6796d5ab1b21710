#include "kvsm/errors.h"

#include <set>

#include "gtest/gtest.h"

namespace lockstep::kvsm {
namespace {

constexpr int kErrors = 63;

TEST(Errors, TheTableIsInTheOrderOfItsEnumeration) {
  for (int i = 0; i <= kErrors; ++i) {
    EXPECT_EQ(InfoOf(static_cast<Error>(i)).error, static_cast<Error>(i)) << i;
  }
}

TEST(Errors, EachHasATextOfItsOwn) {
  std::set<std::string_view> texts;
  for (int i = 1; i <= kErrors; ++i) {
    const ErrorInfo& info = InfoOf(static_cast<Error>(i));
    EXPECT_NE(info.code, Code::kOk) << info.text;
    EXPECT_TRUE(info.text.starts_with("etcdserver: ")) << info.text;
    EXPECT_TRUE(texts.insert(info.text).second) << info.text;
    EXPECT_EQ(ErrorOfText(info.text), info.error);
  }
  EXPECT_EQ(static_cast<int>(Error::kDeadlineExceeded), kErrors) << "the last one of the enumeration";
  EXPECT_EQ(ErrorOfText("etcdserver: no such text"), std::nullopt);
}

TEST(Errors, WhatClientsSwitchOn) {
  EXPECT_EQ(InfoOf(Error::kCompacted).code, Code::kOutOfRange);
  EXPECT_EQ(InfoOf(Error::kCompacted).text, "etcdserver: mvcc: required revision has been compacted");
  EXPECT_EQ(InfoOf(Error::kNoSpace).code, Code::kResourceExhausted);
  EXPECT_EQ(InfoOf(Error::kLeaseNotFound).code, Code::kNotFound);
  EXPECT_EQ(InfoOf(Error::kNoLeader).code, Code::kUnavailable);
}

}  // namespace
}  // namespace lockstep::kvsm
