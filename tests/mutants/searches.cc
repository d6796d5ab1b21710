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

// One leader, and one other node that may become it: little is left to chance, so that a search reaches far.
Bounds Succession() {
  Bounds bounds = Unprotected();
  bounds.leader = 1;
  bounds.candidates = 0b010;
  bounds.elections = 1;
  bounds.in_flight = 2;
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
  crashes.in_flight = 3;
  all.push_back(crashes);
  Bounds conflict = Succession();
  conflict.entries = 2;
  conflict.crashes = 1;
  all.push_back(conflict);
  Bounds old_terms = Unprotected();
  old_terms.terms = 4;
  old_terms.in_flight = 2;
  old_terms.leader = 1;
  all.push_back(old_terms);
  Bounds late = Succession();
  late.entries = 2;
  late.heartbeats = 1;
  late.duplicates = 1;
  late.in_flight = 3;
  all.push_back(late);
  Bounds writes = Succession();
  writes.entries = 2;
  writes.reorder_completions = true;
  writes.write_failures = 1;
  all.push_back(writes);
}

void AddRequests(std::vector<Bounds>& all) {
  Bounds stale = Succession();
  stale.entries = 0;
  stale.reads = 1;
  all.push_back(stale);
  Bounds reads = Succession();
  reads.entries = 1;
  reads.reads = 2;
  reads.heartbeats = 1;
  all.push_back(reads);
  Bounds transfers = Succession();
  transfers.pre_vote = transfers.check_quorum = true;
  transfers.transfers = 1;
  transfers.reads = 1;
  all.push_back(transfers);
}

void AddSnapshots(std::vector<Bounds>& all) {
  Bounds sent = Succession();
  sent.snapshots = 1;
  sent.snapshot_chunks = 2;
  sent.heartbeats = 1;
  all.push_back(sent);
  Bounds crashes = Unprotected();
  crashes.snapshots = 1;
  crashes.leader = 1;
  crashes.crashes = 1;
  crashes.in_flight = 2;
  crashes.elections = 1;
  all.push_back(crashes);
  Bounds joint = Unprotected();
  joint.voters = 2;
  joint.entries = 0;
  joint.leader = 1;
  joint.elections = 1;
  joint.in_flight = 2;
  joint.snapshots = 1;
  joint.changes = 1;
  joint.targets = {{{Change(ChangeKind::kRemove, 2), Change(ChangeKind::kAddVoter, 3)}, Transition::kAuto}};
  all.push_back(joint);
}

void AddMembership(std::vector<Bounds>& all) {
  Bounds replaced = Succession();
  replaced.nodes = 4;
  replaced.voters = 3;
  replaced.entries = 0;
  replaced.changes = 2;
  replaced.in_flight = 3;
  replaced.targets = {
      {{Change(ChangeKind::kAddVoter, 4), Change(ChangeKind::kRemove, 1)}, Transition::kAuto},
      {{Change(ChangeKind::kAddLearner, 4)}, Transition::kAuto},
      {{Change(ChangeKind::kRemove, 1)}, Transition::kAuto},
  };
  all.push_back(replaced);
  Bounds joint = Unprotected();
  joint.voters = 2;
  joint.entries = 0;
  joint.elections = 2;
  joint.crashes = 1;
  joint.changes = 1;
  joint.targets = {{{Change(ChangeKind::kRemove, 2), Change(ChangeKind::kAddVoter, 3)}, Transition::kAuto}};
  all.push_back(joint);
  Bounds learner = Succession();
  learner.voters = 2;
  learner.changes = 1;
  learner.targets = {{{Change(ChangeKind::kAddLearner, 3)}, Transition::kAuto},
                     {{Change(ChangeKind::kAddLearner, 2)}, Transition::kJointImplicit}};
  all.push_back(learner);
}

}  // namespace

std::vector<Bounds> SmallBounds() {
  std::vector<Bounds> all;
  AddElections(all);
  AddReplication(all);
  AddRequests(all);
  AddSnapshots(all);
  AddMembership(all);
  return all;
}

}  // namespace lockstep::mutants
