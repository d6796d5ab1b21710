#include "core/replication.h"

#include <gtest/gtest.h>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Command;
using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

// A leader of term 2 whose no-op has index 2, with peers 2 and 3 replicating up to it.
Node Leader(const Options& options = {}) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}), options);
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  node.Receive(3, 2, AppendEntriesReply{true, 2, 0, {}});
  return node;
}

input::Propose Commands(RequestId first, int count, uint32_t bytes = 1) {
  input::Propose propose;
  for (int i = 0; i < count; ++i) propose.proposals.push_back({first + static_cast<RequestId>(i), bytes});
  return propose;
}

TEST(ReplicationTest, EntriesAreSentBeforeTheyAreDurableHere) {
  Node node = Leader();
  node.Take(Commands(1, 2));
  ASSERT_EQ(node.All<effect::AppendLog>().size(), 1u) << "one write for the batch";
  for (const effect::Send& send : node.All<effect::Send>()) EXPECT_EQ(send.after, 0u);
  EXPECT_EQ(node.Only<AppendEntries>(2).entries.size(), 2u);
}

TEST(ReplicationTest, EntriesArePipelinedWithoutWaitingForAcknowledgements) {
  Node node = Leader();
  node.Take(Commands(1, 1));
  node.Take(Commands(2, 1));
  EXPECT_EQ(node.Only<AppendEntries>(2).previous, (LogPosition{3, 2}));
  EXPECT_EQ(node.ProgressOf(2).inflight.size(), 2u);
}

TEST(ReplicationTest, TheWindowBoundsMessages) {
  Options options;
  options.inflight_messages_max = 2;
  options.append_entries_max = 1;
  Node node = Leader(options);
  node.Take(Commands(1, 5));
  EXPECT_EQ(node.SentTo<AppendEntries>(2).size(), 2u);
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.SentTo<AppendEntries>(2).size(), 1u);
}

TEST(ReplicationTest, TheWindowBoundsBytes) {
  Options options;
  options.inflight_bytes_max = 10;
  options.append_bytes_max = 6;
  Node node = Leader(options);
  node.Take(Commands(1, 4, 6));
  EXPECT_EQ(node.SentTo<AppendEntries>(2).size(), 2u);
  EXPECT_EQ(node.ProgressOf(2).inflight_bytes, 12u) << "the message that crosses the bound is the last";
  node.Receive(2, 2, AppendEntriesReply{true, 4, 0, {}});
  EXPECT_EQ(node.ProgressOf(2).inflight_bytes, 12u);
}

TEST(ReplicationTest, APageHoldsAtLeastOneEntryHoweverLarge) {
  Options options;
  options.append_bytes_max = 5;
  Node node = Leader(options);
  node.Take(Commands(1, 1, 100));
  EXPECT_EQ(node.Only<AppendEntries>(2).entries.size(), 1u);
}

TEST(ReplicationTest, CommitNeedsADurableQuorumAndCountsTheLeaderOnlyOnceDurable) {
  Node node = Leader();
  node.Take(Commands(1, 1));
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 2u);
  node.CompleteWrites();
  EXPECT_EQ(node.state.commit_index, 3u);
  EXPECT_EQ(node.All<effect::Outcome>()[0].index, 3u);
}

TEST(ReplicationTest, FollowersAloneAreAQuorumToo) {
  Node node = Leader();
  node.Take(Commands(1, 1));
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  node.Receive(3, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 3u);
  EXPECT_TRUE(node.All<effect::Apply>().empty()) << "applied only once it is durable here as well";
}

//     Figure 8: an entry of an earlier term on a majority is not committed by counting.
TEST(ReplicationTest, OnlyAnEntryOfTheLeadersTermCommitsByCounting) {
  Node node(1, Disk(Voters({1, 2, 3, 4, 5}), 3, {1, 2}));
  node.Lead({2, 3});
  node.CompleteWrites();
  node.Receive(2, 4, AppendEntriesReply{true, 2, 0, {}});
  node.Receive(3, 4, AppendEntriesReply{true, 2, 0, {}});
  EXPECT_EQ(node.state.commit_index, 0u);
  node.Receive(2, 4, AppendEntriesReply{true, 3, 0, {}});
  node.Receive(3, 4, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.commit_index, 3u);
}

TEST(ReplicationTest, ARejectionMovesBackByTheHint) {
  Node node(1, Disk(Voters({1, 2, 3}), 5, {1, 1, 1, 4, 4}));
  node.Lead({2});
  node.Receive(3, 6, AppendEntriesReply{false, 0, 5, {5, 2}});  // It has 1 1 1 2 2 there.
  EXPECT_EQ(node.Only<AppendEntries>(3).previous, (LogPosition{3, 1}));
  EXPECT_EQ(node.ProgressOf(3).match_index, 0u);
}

