#include "runtime/driver/requests.h"

#include <gtest/gtest.h>

namespace lockstep::runtime {
namespace {

TEST(RequestsTest, EachIsTakenOnce) {
  Requests requests({.requests_max = 2, .bytes_max = 100});
  const auto first = requests.Add({RequestKind::kProposal, 60, "", [](const Answer&) {}});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(requests.bytes(), 60u);
  EXPECT_EQ(requests.Add({RequestKind::kProposal, 50, "", nullptr}).status().code(),
            absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(requests.Add({RequestKind::kRead, 40, "query", [](const Answer&) {}}).ok());
  EXPECT_EQ(requests.Add({RequestKind::kRead, 0, "", nullptr}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(requests.Take(*first).has_value());
  EXPECT_FALSE(requests.Take(*first).has_value());
  EXPECT_EQ(requests.Find(*first), nullptr);
  EXPECT_EQ(requests.bytes(), 40u);
}

TEST(RequestsTest, ALargeOneIsTakenIfItIsAlone) {
  Requests requests({.requests_max = 2, .bytes_max = 100});
  EXPECT_TRUE(requests.Add({RequestKind::kProposal, 1000, "", [](const Answer&) {}}).ok());
}

TEST(RequestsTest, EndAllAnswersAll) {
  Requests requests(RequestLimits{});
  int answered = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(requests
                    .Add({RequestKind::kOther, 1, "",
                          [&](const Answer& answer) {
                            EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnknown);
                            ++answered;
                          }})
                    .ok());
  }
  requests.EndAll(absl::UnknownError("over"), effect::Reason::kHalted);
  EXPECT_EQ(answered, 3);
  EXPECT_EQ(requests.size(), 0u);
  EXPECT_EQ(requests.bytes(), 0u);
}

TEST(RequestsTest, EveryOutcomeHasAStatus) {
  const NodeId leader{3, 0};
  const auto status = [&](effect::OutcomeKind kind, effect::Reason reason, NodeId who) {
    return StatusOf({.request_id = 1, .kind = kind, .reason = reason, .leader = who});
  };
  EXPECT_TRUE(status(effect::OutcomeKind::kDone, effect::Reason::kNone, leader).ok());
  for (int reason = 1; reason <= static_cast<int>(effect::Reason::kHalted); ++reason) {
    const auto rejected = status(effect::OutcomeKind::kRejected, static_cast<effect::Reason>(reason), leader);
    EXPECT_FALSE(rejected.ok());
    EXPECT_FALSE(rejected.message().empty());
    const auto unknown = status(effect::OutcomeKind::kUnknown, static_cast<effect::Reason>(reason), leader);
    EXPECT_EQ(unknown.code(), absl::StatusCode::kUnknown);
  }
  EXPECT_NE(status(effect::OutcomeKind::kRejected, effect::Reason::kNotLeader, leader).message().find("node 3 leads"),
            std::string::npos);
}

}  // namespace
}  // namespace lockstep::runtime
