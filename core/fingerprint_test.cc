#include "core/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "core/test_node.h"

namespace lockstep {
namespace {

using testing::Disk;
using testing::N;
using testing::Node;
using testing::Voters;

State Sample() {
  Node node(1, Disk(Voters({1, 2, 3}), 1, {1}));
  node.Lead({2});
  State state = node.state;
  state.leading.reads.push_back({});
  state.leading.proposals.push_back({});
  state.incoming.emplace();
  state.transfer.emplace();
  state.confirmed_reads.push_back({});
  state.following.reads.push_back({});
  state.candidacy.votes.push_back({});
  state.leading.change.emplace();
  state.leading.peers[0].progress.inflight.push_back({});
  return state;
}

// Changes one field each.
const std::function<void(State&)> kChanges[] = {
    [](State& s) { s.id.incarnation++; },
    [](State& s) { s.options.lease_micros++; },
    [](State& s) { s.options.resident_entries++; },
    [](State& s) { s.start++; },
    [](State& s) { s.current_term++; },
    [](State& s) { s.voted_for = N(3); },
    [](State& s) {
      s.log.Append({9, 0, EntryKind::kNoOp});
    },
    [](State& s) { s.log.CompactTo(1); },
    [](State& s) { s.snapshot.bytes++; },
    [](State& s) { s.snapshot.last_included.term++; },
    [](State& s) { s.storage.next_write_id++; },
    [](State& s) { s.storage.pending_vote_write++; },
    [](State& s) { s.storage.durable_term++; },
    [](State& s) { s.storage.durable_vote = N(9); },
    [](State& s) { s.storage.durable_index++; },
    [](State& s) { s.storage.issued_index++; },
    [](State& s) { s.storage.pending_log_writes.push_back({}); },
    [](State& s) { s.storage.failing = true; },
    [](State& s) { s.role = Role::kCandidate; },
    [](State& s) { s.leader = N(2); },
    [](State& s) { s.commit_index++; },
    [](State& s) { s.apply_index++; },
    [](State& s) { s.applied_index++; },
    [](State& s) { s.snapshot_wanted = true; },
    [](State& s) { s.vote_withheld = true; },
    [](State& s) { s.halted = true; },
    [](State& s) { s.leading.term_start_index++; },
    [](State& s) { s.leading.uncommitted_bytes++; },
    [](State& s) { s.leading.round++; },
    [](State& s) { s.leading.round_began_micros++; },
    [](State& s) { s.leading.confirmed_round++; },
    [](State& s) { s.leading.lease_until_micros++; },
    [](State& s) { s.leading.lease_revoked = true; },
    [](State& s) { s.leading.change->index++; },
    [](State& s) { s.leading.proposals[0].request_id++; },
    [](State& s) { s.leading.reads[0].request_id++; },
    [](State& s) { s.leading.reads[0].origin = N(2); },
    [](State& s) { s.leading.reads[0].forwarded.position++; },
    [](State& s) { s.leading.reads[0].round++; },
    [](State& s) { s.leading.reads[0].read_index++; },
    [](State& s) { s.leading.peers[0].id = N(8); },
    [](State& s) { s.leading.peers[0].progress.mode = ProgressMode::kSnapshot; },
    [](State& s) { s.leading.peers[0].progress.match_index++; },
    [](State& s) { s.leading.peers[0].progress.next_index++; },
    [](State& s) { s.leading.peers[0].progress.sent_commit_index++; },
    [](State& s) { s.leading.peers[0].progress.probe_sent ^= true; },
    [](State& s) { s.leading.peers[0].progress.recently_active ^= true; },
    [](State& s) { s.leading.peers[0].progress.acked_round++; },
    [](State& s) { s.leading.peers[0].progress.inflight[0].bytes++; },
    [](State& s) { s.leading.peers[0].progress.inflight_bytes++; },
    [](State& s) { s.leading.peers[0].progress.snapshot.offset++; },
    [](State& s) { s.leading.peers[0].progress.snapshot.waiting = true; },
    [](State& s) { s.leading.peers[0].progress.snapshot.stalled = true; },
    [](State& s) { s.leading.peers[0].progress.loading_first++; },
    [](State& s) { s.leading.peers[0].progress.loading_last++; },
    [](State& s) { s.candidacy.votes[0].granted = true; },
    [](State& s) { s.candidacy.leader_transfer = true; },
    [](State& s) { s.following.verified_index++; },
    [](State& s) { s.following.acked_index++; },
    [](State& s) { s.following.reads[0].position++; },
    [](State& s) { s.following.reads[0].aged = true; },
    [](State& s) { s.incoming.reset(); },
    [](State& s) { s.incoming->source = N(2); },
    [](State& s) { s.incoming->next_offset++; },
    [](State& s) { s.incoming->store_write_id++; },
    [](State& s) { s.incoming->storing_end++; },
    [](State& s) { s.incoming->installing = true; },
    [](State& s) { s.incoming->total_bytes++; },
    [](State& s) { s.transfer->target = N(2); },
    [](State& s) { s.transfer->timeout_now_sent = true; },
    [](State& s) { s.transfer->aged = true; },
    [](State& s) { s.confirmed_reads[0].lease_until_micros++; },
    [](State& s) { s.next_read_position++; },
};

TEST(FingerprintTest, EqualStatesHaveEqualFingerprintsAndEveryFieldCounts) {
  const State sample = Sample();
  EXPECT_EQ(FingerprintOf(sample), FingerprintOf(Sample()));
  std::set<Fingerprint> seen = {FingerprintOf(sample)};
  for (size_t i = 0; i < std::size(kChanges); ++i) {
    State changed = sample;
    kChanges[i](changed);
    EXPECT_NE(changed, sample) << i;
    EXPECT_TRUE(seen.insert(FingerprintOf(changed)).second) << "change " << i << " does not count";
  }
}

// The value is part of recorded traces: it is the same on every machine.
TEST(FingerprintTest, TheValueIsFixed) {
  Fingerprinter fingerprinter;
  fingerprinter.Add(1);
  fingerprinter.Add(2);
  const Fingerprint first = fingerprinter.Finish();
  fingerprinter.Add(0);
  EXPECT_NE(first, fingerprinter.Finish());
  EXPECT_EQ(first.high, 6487198960041225882u);
}

}  // namespace
}  // namespace lockstep
