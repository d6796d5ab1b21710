#include "core/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lockstep {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kTooLarge = std::numeric_limits<uint64_t>::max() / 4 + 1;

Message From1To2(Term term, MessageBody body) { return {{1}, {2}, term, std::move(body)}; }

TEST(MessageTest, PrintsOnOneLine) {
  AppendEntries append{.previous = {4, 2}, .commit_index = 4, .entries = {{3, 1, EntryKind::kCommand}, {3, 0, {}}}};
  EXPECT_EQ(ToString(From1To2(3, append)), "1->2 AppendEntries term 3 previous 4:2 entries 5..6 (3 3) commit 4");
  EXPECT_EQ(ToString(From1To2(3, RequestVote{.election_term = 4, .last_log = {6, 3}, .pre_vote = true})),
            "1->2 RequestVote term 3 pre-vote election term 4 last log 6:3");
  EXPECT_EQ(ToString(From1To2(3, AppendEntriesReply{.rejected_index = 9, .hint = {5, 2}})),
            "1->2 AppendEntriesReply term 3 rejected 9 hint 5:2");
  EXPECT_EQ(ToString(From1To2(3, TimeoutNow{})), "1->2 TimeoutNow term 3");
}

TEST(MessageTest, EveryKindHasAName) {
  EXPECT_STREQ(KindName(RequestVote{}), "RequestVote");
  EXPECT_STREQ(KindName(InstallSnapshotReply{}), "InstallSnapshotReply");
  EXPECT_STREQ(KindName(ReadReply{}), "ReadReply");
}

TEST(MessageTest, AppendEntriesEndsAtItsLastEntry) {
  EXPECT_EQ((AppendEntries{.previous = {4, 2}}).last_index(), 4u);
  EXPECT_EQ((AppendEntries{.previous = {4, 2}, .entries = {{3}, {3}}}).last_index(), 6u);
}

TEST(MessageTest, ARefusalNamesFieldAndRule) {
  const auto refusal = [](const Message& message) { return std::string(ValidateMessage(message).message()); };
  EXPECT_THAT(refusal({{0}, {2}, 1, TimeoutNow{}}), HasSubstr("source"));
  EXPECT_THAT(refusal(From1To2(3, RequestVote{.election_term = 4})), HasSubstr("RequestVote.election_term"));
  EXPECT_THAT(refusal(From1To2(3, AppendEntries{.entries = {{2}, {1}}})), HasSubstr("AppendEntries.entries"));
  EXPECT_THAT(refusal(From1To2(3, InstallSnapshot{})), HasSubstr("InstallSnapshot.last_included"));
}

// ---- Valid messages ----------------------------------------------------------------------------------------

uint64_t Number(uint64_t min, uint64_t max) { return *rc::gen::inRange<uint64_t>(min, max + 1); }
bool Flip() { return *rc::gen::arbitrary<bool>(); }

NodeId AnyNode() { return {static_cast<uint32_t>(Number(1, 7)), static_cast<uint32_t>(Number(0, 1))}; }

// No entry, or one whose term is not above `term_max`.
LogPosition AnyPosition(Term term_max) {
  if (term_max == 0 || Number(0, 3) == 0) return {};
  return {Number(1, 50), Number(1, term_max)};
}

LogPosition AnyEntry(Term term_max) { return {Number(1, 50), Number(1, term_max)}; }

Configuration AnyConfiguration() {
  Configuration configuration{.voters = {{1}, {2}, AnyNode()}};
  if (Flip()) configuration.outgoing_voters = {{1}, {9}};
  if (configuration.joint() && Flip()) configuration.learners_next = {{9}};
  if (Flip()) configuration.learners = {{8}};
  return configuration;
}

RequestVote AnyRequestVote(Term term) {
  RequestVote request;
  request.pre_vote = Flip();
  request.leader_transfer = !request.pre_vote && Flip();
  request.election_term = term + (request.pre_vote ? 1 : 0);
  request.last_log = AnyPosition(term);
  return request;
}

