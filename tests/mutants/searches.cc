#include "tests/mutants/searches.h"

#include <utility>

namespace lockstep::mutants {
namespace {

using sim::explore::Bounds;

MemberChange Change(ChangeKind kind, uint32_t number) { return {kind, {number, 0}}; }

Bounds Unprotected() {
  Bounds bounds;
  bounds.pre_vote = bounds.check_quorum = false;
  return bounds;
}

void AddElections(std::vector<Bounds>& all) {
  Bounds elections = Unprotected();
  elections.terms = 3;
  elections.entries = 0;
  elections.crashes = 1;
  all.push_back(elections);
  Bounds pre_votes;
  pre_votes.entries = 0;
  pre_votes.crashes = 1;
  pre_votes.duplicates = 1;
  all.push_back(pre_votes);
  Bounds four = Unprotected();
  four.nodes = 4;
  four.entries = 0;
  four.in_flight = 3;
  all.push_back(four);
}

void AddReplication(std::vector<Bounds>& all) {
  Bounds crashes = Unprotected();
  crashes.entries = 2;
  crashes.crashes = 1;
  crashes.leader = 1;
  all.push_back(crashes);
  Bounds old_terms = Unprotected();
  old_terms.terms = 4;
  old_terms.in_flight = 2;
  old_terms.leader = 1;
  all.push_back(old_terms);
  Bounds late = Unprotected();
  late.entries = 2;
  late.heartbeats = 1;
  late.duplicates = 1;
  late.leader = 1;
  late.elections = 1;
  late.in_flight = 3;
  all.push_back(late);
  Bounds writes = Unprotected();
  writes.entries = 2;
  writes.reorder_completions = true;
  writes.write_failures = 1;
  writes.leader = 1;
  all.push_back(writes);
}

void AddRequests(std::vector<Bounds>& all) {
  Bounds reads = Unprotected();
  reads.reads = 2;
  reads.heartbeats = 1;
  reads.in_flight = 3;
  reads.leader = 1;
  all.push_back(reads);
  Bounds snapshots = Unprotected();
  snapshots.snapshots = 1;
  snapshots.snapshot_chunks = 2;
  snapshots.heartbeats = 2;
  snapshots.in_flight = 2;
  snapshots.leader = 1;
  snapshots.crashes = 1;
  all.push_back(snapshots);
  Bounds transfers;
  transfers.transfers = 1;
  transfers.reads = 1;
  transfers.leader = 1;
  all.push_back(transfers);
}

void AddMembership(std::vector<Bounds>& all) {
  Bounds membership = Unprotected();
  membership.nodes = 4;
  membership.voters = 3;
  membership.entries = 0;
  membership.changes = 2;
  membership.in_flight = 3;
  membership.leader = 1;
  membership.targets = {
      {{Change(ChangeKind::kAddVoter, 4), Change(ChangeKind::kRemove, 1)}, Transition::kAuto},
      {{Change(ChangeKind::kAddLearner, 4)}, Transition::kAuto},
      {{Change(ChangeKind::kRemove, 1)}, Transition::kAuto},
  };
  all.push_back(membership);
  Bounds joint = Unprotected();
  joint.voters = 2;
  joint.entries = 0;
  joint.elections = 2;
  joint.crashes = 1;
  joint.changes = 1;
  joint.targets = {{{Change(ChangeKind::kRemove, 2), Change(ChangeKind::kAddVoter, 3)}, Transition::kAuto}};
  all.push_back(joint);
}

}  // namespace

std::vector<Bounds> SmallBounds() {
  std::vector<Bounds> all;
  AddElections(all);
  AddReplication(all);
  AddRequests(all);
  AddMembership(all);
  return all;
}

}  // namespace lockstep::mutants
