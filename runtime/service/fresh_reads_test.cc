// Which reads share a question, and that a question without an answer holds up nobody for long.
#include "runtime/service/fresh_reads.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/memory/memory_clock.h"

namespace lockstep::runtime {
namespace {

// Answers questions when it is told to.
class QuietReplica final : public Replica {
 public:
  absl::StatusOr<RequestId> Propose(SharedBytes, AnswerDone) override { return absl::UnimplementedError(""); }
  absl::StatusOr<RequestId> Read(std::string, ReadLevel, AnswerDone done) override {
    asked.push_back(std::move(done));
    return asked.size();
  }
  absl::StatusOr<RequestId> ChangeConfiguration(const ConfigurationChange&, AnswerDone) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<RequestId> TransferLeadership(NodeId, AnswerDone) override { return absl::UnimplementedError(""); }
  const State& state() const override { return state_; }

  std::vector<AnswerDone> asked;

 private:
  State state_;
};

class FreshReadsTest : public testing::Test {
 protected:
  FreshReadsTest() {
    reads.Attach(replica);
    clock.Advance(100);
    replica.asked.at(0)({});  // Its own, at the start.
  }
  void Await(const std::string& name) {
    reads.Await([this, name](const RpcStatus& status) { ended += name + (status.ok() ? " " : "! "); });
  }

  MemoryClock clock;
  ServiceOptions options;
  QuietReplica replica;
  FreshReads reads{clock, clock, options};
  std::string ended;
};

TEST_F(FreshReadsTest, WhatComesWhileAQuestionIsUnderWaySharesTheNext) {
  Await("a");
  Await("b");
  clock.Advance(100);
  ASSERT_EQ(replica.asked.size(), 2u);
  Await("c");
  clock.Advance(100);
  Await("d");
  clock.Advance(100);
  EXPECT_EQ(replica.asked.size(), 2u) << "c and d wait";
  replica.asked[1]({});
  EXPECT_EQ(ended, "a b ") << "an answer does for those that had come before its question";
  clock.Advance(100);
  ASSERT_EQ(replica.asked.size(), 3u);
  replica.asked[2]({});
  EXPECT_EQ(ended, "a b c d ");
  EXPECT_EQ(reads.waiting(), 0u);
}

TEST_F(FreshReadsTest, AQuestionThatIsNotAnsweredHoldsUpNobodyForLong) {
  Await("a");
  clock.Advance(100);
  Await("b");
  clock.Advance(9'000);
  EXPECT_EQ(replica.asked.size(), 2u);
  clock.Advance(2'000);
  ASSERT_EQ(replica.asked.size(), 3u);
  replica.asked[2]({});
  EXPECT_EQ(ended, "b ");
  replica.asked[1]({});
  EXPECT_EQ(ended, "b a ");
}

TEST_F(FreshReadsTest, ARefusedQuestionIsAskedAgainAndTheNextGoesOn) {
  Await("a");
  clock.Advance(100);
  Await("b");
  replica.asked.at(1)({absl::UnavailableError("no leader")});
  clock.Advance(100);
  ASSERT_EQ(replica.asked.size(), 3u) << "b";
  clock.Advance(30'000);
  ASSERT_EQ(replica.asked.size(), 4u) << "a again";
  replica.asked[2]({});
  replica.asked[3]({});
  EXPECT_EQ(ended, "b a ");
}

}  // namespace
}  // namespace lockstep::runtime