RequestVoteReply AnyRequestVoteReply(Term term) {
  RequestVoteReply reply{.pre_vote = Flip(), .granted = Flip()};
  reply.election_term = !reply.pre_vote && reply.granted ? term : Number(0, 2 * term);
  return reply;
}

AppendEntries AnyAppendEntries(Term term) {
  AppendEntries request;
  request.previous = AnyPosition(term);
  request.commit_index = Number(0, 60);
  Term last = std::max<Term>(request.previous.term, 1);
  for (uint64_t count = Number(0, 5); count > 0; --count) {
    last = Number(last, term);
    EntryMeta entry{last, static_cast<uint32_t>(Number(0, 100)), EntryKind::kCommand};
    if (Number(0, 3) == 0) entry.kind = EntryKind::kConfiguration;
    request.entries.push_back(entry);
    if (entry.kind == EntryKind::kConfiguration) {
      request.configurations.push_back({request.last_index(), AnyConfiguration()});
    }
  }
  return request;
}

AppendEntriesReply AnyAppendEntriesReply(Term term) {
  if (Flip()) return {.accepted = true, .match_index = Number(0, 60)};
  return {.rejected_index = Number(0, 60), .hint = AnyPosition(term)};
}

InstallSnapshot AnyInstallSnapshot(Term term) {
  InstallSnapshot chunk{.last_included = AnyEntry(term), .offset = Number(0, 100)};
  chunk.configuration = {Number(0, chunk.last_included.index), AnyConfiguration()};
  chunk.bytes = static_cast<uint32_t>(Number(1, 100));
  chunk.total_bytes = chunk.offset + chunk.bytes + Number(0, 100);
  return chunk;
}

MessageBody AnyBody(Term term) {
  switch (Number(0, 10)) {
    case 0:
      return AnyRequestVote(term);
    case 1:
      return AnyRequestVoteReply(term);
    case 2:
      return AnyAppendEntries(term);
    case 3:
      return AnyAppendEntriesReply(term);
    case 4:
      return Heartbeat{Number(0, 60), Number(0, 60)};
    case 5:
      return HeartbeatReply{Number(0, 60)};
    case 6:
      return AnyInstallSnapshot(term);
    case 7:
      return InstallSnapshotReply{AnyEntry(term), Number(0, 100), Flip()};
    case 8:
      return TimeoutNow{};
    case 9:
      return ReadRequest{Number(0, 60), Number(0, 60)};
    default:
      return ReadReply{Number(0, 60), Number(0, 60), Flip(), Number(0, 60)};
  }
}

Message AnyMessage() {
  const Term term = Number(1, 9);
  return {AnyNode(), AnyNode(), term, AnyBody(term)};
}

RC_GTEST_PROP(MessageTest, AcceptsWhateverIsWellFormed, ()) {
  const Message message = AnyMessage();
  const absl::Status status = ValidateMessage(message);
  RC_LOG() << ToString(message) << "\n" << std::string(status.message());
  RC_ASSERT(status.ok());
}

// ---- Every way to break one rule ------------------------------------------------------------------------------

// Each function breaks one rule in one field, and does nothing where it cannot be broken.
template <typename Body>
using Corruption = void (*)(Message& message, Body& body);

template <typename Body>
std::vector<Corruption<Body>> Corruptions();

template <>
std::vector<Corruption<RequestVote>> Corruptions() {
  return {[](Message&, RequestVote& m) { ++m.election_term; },
          [](Message&, RequestVote& m) { --m.election_term; },
          [](Message&, RequestVote& m) { m.pre_vote = !m.pre_vote; },
          [](Message&, RequestVote& m) { m.leader_transfer |= m.pre_vote; },
          [](Message& all, RequestVote& m) {
            m.last_log = {1, all.term + 1};
          },
          [](Message&, RequestVote& m) {
            m.last_log = {0, 1};
          },
          [](Message&, RequestVote& m) {
            m.last_log = {1, 0};
          },
          [](Message&, RequestVote& m) {
            m.last_log = {kTooLarge, 1};
          }};
}

