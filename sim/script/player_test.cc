#include "sim/script/player.h"

#include <string>

#include "gtest/gtest.h"
#include "sim/observer.h"

namespace lockstep::sim {
namespace {

constexpr const char* kElected = "nodes 3\ntimeout 1\nsettle\n";

PlayResult PlayText(const std::string& text, Observer* observer = nullptr) {
  const absl::StatusOr<Script> script = ParseScript(text, "a");
  if (!script.ok()) {
    ADD_FAILURE() << script.status();
    return {};
  }
  const absl::StatusOr<PlayResult> result = Play(*script, observer);
  if (!result.ok()) {
    ADD_FAILURE() << result.status();
    return {};
  }
  EXPECT_FALSE(result->violation.has_value()) << result->violation->evidence;
  return *result;
}

// Nothing if the file is as it expects, else why not.
std::string WhyNot(const std::string& lines) {
  return std::string(PlayText(std::string(kElected) + lines).status.message());
}

TEST(PlayerTest, NothingHappensByItself) {
  const PlayResult result = PlayText("nodes 3\nheartbeat 1\nexpect no-leader\nexpect term 1 0\n");
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.steps, 1u);
}

TEST(PlayerTest, ADeliveryTakesTheOldestOrTheOneThatIsRanked) {
  EXPECT_EQ(
      WhyNot("propose 1 x=1\npropose 1 x=2\nexpect sent 1->2 AppendEntries 2\ndeliver 1->2 AppendEntries\n"
             "expect last 2 2:1\nexpect sent 1->2 AppendEntries 1\ndeliver 1->2 AppendEntries\nexpect last 2 3:1\n"),
      "");
  EXPECT_EQ(WhyNot("propose 1 x=1\npropose 1 x=2\ndeliver 1->2 AppendEntries #2\nexpect last 2 1:1\n"), "");
}

TEST(PlayerTest, ACopyStaysOnItsWay) {
  EXPECT_EQ(WhyNot("propose 1 x=1\ndeliver 1->2 AppendEntries keep\nexpect sent 1->2 AppendEntries 1\n"
                   "deliver 1->2 AppendEntries\nexpect last 2 2:1\n"),
            "");
}

TEST(PlayerTest, WhatIsNotOnItsWayCannotArrive) {
  EXPECT_EQ(WhyNot("deliver 1->2 AppendEntries\n"),
            "a:4: deliver 1->2 AppendEntries: no AppendEntries from 1 to 2 is on its way; on that link are: none");
  EXPECT_EQ(WhyNot("restart 1\n"), "a:4: restart 1: node 1 is up: crash it first");
  EXPECT_EQ(WhyNot("crash 1\ntimeout 1\n"), "a:5: timeout 1: node 1 is down");
}

TEST(PlayerTest, ALenientFilePassesOverWhatCannotHappen) {
  const PlayResult result = PlayText("nodes 3\nlenient\ndeliver 1->2\nrestart 1\ntimeout 1\n");
  EXPECT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.taken.size(), 1u);
  EXPECT_EQ(result.taken[0].verb, Verb::kTimeout);
}

TEST(PlayerTest, AnExpectationThatIsNotMetSaysWhatIs) {
  EXPECT_EQ(WhyNot("expect term 2 5\n"), "a:4: expect term 2 5: term of node 2 is 1");
  EXPECT_EQ(WhyNot("expect leader 2\n"), "a:4: expect leader 2: node 2 is follower");
  EXPECT_EQ(WhyNot("expect no-leader\n"), "a:4: expect no-leader: leader is node 1");
  EXPECT_EQ(WhyNot("propose 1 x=1 as=w\nexpect answer w ok\n"), "a:5: expect answer w ok: the answer is pending");
  EXPECT_NE(WhyNot("expect nonsense 1\n"), "");
}

TEST(PlayerTest, DisksWaitWhenTheyAreManual) {
  EXPECT_EQ(WhyNot("disk manual 2\npropose 1 x=1\ndeliver 1->2 AppendEntries\nexpect last 2 2:1\nexpect durable 2 1\n"
                   "write 2\nexpect durable 2 2\ndisk auto 2\nsettle\nexpect value 2 x 1\n"),
            "");
}

