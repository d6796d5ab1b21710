// What messages, inputs and effects look like to a person.
#include <gtest/gtest.h>

#include "core/effect.h"
#include "core/input.h"
#include "core/message.h"
#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Command;
using testing::N;

TEST(TextTest, MessagesNameWhatMatters) {
  AppendEntries append;
  append.previous = {4, 2};
  append.commit_index = 4;
  append.entries = {Command(3), Command(3)};
  EXPECT_EQ(ToString(Message{N(1), N(2, 1), 3, append}),
            "1->2.1 AppendEntries term 3 previous 4:2 entries 5..6 (3 3) commit 4");
  EXPECT_EQ(ToString(Message{N(1), N(2), 3, RequestVote{4, {5, 3}, true, false}}),
            "1->2 RequestVote term 3 pre-vote election term 4 last log 5:3");
  EXPECT_EQ(ToString(Message{N(1), N(2), 3, AppendEntriesReply{false, 0, 9, {4, 2}}}),
            "1->2 AppendEntriesReply term 3 rejected 9 hint 4:2");
}

TEST(TextTest, InputsAreNamedAfterTheirActions) {
  EXPECT_EQ(ActionName(input::Receive{{N(1), N(2), 3, TimeoutNow{}}}), "ReceiveTimeoutNow");
  EXPECT_EQ(ToString(Event{input::WriteFailed{7}}), "WriteFailed write 7");
  EXPECT_EQ(ToString(Event{input::ProposeConfiguration{8, {{{ChangeKind::kRemove, N(3)}}, Transition::kAuto}}}),
            "ProposeConfiguration request 8 remove 3 (auto)");
}

TEST(TextTest, EffectsSayWhatTheyWaitFor) {
  EXPECT_EQ(ToString(Effect{effect::Send{{N(1), N(2), 3, HeartbeatReply{5}}, 7}}),
            "Send 1->2 HeartbeatReply term 3 round 5 after write 7");
  EXPECT_EQ(ToString(Effect{effect::AppendLog{4, 2, {Command(1), Command(3)}, {}}}), "AppendLog write 4 2..3 (1 3)");
  EXPECT_EQ(
      ToString(Effect{effect::Outcome{4, effect::OutcomeKind::kRejected, effect::Reason::kNotLeader, N(2), 0, 0, 0}}),
      "Outcome request 4 rejected not the leader index 0");
}

}  // namespace
}  // namespace lockstep
