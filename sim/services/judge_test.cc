// The judge against answers that cannot be true: each property must fail on its own.
#include "sim/services/judge.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "sim/choices.h"

namespace lockstep::sim {
namespace {

using etcdserverpb::LeaseGrantRequest;
using etcdserverpb::LeaseGrantResponse;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;
using etcdserverpb::WatchResponse;
using kvsm::CommandKind;

class JudgeTest : public testing::Test {
 protected:
  // A node applies this; the model's reply is the machine's.
  std::string Apply(kvsm::CommandKind kind, const std::string& body, int64_t millis = 0) {
    const std::string command = kvsm::EncodeCommand(kind, millis, body);
    std::string reply = machine_.Apply(command);
    judge_.OnApplied({1, 0}, {++index_, 1, command}, reply);
    return reply;
  }
  std::string Put(const std::string& key, const std::string& value, int64_t lease = 0) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_lease(lease);
    Apply(kvsm::CommandKind::kPut, request.SerializeAsString());
    return request.SerializeAsString();
  }
  void Delete(const std::string& key) {
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(key);
    Apply(kvsm::CommandKind::kDeleteRange, request.SerializeAsString());
  }
  void Grant(int64_t id, int64_t ttl) {
    LeaseGrantRequest request;
    request.set_id(id);
    request.set_ttl(ttl);
    Apply(kvsm::CommandKind::kLeaseGrant, request.SerializeAsString());
  }
  // And the client hears of it.
  void GrantAndTell(int64_t id, int64_t ttl) {
    const Asked asked = judge_.Ask(1, "");
    Grant(id, ttl);
    etcdserverpb::LeaseGrantResponse response;
    response.set_id(id);
    response.set_ttl(ttl);
    response.mutable_header()->set_revision(1);
    judge_.Granted(asked, response);
  }
  // What a read of all keys answers at a revision, rightly.
  etcdserverpb::RangeResponse All(int64_t revision) {
    etcdserverpb::RangeResponse response;
    judge_.ledger().RangeAt(revision, AllKeys(), response);
    response.mutable_header()->set_revision(revision);
    return response;
  }
  static etcdserverpb::RangeRequest AllKeys(bool serializable = false) {
    etcdserverpb::RangeRequest request;
    request.set_key(std::string(1, '\0'));
    request.set_range_end(std::string(1, '\0'));
    request.set_serializable(serializable);
    return request;
  }
  etcdserverpb::WatchResponse Events(int64_t first, int64_t last) {
    etcdserverpb::WatchResponse response;
    for (const Ledger::Change& change : judge_.ledger().changes()) {
      if (change.mod < first || change.mod > last) continue;
      mvccpb::Event& event = *response.add_events();
      event.set_type(change.version == 0 ? mvccpb::Event::DELETE : mvccpb::Event::PUT);
      event.mutable_kv()->set_key(change.key);
      event.mutable_kv()->set_value(change.value);
      event.mutable_kv()->set_mod_revision(change.mod);
      event.mutable_kv()->set_create_revision(change.create);
      event.mutable_kv()->set_version(change.version);
      event.mutable_kv()->set_lease(change.lease);
    }
    return response;
  }
  static Watched WatchOfAll(int64_t next) {
    Watched watch;
    watch.key = watch.range_end = std::string(1, '\0');
    watch.next = next;
    return watch;
  }
  std::string failed() const { return world_.violation.has_value() ? world_.violation->property : ""; }