template <>
std::vector<Corruption<RequestVoteReply>> Corruptions() {
  return {[](Message&, RequestVoteReply& m) { m.election_term = kTooLarge; },
          [](Message& all, RequestVoteReply& m) {
            if (!m.pre_vote && m.granted) m.election_term = all.term + 1;
          },
          [](Message& all, RequestVoteReply& m) {
            if (!m.pre_vote && m.granted) m.election_term = all.term - 1;
          }};
}

template <>
std::vector<Corruption<AppendEntries>> Corruptions() {
  return {[](Message& all, AppendEntries& m) {
            m.previous = {1, all.term + 1};
          },
          [](Message&, AppendEntries& m) {
            m.previous = {0, 1};
          },
          [](Message&, AppendEntries& m) {
            m.previous = {1, 0};
          },
          [](Message&, AppendEntries& m) {
            m.previous = {kTooLarge, 1};
          },
          [](Message&, AppendEntries& m) { m.commit_index = kTooLarge; },
          [](Message&, AppendEntries& m) {
            if (!m.entries.empty()) m.entries.back().term = 0;
          },
          [](Message&, AppendEntries& m) {
            if (m.entries.size() > 1) m.entries.back().term = m.entries.front().term - 1;
          },
          [](Message& all, AppendEntries& m) {
            if (!m.entries.empty()) m.entries.back().term = all.term + 1;
          },
          [](Message&, AppendEntries& m) {
            if (!m.configurations.empty()) m.configurations.pop_back();
          },
          [](Message&, AppendEntries& m) {
            m.configurations.push_back({m.last_index() + 1, {.voters = {{1}}}});
          },
          [](Message&, AppendEntries& m) {
            if (!m.configurations.empty()) ++m.configurations.front().index;
          },
          [](Message&, AppendEntries& m) {
            if (!m.configurations.empty()) m.configurations.back().configuration.voters.clear();
          }};
}

template <>
std::vector<Corruption<AppendEntriesReply>> Corruptions() {
  return {[](Message&, AppendEntriesReply& m) { m.match_index = kTooLarge; },
          [](Message&, AppendEntriesReply& m) { m.rejected_index = kTooLarge; },
          [](Message&, AppendEntriesReply& m) {
            m.hint = {kTooLarge, 1};
          },
          [](Message&, AppendEntriesReply& m) {
            if (!m.accepted) m.match_index = 1;
          },
          [](Message&, AppendEntriesReply& m) {
            if (m.accepted) m.rejected_index = 1;
          },
          [](Message&, AppendEntriesReply& m) {
            if (m.accepted) m.hint = {1, 1};
          }};
}

template <>
std::vector<Corruption<Heartbeat>> Corruptions() {
  return {[](Message&, Heartbeat& m) { m.commit_index = kTooLarge; }};
}

template <>
std::vector<Corruption<InstallSnapshot>> Corruptions() {
  return {[](Message&, InstallSnapshot& m) { m.last_included = {}; },
          [](Message&, InstallSnapshot& m) { m.last_included.term = 0; },
          [](Message& all, InstallSnapshot& m) { m.last_included.term = all.term + 1; },
          [](Message&, InstallSnapshot& m) { m.last_included.index = kTooLarge; },
          [](Message&, InstallSnapshot& m) { m.configuration.index = m.last_included.index + 1; },
          [](Message&, InstallSnapshot& m) { m.configuration.configuration.voters.clear(); },
          [](Message&, InstallSnapshot& m) { m.offset = m.total_bytes + 1; },
          [](Message&, InstallSnapshot& m) { m.offset = std::numeric_limits<uint64_t>::max(); },
          [](Message&, InstallSnapshot& m) { m.total_bytes = m.offset + m.bytes - 1; },
          [](Message&, InstallSnapshot& m) { m.total_bytes = kTooLarge; },
          [](Message&, InstallSnapshot& m) {
            m.bytes = 0;
            m.total_bytes = m.offset + 1;
          }};
}