TEST(PlayerTest, ACrashKeepsSoManyWrites) {
  const std::string twice = "disk manual 2\npropose 1 x=1\npropose 1 x=2\ndeliver 1->2\ndeliver 1->2\n";
  EXPECT_EQ(WhyNot(twice + "crash 2 keep=1\nrestart 2\nexpect last 2 2:1\n"), "");
  EXPECT_EQ(WhyNot(twice + "crash 2 keep=0\nrestart 2\nexpect last 2 1:1\n"), "");
  EXPECT_EQ(WhyNot(twice + "crash 2\nrestart 2\nexpect last 2 3:1\n"), "");
}

TEST(PlayerTest, ACrashCutsTheStepBefore) {
  // Of the effects of the step that appends, none is carried out: nothing is written and nothing sent.
  EXPECT_EQ(WhyNot("propose 1 x=1\ndeliver 1->2 AppendEntries\ncrash 2 after-effect=0\nexpect down 2\nrestart 2\n"
                   "expect last 2 1:1\nexpect sent 2->1 AppendEntriesReply 0\n"),
            "");
  EXPECT_EQ(
      WhyNot(
          "propose 1 x=1\ndeliver 1->2 AppendEntries\ncrash 2 after-effect=2 keep=1\nrestart 2\nexpect last 2 2:1\n"),
      "");
  EXPECT_NE(WhyNot("heal\ncrash 2 after-effect=0\n"), "");
}

TEST(PlayerTest, AFailedWriteIsNotOnDisk) {
  EXPECT_EQ(WhyNot("disk manual 2\npropose 1 x=1\ndeliver 1->2\nwrite 2 fails\nexpect durable 2 1\ncrash 2\nrestart 2\n"
                   "expect last 2 1:1\n"),
            "");
}

TEST(PlayerTest, ClientsAreAnswered) {
  EXPECT_EQ(WhyNot("propose 1 x=1 as=w\nsettle\nexpect answer w ok\nread 1 x as=r\nsettle\nexpect answer r ok 1\n"
                   "propose 2 x=3 as=f\nexpect answer f failed\npropose 1 again=f\nsettle\nexpect answer f ok\n"
                   "expect value 1 x 3\n"),
            "");
}

TEST(PlayerTest, ABatchIsOneRequest) {
  EXPECT_EQ(WhyNot("propose 1 x=1 y=2 z=3\nexpect sent 1->2 AppendEntries 1\nsettle\nexpect value 1 z 3\n"), "");
}

TEST(PlayerTest, AMachineThatLostItsDiskIsEmpty) {
  EXPECT_EQ(WhyNot("crash 2\nwipe 2\nrestart 2\nexpect last 2 0:0\n"), "");
  EXPECT_EQ(WhyNot("crash 2\nlose-disk 2\nrestart 2\nheartbeat 1\nsettle\nexpect halted 2\n"), "");
}

TEST(PlayerTest, ASnapshotIsTakenAndSent) {
  EXPECT_EQ(
      WhyNot("partition 3 | 1 2\npropose 1 x=1\nsettle 1 2\nsnapshot 1\nexpect base 1 2:1\nheal\nheartbeat 1\nsettle\n"
             "heartbeat 1\nsettle\nexpect snapshot 3 2\nexpect value 3 x 1\n"),
      "");
}

// Counts what is shown of a run.
class Counter : public Observer {
 public:
  void OnStep(const StepEvent&) override { ++steps; }
  void OnMessage(const MessageEvent& event) override { lost += event.fate == MessageFate::kLost ? 1 : 0; }
  void OnCrash(const CrashEvent&) override { ++crashes; }
  int steps = 0, lost = 0, crashes = 0;
};

TEST(PlayerTest, AnObserverSeesEverything) {
  Counter counter;
  const PlayResult result = PlayText(std::string(kElected) + "cut 1->2\npropose 1 x=1\ncrash 3\n", &counter);
  EXPECT_EQ(static_cast<uint64_t>(counter.steps), result.steps);
  EXPECT_EQ(counter.lost, 1);
  EXPECT_EQ(counter.crashes, 1);
}

TEST(PlayerTest, TheSameFileIsTheSameRun) {
  const std::string text = std::string(kElected) + "propose 1 x=1\nsettle\ncrash 2\nrestart 2\nsettle\n";
  EXPECT_EQ(PlayText(text).steps, PlayText(text).steps);
}

}  // namespace
}  // namespace lockstep::sim