  Scenario scenario_;
  Choices choices_ = Choices::Seeded(1);
  World world_{scenario_, choices_, nullptr, {}};
  Judge judge_{world_};
  kvsm::model::Model machine_;
  Index index_ = 0;
};

TEST_F(JudgeTest, TrueAnswersPass) {
  const Asked asked = judge_.Ask(1, Put("a", "1"), true);
  PutResponse put;
  put.mutable_header()->set_revision(2);
  judge_.Wrote(asked, CommandKind::kPut, put);
  judge_.Read(judge_.Ask(1, ""), AllKeys(), All(2));
  Watched watch = WatchOfAll(1);
  judge_.WatchTold(watch, Events(2, 2));
  EXPECT_TRUE(judge_.IsUpToDate(watch));
  EXPECT_EQ(failed(), "");
}

TEST_F(JudgeTest, AReplyThatIsNotTheModels) {
  const std::string command = kvsm::EncodeCommand(CommandKind::kPut, 0, PutRequest().SerializeAsString());
  std::string reply;
  kvsm::EncodeReply(kvsm::Error::kNone, 7, reply);
  judge_.OnApplied({1, 0}, {1, 1, command}, reply);
  EXPECT_EQ(failed(), "ModelAgreesProp");
}

TEST_F(JudgeTest, AnotherReplyOnAnotherNode) {
  const std::string command = kvsm::EncodeCommand(CommandKind::kPut, 0, Put("a", "1"));
  judge_.OnApplied({2, 0}, {1, 1, command}, "something else");
  EXPECT_EQ(failed(), "ModelAgreesProp");
}

TEST_F(JudgeTest, AWriteThatIsNotInTheLog) {
  PutRequest request;
  request.set_key("b");
  const Asked asked = judge_.Ask(1, request.SerializeAsString(), true);
  Put("a", "1");
  PutResponse response;
  response.mutable_header()->set_revision(2);
  judge_.Wrote(asked, CommandKind::kPut, response);
  EXPECT_EQ(failed(), "LogOrderProp");
}

TEST_F(JudgeTest, TwoClientsToldOfOneCommand) {
  const std::string request = Put("a", "1");
  PutResponse response;
  response.mutable_header()->set_revision(2);
  const Asked one{0, 0, 1, 0, request}, other = one;
  judge_.Wrote(one, CommandKind::kPut, response);
  EXPECT_EQ(failed(), "");
  judge_.Wrote(other, CommandKind::kPut, response);
  EXPECT_EQ(failed(), "LogOrderProp");
}

TEST_F(JudgeTest, AStaleRead) {
  Put("a", "1");
  Put("a", "2");
  judge_.Read(judge_.Ask(1, ""), AllKeys(), All(3));
  const Asked later = judge_.Ask(2, "");
  judge_.Read(later, AllKeys(true), All(2));
  EXPECT_EQ(failed(), "") << "a serializable read at another server may be behind";
  judge_.Read(later, AllKeys(), All(2));
  EXPECT_EQ(failed(), "LogOrderProp");
}

TEST_F(JudgeTest, AReadOfAnotherState) {
  Put("a", "1");
  Put("a", "2");
  RangeResponse response = All(2);
  response.mutable_header()->set_revision(3);
  judge_.Read(judge_.Ask(1, ""), AllKeys(), response);
  EXPECT_EQ(failed(), "LogOrderProp");
}

TEST_F(JudgeTest, ASerializableReadThatGoesBack) {
  Put("a", "1");
  Put("a", "2");
  judge_.Read(judge_.Ask(1, ""), AllKeys(true), All(3));
  judge_.Read(judge_.Ask(1, ""), AllKeys(true), All(2));
  EXPECT_EQ(failed(), "SerializableProp");
}

TEST_F(JudgeTest, ACommandThatWasRefusedAndDone) {
  PutRequest request;
  request.set_key("a");
  request.set_value("1");
  judge_.Refused(judge_.Ask(1, request.SerializeAsString(), true));
  Put("a", "1");
  EXPECT_EQ(failed(), "AtMostOnceProp");
}

TEST_F(JudgeTest, ACommandThatIsDoneTwice) {
  PutRequest request;
  request.set_key("a");
  request.set_value("1");
  judge_.Unknown(judge_.Ask(1, request.SerializeAsString(), true));
  Put("a", "1");
  EXPECT_EQ(failed(), "");
  Put("a", "1");
  EXPECT_EQ(failed(), "AtMostOnceProp");
}

// A deletion is like any other in its words; a field that no server reads tells it apart.
TEST_F(JudgeTest, ADeletionThatIsDoneTwice) {
  etcdserverpb::DeleteRangeRequest request;
  request.set_key("a");
  const std::string bytes = request.SerializeAsString() + "\xf8\x7f\x01";
  judge_.Unknown(judge_.Ask(1, bytes, true));
  Apply(CommandKind::kDeleteRange, bytes);
  Delete("a");
  EXPECT_EQ(failed(), "");
  Apply(CommandKind::kDeleteRange, bytes);
  EXPECT_EQ(failed(), "AtMostOnceProp");
}

TEST_F(JudgeTest, SpaceThatIsRefusedThoughThereIsSome) {
  Judge judge(world_, 1000);
  PutRequest request;
  request.set_key("a");
  judge.NoRoom(judge.Ask(1, request.SerializeAsString(), true), CommandKind::kPut);
  EXPECT_EQ(failed(), "LimitProp");
}

TEST_F(JudgeTest, SpaceThatIsRefusedByAnAlarm) {
  etcdserverpb::AlarmRequest alarm;
  alarm.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  alarm.set_alarm(etcdserverpb::NOSPACE);
  Apply(CommandKind::kAlarm, alarm.SerializeAsString());
  const Asked asked = judge_.Ask(1, Put("a", "1"), true);
  judge_.NoRoom(asked, CommandKind::kPut);
  EXPECT_EQ(failed(), "");
  EXPECT_EQ(world_.counters.service[static_cast<size_t>(ServiceGoal::kNoSpaceByLog)], 1u);
}

TEST_F(JudgeTest, ASizeThatIsRefusedThoughItFits) {
  const Asked asked = judge_.Ask(1, std::string(10, 'x'), true);
  judge_.TooLarge(asked, 9);
  EXPECT_EQ(failed(), "");
  judge_.TooLarge(asked, 10);
  EXPECT_EQ(failed(), "LimitProp");
}

// ---- Members.

class MembersJudgeTest : public JudgeTest {
 protected:
  MembersJudgeTest() {
    kvsm::proto::ChangeMember found;
    found.set_action(kvsm::proto::ChangeMember::FOUND);
    for (uint64_t id = 1; id <= 3; ++id) found.add_members()->set_id(id);
    Apply(CommandKind::kChangeMember, found.SerializeAsString());
  }
  // The table after it.
  kvsm::proto::ChangeMemberReply Change(Judge::Action action, uint64_t id, const std::string& url = "") {
    kvsm::proto::ChangeMember change;
    change.set_action(action);
    change.mutable_member()->set_id(id);
    if (!url.empty()) change.mutable_member()->add_peerurls(url);
    const std::string reply = Apply(CommandKind::kChangeMember, change.SerializeAsString());
    kvsm::proto::ChangeMemberReply told;
    told.ParseFromString(std::string(kvsm::DecodeReply(reply)->body));
    return told;
  }
  static etcdserverpb::Member Member(uint64_t id) {
    etcdserverpb::Member member;
    member.set_id(id);
    return member;
  }
  static Configuration Voters(std::initializer_list<uint32_t> numbers) {
    Configuration configuration;
    for (const uint32_t n : numbers) configuration.voters.insert({n, 0});
    return configuration;
  }
  static constexpr auto kAdd = kvsm::proto::ChangeMember::ADD;
  static constexpr auto kRemove = kvsm::proto::ChangeMember::REMOVE;
  static constexpr auto kPromote = kvsm::proto::ChangeMember::PROMOTE;
};

TEST_F(MembersJudgeTest, ChangesThatAreAsTheLogSays) {
  const Asked add = judge_.Ask(1, "http://four", true), remove = judge_.Ask(1, "");
  const auto added = Change(kAdd, 0, "http://four");
  judge_.MemberChanged(add, kAdd, added.member(), added.members(), Voters({1, 2, 3, 4}));
  const auto removed = Change(kRemove, 2);
  judge_.MemberChanged(remove, kRemove, Member(2), removed.members(), Voters({1, 3, 4}));
  judge_.MembersListed(judge_.Ask(1, ""), removed.members(), true);
  judge_.MembersListed(judge_.Ask(1, ""), added.members(), false);
  judge_.MemberRefused(judge_.Ask(1, ""), kRemove, 2, kvsm::Error::kMemberNotFound);
  EXPECT_EQ(failed(), "");
}

TEST_F(MembersJudgeTest, AChangeThatIsNotInTheLog) {
  const auto added = Change(kAdd, 0, "http://four");
  judge_.MemberChanged(judge_.Ask(1, "http://five", true), kAdd, added.member(), added.members(), std::nullopt);
  EXPECT_EQ(failed(), "MembersProp");
}

TEST_F(MembersJudgeTest, ARemovedMemberThatStillVotes) {
  const Asked asked = judge_.Ask(1, "");
  const auto removed = Change(kRemove, 2);
  judge_.MemberChanged(asked, kRemove, Member(2), removed.members(), Voters({1, 2, 3}));
  EXPECT_EQ(failed(), "MembersProp");
}

TEST_F(MembersJudgeTest, AnAddedMemberThatIsNone) {
  const Asked asked = judge_.Ask(1, "http://four", true);
  const auto added = Change(kAdd, 0, "http://four");
  judge_.MemberChanged(asked, kAdd, added.member(), added.members(), Voters({1, 2, 3}));
  EXPECT_EQ(failed(), "MembersProp");
}

TEST_F(MembersJudgeTest, AListThatIsOld) {
  const auto added = Change(kAdd, 0, "http://four");
  const Asked remove = judge_.Ask(1, "");
  const auto removed = Change(kRemove, 2);
  judge_.MemberChanged(remove, kRemove, Member(2), removed.members(), std::nullopt);
  judge_.MembersListed(judge_.Ask(1, ""), added.members(), true);
  EXPECT_EQ(failed(), "MembersProp");
}

TEST_F(MembersJudgeTest, AListOfNoState) {
  auto members = Change(kAdd, 0, "http://four").members();
  members.RemoveLast();
  members.RemoveLast();
  judge_.MembersListed(judge_.Ask(1, ""), members, false);
  EXPECT_EQ(failed(), "MembersProp");
}

TEST_F(MembersJudgeTest, ARefusalWithoutAReason) {
  judge_.MemberRefused(judge_.Ask(1, ""), kPromote, 9, kvsm::Error::kMemberNotLearner);
  EXPECT_EQ(failed(), "MembersProp");
}

TEST_F(MembersJudgeTest, AMemberThatIsAddedTwice) {
  judge_.Unknown(judge_.Ask(1, "http://four", true));
  Change(kAdd, 0, "http://four");
  EXPECT_EQ(failed(), "");
  Change(kRemove, 4);
  Change(kAdd, 0, "http://four");
  EXPECT_EQ(failed(), "AtMostOnceProp");
}

TEST_F(MembersJudgeTest, ARefusedChangeThatIsDone) {
  judge_.MemberRefused(judge_.Ask(1, "http://four", true), kAdd, 0, kvsm::Error::kUnhealthy);
  EXPECT_EQ(failed(), "");
  Change(kAdd, 0, "http://four");
  EXPECT_EQ(failed(), "AtMostOnceProp");
}

// ---- Watches.

class WatchJudgeTest : public JudgeTest {
 protected:
  WatchJudgeTest() {
    Put("a", "1");  // Revisions 2 ...
    Put("b", "2");
    Put("c", "3");
    etcdserverpb::DeleteRangeRequest all;  // ... to 5, which has three.
    all.set_key("a");
    all.set_range_end("z");
    Apply(CommandKind::kDeleteRange, all.SerializeAsString());
  }
};

TEST_F(WatchJudgeTest, Unique) {
  Watched watch = WatchOfAll(2);
  judge_.WatchTold(watch, Events(2, 3));
  judge_.WatchTold(watch, Events(3, 4));
  EXPECT_EQ(failed(), "WatchUniqueProp");
}

TEST_F(WatchJudgeTest, Ordered) {
  Watched watch = WatchOfAll(2);
  WatchResponse events = Events(2, 3);
  *events.add_events() = Events(2, 2).events(0);
  judge_.WatchTold(watch, events);
  EXPECT_EQ(failed(), "WatchOrderedProp");
}

TEST_F(WatchJudgeTest, Reliable) {
  Watched watch = WatchOfAll(2);
  judge_.WatchTold(watch, Events(2, 2));
  judge_.WatchTold(watch, Events(4, 4));
  EXPECT_EQ(failed(), "WatchReliableProp");
}

TEST_F(WatchJudgeTest, ReliableAsToWhatHappened) {
  Watched watch = WatchOfAll(2);
  WatchResponse events = Events(2, 2);
  events.mutable_events(0)->mutable_kv()->set_value("other");
  judge_.WatchTold(watch, events);
  EXPECT_EQ(failed(), "WatchReliableProp");
}

TEST_F(WatchJudgeTest, Resumable) {
  Watched watch = WatchOfAll(2);
  judge_.WatchTold(watch, Events(2, 2));
  watch.resumed = true;
  judge_.WatchTold(watch, Events(4, 4));
  EXPECT_EQ(failed(), "WatchResumableProp");
}

TEST_F(WatchJudgeTest, Atomic) {
  Watched watch = WatchOfAll(5);
  WatchResponse events = Events(5, 5);
  ASSERT_EQ(events.events_size(), 3);
  events.mutable_events()->RemoveLast();
  judge_.WatchTold(watch, events);
  EXPECT_EQ(failed(), "WatchAtomicProp");
}

TEST_F(WatchJudgeTest, AtomicInFragments) {
  Watched watch = WatchOfAll(5);
  watch.fragments = true;
  WatchResponse first = Events(5, 5), last = first;
  first.mutable_events()->DeleteSubrange(1, 2);
  first.set_fragment(true);
  last.mutable_events()->DeleteSubrange(0, 1);
  judge_.WatchTold(watch, first);
  judge_.WatchTold(watch, last);
  EXPECT_EQ(failed(), "");
  EXPECT_TRUE(judge_.IsUpToDate(watch));
}

TEST_F(WatchJudgeTest, FragmentsThatNobodyWants) {
  Watched watch = WatchOfAll(2);
  WatchResponse part = Events(2, 2);
  part.set_fragment(true);
  judge_.WatchTold(watch, part);
  EXPECT_EQ(failed(), "WatchAtomicProp");
}

TEST_F(WatchJudgeTest, ProgressBetweenFragments) {
  Watched watch = WatchOfAll(2);
  watch.fragments = true;
  WatchResponse part = Events(2, 2);
  part.set_fragment(true);
  judge_.WatchTold(watch, part);
  judge_.WatchProgress(watch, 1);
  EXPECT_EQ(failed(), "WatchAtomicProp");
}

TEST_F(WatchJudgeTest, Progress) {
  Watched watch = WatchOfAll(2);
  judge_.WatchTold(watch, Events(2, 3));
  judge_.WatchProgress(watch, 3);
  EXPECT_EQ(failed(), "");
  judge_.WatchProgress(watch, 4);
  EXPECT_EQ(failed(), "WatchProgressProp");
}

TEST_F(WatchJudgeTest, EndedByACompactionThatDoesNotConcernIt) {
  etcdserverpb::CompactionRequest compaction;
  compaction.set_revision(4);
  Apply(CommandKind::kCompact, compaction.SerializeAsString());
  Watched watch = WatchOfAll(3);
  judge_.WatchCompacted(watch, 4);
  EXPECT_EQ(failed(), "");
  judge_.WatchCompacted(watch, 4);
  EXPECT_EQ(failed(), "WatchReliableProp");
}

// ---- Leases.

TEST_F(JudgeTest, ALeaseThatEndsEarly) {
  GrantAndTell(7, 2);
  EXPECT_EQ(failed(), "");
  // The log's time has run faster than any clock.
  world_.now = 1'500'000;
  Apply(CommandKind::kExpireLeases, "", 2'000);
  EXPECT_EQ(failed(), "LeaseNotEarlyProp");
}

TEST_F(JudgeTest, ALeaseThatEndsInTime) {
  GrantAndTell(7, 2);
  EXPECT_EQ(judge_.Lingering(), 7);
  world_.now = 2'000'000;
  Apply(CommandKind::kExpireLeases, "", 2'000);
  EXPECT_EQ(failed(), "");
  EXPECT_EQ(judge_.Lingering(), 0);
}

TEST_F(JudgeTest, ALeaseThatIsToldToBeGone) {
  Grant(7, 2);
  etcdserverpb::LeaseKeepAliveResponse response;
  response.set_id(7);
  judge_.KeptAlive(judge_.Ask(1, ""), response);
  EXPECT_EQ(failed(), "LeaseProp");
}

TEST_F(JudgeTest, ALeaseWithoutItsKeys) {
  Grant(7, 2);
  Put("a", "1", 7);
  etcdserverpb::LeaseTimeToLiveResponse response;
  response.set_id(7);
  response.set_ttl(1);
  response.set_grantedttl(2);
  response.mutable_header()->set_revision(2);
  judge_.TimeToLive(judge_.Ask(1, ""), response);
  EXPECT_EQ(failed(), "LeaseProp");
}

TEST_F(JudgeTest, AListThatLacksALease) {
  Grant(7, 2);
  etcdserverpb::LeaseLeasesResponse response;
  response.mutable_header()->set_revision(1);
  Put("a", "1");
  const Asked asked = judge_.Ask(1, "");
  response.mutable_header()->set_revision(2);
  judge_.Listed(asked, response);
  EXPECT_EQ(failed(), "LeaseProp");
}

// ---- Lines.

TEST_F(JudgeTest, OneHolderAfterTheOther) {
  Grant(7, 2);
  Grant(8, 2);
  Put("lock/7", "", 7);  // 2
  Put("lock/8", "", 8);  // 3
  judge_.Won(judge_.Ask(1, ""), "lock", "lock/7", 3, 0);
  Delete("lock/7");  // 4
  judge_.Won(judge_.Ask(1, ""), "lock", "lock/8", 4, 1);
  EXPECT_EQ(failed(), "");
}

TEST_F(JudgeTest, TwoHoldersAtOnePosition) {
  Grant(7, 2);
  Grant(8, 2);
  Put("lock/7", "", 7);
  Put("lock/8", "", 8);
  judge_.Won(judge_.Ask(1, ""), "lock", "lock/7", 2, 0);
  EXPECT_EQ(failed(), "");
  judge_.Won(judge_.Ask(1, ""), "lock", "lock/8", 3, 1);
  EXPECT_EQ(failed(), "LockExclusionInv");
}

TEST_F(JudgeTest, AHolderWhoseLeaseHasEnded) {
  Grant(7, 2);
  Put("lock/7", "", 7);
  Delete("lock/7");
  judge_.Won(judge_.Ask(1, ""), "lock", "lock/7", 3, 0);
  EXPECT_EQ(failed(), "LockExclusionInv");
}

TEST_F(JudgeTest, AnObserverWhoGoesBack) {
  Put("vote/7", "seven");  // 2
  Put("vote/8", "eight");  // 3
  Delete("vote/7");        // 4
  int64_t from = 0;
  const mvccpb::KeyValue seven = All(3).kvs(0);
  judge_.ObservedLeader("vote", seven, from);
  judge_.ObservedLeader("vote", All(4).kvs(0), from);
  EXPECT_EQ(failed(), "");
  judge_.ObservedLeader("vote", seven, from);
  EXPECT_EQ(failed(), "LogOrderProp");
}

}  // namespace
}  // namespace lockstep::sim
