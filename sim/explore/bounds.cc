#include "sim/explore/bounds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::sim::explore {
namespace {

constexpr uint32_t kBudgetMax = 100;

}  // namespace

Options Bounds::CoreOptions() const {
  Options options;
  options.pre_vote = pre_vote;
  options.check_quorum = check_quorum;
  options.snapshot_chunk_bytes = 1;
  return options;
}

std::vector<NamedBounds> NamedConfigurations() {
  Bounds elections;
  elections.entries = 0;
  elections.elections = 2;
  elections.crashes = 1;
  Bounds replication;
  replication.leader = 1;
  replication.elections = 1;
  replication.crashes = 2;
  Bounds membership;
  membership.voters = 2;
  membership.entries = 0;
  membership.elections = 2;
  membership.crashes = 1;
  membership.changes = 1;
  membership.targets = {{{{ChangeKind::kRemove, {2, 0}}, {ChangeKind::kAddVoter, {3, 0}}}, Transition::kAuto}};
  return {{"elections", "three nodes elect, with PreVote, twice over two terms; one crash", elections},
          {"replication", "a leader with an entry; two crashes that lose unsynced writes; an election", replication},
          {"membership", "a joint change from nodes (1 2) to (1 3); two elections, one crash", membership}};
}

absl::Status ValidateBounds(const Bounds& bounds) {
  if (bounds.nodes < 1 || bounds.nodes > kNodesMax) {
    return absl::InvalidArgumentError(absl::StrCat("--nodes=", bounds.nodes, ": from 1 to ", kNodesMax));
  }
  if (bounds.voters > bounds.nodes) {
    return absl::InvalidArgumentError(absl::StrCat("--voters=", bounds.voters, ": there are ", bounds.nodes, " nodes"));
  }
  if (bounds.terms < 1 || bounds.terms > 15) return absl::InvalidArgumentError("--terms: from 1 to 15");
  if (bounds.changes > 0 && bounds.targets.empty()) {
    return absl::InvalidArgumentError("--changes needs at least one target to change to");
  }
  if (bounds.leader > bounds.nodes) return absl::InvalidArgumentError("--leader: there is no such node");
  if (bounds.candidates >> bounds.nodes != 0) return absl::InvalidArgumentError("--candidates: there is no such node");
  if (bounds.snapshot_chunks < 1 || bounds.snapshot_chunks > 8) {
    return absl::InvalidArgumentError("--snapshot-chunks: from 1 to 8");
  }
  if (bounds.in_flight > 0 && bounds.in_flight + 1 < bounds.nodes) {
    return absl::InvalidArgumentError(
        absl::StrCat("--in-flight=", bounds.in_flight, ": there must be room for one message to each other node"));
  }
  const uint32_t largest =
      std::max({bounds.entries, bounds.crashes, bounds.duplicates, bounds.heartbeats, bounds.quorum_checks,
                bounds.reads, bounds.transfers, bounds.snapshots, bounds.changes, bounds.write_failures,
                bounds.in_flight, bounds.elections, bounds.unreachables, bounds.cancels});
  if (largest > kBudgetMax) return absl::InvalidArgumentError(absl::StrCat("no budget may exceed ", kBudgetMax));
  return absl::OkStatus();
}

}  // namespace lockstep::sim::explore