TEST(ReplicationTest, AStaleRejectionIsIgnored) {
  Node node = Leader();
  node.Receive(3, 2, AppendEntriesReply{false, 0, 1, {1, 1}});
  EXPECT_EQ(node.ProgressOf(3).mode, ProgressMode::kReplicate);
  EXPECT_EQ(node.ProgressOf(3).match_index, 2u);
  EXPECT_TRUE(node.SentTo<AppendEntries>(3).empty());
}

TEST(ReplicationTest, ARejectionInThePipelineGoesBackToProbing) {
  Node node = Leader();
  node.Take(Commands(1, 1));
  node.Take(Commands(2, 1));
  node.Receive(3, 2, AppendEntriesReply{false, 0, 3, {2, 2}});
  EXPECT_EQ(node.ProgressOf(3).mode, ProgressMode::kProbe);
  EXPECT_EQ(node.Only<AppendEntries>(3).previous, (LogPosition{2, 2}));
  EXPECT_EQ(node.ProgressOf(3).inflight_bytes, 0u);
}

TEST(ReplicationTest, MatchNeverFalls) {
  Node node = Leader();
  node.Receive(3, 2, AppendEntriesReply{true, 1, 0, {}});
  EXPECT_EQ(node.ProgressOf(3).match_index, 2u);
}

TEST(ReplicationTest, AnAcknowledgementBeyondTheLogIsIgnored) {
  Node node = Leader();
  node.Receive(3, 2, AppendEntriesReply{true, 99, 0, {}});
  EXPECT_EQ(node.ProgressOf(3).match_index, 2u);
}

TEST(ReplicationTest, TheQuotaOfUncommittedBytesRejectsARestOfABatch) {
  Options options;
  options.uncommitted_bytes_max = 10;
  Node node = Leader(options);
  node.Take(Commands(1, 3, 6));
  const auto outcomes = node.All<effect::Outcome>();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].request_id, 2u);
  EXPECT_EQ(outcomes[0].reason, effect::Reason::kQuotaExceeded);
  EXPECT_EQ(node.state.log.last_index(), 3u);
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 3, 0, {}});
  EXPECT_EQ(node.state.leading.uncommitted_bytes, 0u);
  node.Take(Commands(9, 1, 600));
  EXPECT_EQ(node.state.log.last_index(), 4u) << "a proposal that is too large alone still passes";
}

TEST(ReplicationTest, AFollowerRejectsProposalsAndNamesTheLeader) {
  Node node(2, Disk(Voters({1, 2, 3}), 2, {1}));
  node.Receive(1, 2, Heartbeat{0, 1});
  node.Take(Commands(5, 1));
  EXPECT_EQ(node.All<effect::Outcome>()[0].reason, effect::Reason::kNotLeader);
  EXPECT_EQ(node.All<effect::Outcome>()[0].leader, N(1));
}

TEST(ReplicationTest, AHeartbeatNamesNoCommitBeyondWhatThePeerAcknowledged) {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  node.CompleteWrites();
  node.Receive(2, 2, AppendEntriesReply{true, 2, 0, {}});
  node.Take(input::HeartbeatTimeout{});
  EXPECT_EQ(node.Only<Heartbeat>(2).commit_index, 2u);
  EXPECT_EQ(node.Only<Heartbeat>(3).commit_index, 0u);
}

TEST(ReplicationTest, ALostMessageIsFoundByTheHeartbeatsReply) {
  Options options;
  options.inflight_messages_max = 1;
  Node node = Leader(options);
  node.Take(Commands(1, 1));
  node.Receive(3, 2, HeartbeatReply{0});
  const AppendEntries request = node.Only<AppendEntries>(3);
  EXPECT_TRUE(request.entries.empty());
  EXPECT_EQ(request.previous, (LogPosition{3, 2})) << "asks whether what was sent has arrived";
}

TEST(ReplicationTest, OldEntriesAreLoadedBeforeTheyAreSent) {
  Options options;
  options.resident_entries = 1;
  Node node = Leader(options);
  node.Take(Commands(1, 3));
  EXPECT_TRUE(node.SentTo<AppendEntries>(2).empty());
  ASSERT_EQ(node.All<effect::LoadEntries>().size(), 2u);
  EXPECT_EQ(node.All<effect::LoadEntries>()[0], (effect::LoadEntries{N(2), 3, 5}));
  node.Take(input::EntriesLoaded{N(2), 3, 5, false});
  EXPECT_TRUE(node.SentTo<AppendEntries>(2).empty());
  node.Receive(2, 2, HeartbeatReply{0});
  node.Take(input::EntriesLoaded{N(2), 3, 5, true});
  EXPECT_EQ(node.Only<AppendEntries>(2).entries.size(), 3u);
}

TEST(ReplicationTest, AnUnreachablePeerIsProbed) {
  Node node = Leader();
  node.Take(Commands(1, 1));
  node.Take(input::PeerUnreachable{N(2)});
  EXPECT_EQ(node.ProgressOf(2).mode, ProgressMode::kProbe);
  EXPECT_EQ(node.ProgressOf(2).next_index, 3u);
}

}  // namespace
}  // namespace lockstep