template <>
std::vector<Corruption<InstallSnapshotReply>> Corruptions() {
  return {[](Message&, InstallSnapshotReply& m) { m.last_included = {}; },
          [](Message&, InstallSnapshotReply& m) { m.last_included.term = 0; },
          [](Message& all, InstallSnapshotReply& m) { m.last_included.term = all.term + 1; },
          [](Message&, InstallSnapshotReply& m) { m.last_included.index = kTooLarge; }};
}

template <>
std::vector<Corruption<ReadReply>> Corruptions() {
  return {[](Message&, ReadReply& m) { m.read_index = kTooLarge; }};
}

// Whether every change that `Corruptions` makes to `message` is refused.
template <typename Body>
void ExpectCorruptionsRefused(const Message& message) {
  for (Corruption<Body> corrupt : Corruptions<Body>()) {
    Message corrupted = message;
    corrupt(corrupted, std::get<Body>(corrupted.body));
    RC_LOG() << ToString(message) << " became " << ToString(corrupted) << "\n";
    RC_ASSERT(corrupted == message || absl::IsInvalidArgument(ValidateMessage(corrupted)));
  }
}

template <typename Body>
Message WithBody(Body (*any)(Term)) {
  const Term term = Number(1, 9);
  return {AnyNode(), AnyNode(), term, any(term)};
}

RC_GTEST_PROP(MessageTest, RefusesAMessageFromOrToNobodyOrOfAnImpossibleTerm, ()) {
  const Message message = AnyMessage();
  Message corrupted = message;
  corrupted.source.number = 0;
  RC_ASSERT(absl::IsInvalidArgument(ValidateMessage(corrupted)));
  corrupted = message;
  corrupted.dest.number = 0;
  RC_ASSERT(absl::IsInvalidArgument(ValidateMessage(corrupted)));
  corrupted = message;
  corrupted.term = kTooLarge;
  RC_ASSERT(absl::IsInvalidArgument(ValidateMessage(corrupted)));
}

RC_GTEST_PROP(MessageTest, RefusesEveryBrokenRequestVote, ()) {
  ExpectCorruptionsRefused<RequestVote>(WithBody(AnyRequestVote));
}
RC_GTEST_PROP(MessageTest, RefusesEveryBrokenRequestVoteReply, ()) {
  ExpectCorruptionsRefused<RequestVoteReply>(WithBody(AnyRequestVoteReply));
}
RC_GTEST_PROP(MessageTest, RefusesEveryBrokenAppendEntries, ()) {
  ExpectCorruptionsRefused<AppendEntries>(WithBody(AnyAppendEntries));
}
RC_GTEST_PROP(MessageTest, RefusesEveryBrokenAppendEntriesReply, ()) {
  ExpectCorruptionsRefused<AppendEntriesReply>(WithBody(AnyAppendEntriesReply));
}
RC_GTEST_PROP(MessageTest, RefusesEveryBrokenInstallSnapshot, ()) {
  ExpectCorruptionsRefused<InstallSnapshot>(WithBody(AnyInstallSnapshot));
}
RC_GTEST_PROP(MessageTest, RefusesEveryBrokenHeartbeatOrReply, ()) {
  ExpectCorruptionsRefused<Heartbeat>({AnyNode(), AnyNode(), 3, Heartbeat{Number(0, 60), Number(0, 60)}});
  ExpectCorruptionsRefused<InstallSnapshotReply>(
      {AnyNode(), AnyNode(), 3, InstallSnapshotReply{AnyEntry(3), 5, Flip()}});
  ExpectCorruptionsRefused<ReadReply>({AnyNode(), AnyNode(), 3, ReadReply{1, 2, Flip(), Number(0, 60)}});
}

}  // namespace
}  // namespace lockstep
