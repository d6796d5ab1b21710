#include "traces/text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "traces/convert.h"

namespace lockstep::traces {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr NodeId kOne{1, 0};
constexpr NodeId kTwo{2, 0};

proto::Record StepRecord(proto::Role role, uint64_t term, uint64_t commit) {
  proto::Record record;
  proto::Step* step = record.mutable_step();
  step->set_time_micros(152'301);
  step->set_step(17);
  ToProto(kTwo, step->mutable_node());
  step->mutable_input()->mutable_election_timeout();
  step->mutable_state()->set_role(role);
  step->mutable_state()->set_term(term);
  step->mutable_state()->set_commit_index(commit);
  return record;
}

TEST(Text, AStepTellsTimeNumberNodeInputAndChanges) {
  Narrator narrator;
  EXPECT_THAT(
      narrator.Line(StepRecord(proto::ROLE_PRE_CANDIDATE, 0, 0)),
      AllOf(StartsWith("       152.301       17  2     ElectionTimeout"), EndsWith(": follower -> pre-candidate")));
  EXPECT_THAT(narrator.Line(StepRecord(proto::ROLE_CANDIDATE, 3, 0)),
              EndsWith(": pre-candidate -> candidate, term 0 -> 3"));
  EXPECT_THAT(narrator.Line(StepRecord(proto::ROLE_CANDIDATE, 3, 4)), EndsWith(": commit 0 -> 4"));
  EXPECT_THAT(narrator.Line(StepRecord(proto::ROLE_CANDIDATE, 3, 4)), Not(HasSubstr("->")));
}

TEST(Text, AStoryTellsTheSameInParagraphs) {
  Narrator narrator;
  EXPECT_EQ(narrator.Story(StepRecord(proto::ROLE_CANDIDATE, 3, 0)),
            "ElectionTimeout\nfollower -> candidate, term 0 -> 3");
  EXPECT_EQ(narrator.Story(StepRecord(proto::ROLE_CANDIDATE, 3, 0)), "ElectionTimeout");
  proto::Record truncates = StepRecord(proto::ROLE_CANDIDATE, 3, 0);
  truncates.mutable_step()->add_effects()->mutable_truncate_log()->set_last(4);
  truncates.mutable_step()->set_effects_done(1);
  EXPECT_THAT(narrator.Story(truncates),
              AllOf(StartsWith("ElectionTimeout\n"), HasSubstr("TruncateLog"), Not(HasSubstr(";"))));
}

TEST(Text, ChangesAreOfTheSameNode) {
  Narrator narrator;
  narrator.Line(StepRecord(proto::ROLE_LEADER, 3, 4));
  proto::Record other = StepRecord(proto::ROLE_FOLLOWER, 3, 0);
  ToProto(kOne, other.mutable_step()->mutable_node());
  EXPECT_THAT(narrator.Line(other), EndsWith(": term 0 -> 3"));
}

TEST(Text, AStartIsWhatLaterChangesAreMeasuredFrom) {
  Narrator narrator;
  proto::Record start;
  start.mutable_start()->set_durable_term(3);
  ToProto(kTwo, start.mutable_start()->mutable_node());
  ToProto(LogPosition{7, 2}, start.mutable_start()->mutable_durable_log());
  start.mutable_start()->mutable_state()->set_term(3);
  EXPECT_THAT(narrator.Line(start), HasSubstr("STARTS with term 3, voted for none, log up to 7:2 on disk"));
  EXPECT_THAT(narrator.Line(StepRecord(proto::ROLE_PRE_CANDIDATE, 3, 0)), EndsWith(": follower -> pre-candidate"));
}

TEST(Text, ACrashInsideAStepTellsTheCut) {
  proto::Record record = StepRecord(proto::ROLE_FOLLOWER, 0, 0);
  ToProto(Effect(effect::TruncateLog{4, 6}), record.mutable_step()->add_effects());
  ToProto(Effect(effect::SetTimer{}), record.mutable_step()->add_effects());
  record.mutable_step()->set_effects_done(1);
  EXPECT_THAT(Line(record), AllOf(HasSubstr("TruncateLog"), EndsWith("; CRASHES after 1 of 2 effects")));
}

TEST(Text, MessagesTellTheirFateAndContent) {
  proto::Record record;
  proto::Network* network = record.mutable_network();
  network->set_id(9);
  ToProto(Message{kTwo, kOne, 3, RequestVote{3, {7, 2}, false, false}}, network->mutable_message());
  EXPECT_THAT(Line(record), AllOf(HasSubstr(" sends "), HasSubstr("RequestVote"), HasSubstr("[message 9]")));
  network->set_fate(proto::FATE_LOST);
  EXPECT_THAT(Line(record), HasSubstr(" LOST: "));
  network->set_fate(proto::FATE_DUPLICATED);
  EXPECT_THAT(Line(record), HasSubstr(" DUPLICATED: "));
}

TEST(Text, OperationsReadLikeSentences) {
  proto::Record record;
  proto::Operation* operation = record.mutable_operation();
  operation->set_client(2);
  operation->set_key(1);
  operation->set_kind(proto::OPERATION_KIND_WRITE);
  operation->set_argument(57);
  EXPECT_THAT(Line(record), EndsWith("client 2 calls write key 1 = 57"));
  operation->set_answer(proto::ANSWER_OK);
  ToProto(kTwo, operation->mutable_node());
  EXPECT_THAT(Line(record), EndsWith("client 2 done: write key 1 = 57 (node 2)"));
  operation->set_kind(proto::OPERATION_KIND_READ);
  operation->set_result(12);
  EXPECT_THAT(Line(record), EndsWith("client 2 done: read key 1 gave 12 (node 2)"));
  operation->set_kind(proto::OPERATION_KIND_COMPARE_AND_SET);
  operation->set_expected(11);
  operation->set_result(0);
  EXPECT_THAT(Line(record), EndsWith("done: compare-and-set key 1 11 -> 57 found another value (node 2)"));
  operation->set_answer(proto::ANSWER_UNKNOWN);
  EXPECT_THAT(Line(record), HasSubstr("gives up, outcome unknown"));
}

TEST(Text, TheEndTellsTheVerdict) {
  proto::Record record;
  record.mutable_end()->set_steps(12);
  EXPECT_THAT(Line(record), HasSubstr("end after 12 steps: no violation"));
  record.mutable_end()->mutable_violation()->set_property("ElectionSafety");
  record.mutable_end()->mutable_violation()->set_step(11);
  record.mutable_end()->mutable_violation()->set_evidence("two leaders");
  EXPECT_THAT(Line(record), EndsWith("VIOLATION of ElectionSafety at step 11: two leaders"));
}

TEST(Text, FaultsTellPhaseAndWhere) {
  proto::Record record;
  record.mutable_fault()->set_name("partition");
  record.mutable_fault()->set_phase(proto::PHASE_BEGIN);
  ToProto(kOne, record.mutable_fault()->mutable_peer());
  EXPECT_THAT(Line(record), HasSubstr("FAULT partition begins, peer 1"));
}

TEST(Text, CutsTellWhichLinksAndWhichWay) {
  proto::Record record;
  const auto cut = [&record](uint32_t from, uint32_t to) {
    proto::Link* link = record.mutable_cut()->add_links();
    link->set_from(from);
    link->set_to(to);
  };
  record.mutable_cut();
  EXPECT_THAT(Line(record), HasSubstr("CUT no more: all links are whole"));
  cut(1, 3);
  cut(2, 4);
  cut(3, 1);
  EXPECT_THAT(Line(record), EndsWith("CUT 1-3 2->4"));
}

TEST(Text, WhatHasNoWordsIsShownInBrackets) {
  proto::Record record = StepRecord(static_cast<proto::Role>(9), 1, 0);
  record.mutable_step()->clear_input();
  Narrator narrator;
  EXPECT_THAT(narrator.Line(record), AllOf(HasSubstr("[an input without an event"), HasSubstr("[role 9 is not known")));
  EXPECT_EQ(Line(proto::Record()), "[an unknown record]");
}

TEST(Text, StatesOfAllNodesThatHaveStarted) {
  Narrator narrator;
  proto::Record start;
  ToProto(kOne, start.mutable_start()->mutable_node());
  narrator.Line(start);
  narrator.Line(StepRecord(proto::ROLE_LEADER, 3, 4));
  const std::vector<std::string> states = narrator.States();
  ASSERT_EQ(states.size(), 2u);
  EXPECT_THAT(states[0], StartsWith("node 1: follower term 0"));
  EXPECT_THAT(states[1], AllOf(StartsWith("node 2: leader term 3"), HasSubstr("commit 4")));
}

}  // namespace
}  // namespace lockstep::traces
