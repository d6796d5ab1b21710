// What has happened in the cluster so far, as nobody in it can know: leaders, entries, votes, commits.
//
// These are the history variables of the specification: they only grow, survive every crash, and no node reads them.
// A node is a slot here, a small number, so that a set of nodes is one word. Requires: at most 64 nodes in a run,
// each life of a disk counted.
#ifndef LOCKSTEP_SPEC_PROPERTIES_HISTORY_H_
#define LOCKSTEP_SPEC_PROPERTIES_HISTORY_H_

#include <bit>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "core/configuration.h"
#include "core/log.h"
#include "core/types.h"

namespace lockstep::spec {

using Slot = uint32_t;
using NodeMask = uint64_t;  // A set of slots.

constexpr NodeMask MaskOf(Slot slot) { return NodeMask{1} << slot; }

// The members of a configuration as sets of slots.
struct Electorate {
  NodeMask incoming = 0;
  NodeMask outgoing = 0;  // Empty when not joint.
  NodeMask learners = 0;

  NodeMask voters() const { return incoming | outgoing; }
  // Whether `nodes` are a quorum: a majority of each half. No voters, no quorum.
  bool IsQuorum(NodeMask nodes) const {
    return incoming != 0 && IsMajority(incoming, nodes) && (outgoing == 0 || IsMajority(outgoing, nodes));
  }

  friend bool operator==(const Electorate&, const Electorate&) = default;

 private:
  static bool IsMajority(NodeMask half, NodeMask nodes) {
    return 2 * std::popcount(half & nodes) > std::popcount(half);
  }
};

// One candidate's durable votes in a term.
struct Ballot {
  NodeId candidate;
  NodeMask voters = 0;
  friend bool operator==(const Ballot&, const Ballot&) = default;
};

// All that a term ever made. The leader of a term alone creates its entries, one after the other, so they are one
// range of indexes, the same in every log that holds any of them.
struct TermRecord {
  Term term = 0;
  NodeId leader;                   // kNoNode: nobody led it (yet).
  Index first = 0;                 // The index of its first entry.
  Term previous_term = 0;          // The term of the entry before that.
  std::vector<uint64_t> contents;  // Of its entries, from `first` on.
  absl::InlinedVector<Ballot, 2> ballots;

  Index last() const { return first + contents.size() - 1; }
  friend bool operator==(const TermRecord&, const TermRecord&) = default;
};

// Indexes committed first in `commit_term`, whose entries have `term`.
struct CommitRun {
  Index last = 0;
  Term term = 0;
  Term commit_term = 0;
  friend bool operator==(const CommitRun&, const CommitRun&) = default;
};

struct CommittedConfiguration {
  Index index = 0;
  uint64_t content = 0;
  Electorate electorate;
  friend bool operator==(const CommittedConfiguration&, const CommittedConfiguration&) = default;
};

// The newest commit, and the nodes whose acknowledgements made it.
struct LatestCommit {
  Index index = 0;
  Term commit_term = 0;
  NodeMask quorum = 0;
  friend bool operator==(const LatestCommit&, const LatestCommit&) = default;
};

class History {
 public:
  // The slot of `id`, a new one at its first mention. Cost: O(nodes).
  Slot SlotOf(NodeId id);
  NodeId IdOf(Slot slot) const { return ids_[slot]; }
  size_t slots() const { return ids_.size(); }
  Electorate ElectorateOf(const Configuration& configuration);

  // The record of `term`, or null / a new one. References hold until the next new record. Cost: O(1) for the newest.
  const TermRecord* Find(Term term) const;
  TermRecord& Record(Term term);

  // A vote of `voter` is durable. False: it has given another one in that term; then `*other` is for whom.
  bool AddVote(Term term, Slot voter, NodeId candidate, NodeId* other);
  // The nodes whose durable vote in `term` was for `candidate`.
  NodeMask VotersFor(Term term, NodeId candidate) const;

  Index committed_index() const { return commits_.empty() ? 0 : commits_.back().last; }
  // Terms of the committed entry at `index`. Requires: 0 < index <= committed_index().
  const CommitRun& CommitAt(Index index) const;
  // The last index that was committed in a term below `term`; 0 if none was.
  Index LastCommittedBefore(Term term) const;
  // Indexes up to `last` are committed now, with entries of `term`. Requires: last > committed_index().
  void AddCommit(Index last, Term term, Term commit_term);

  LatestCommit& latest_commit() { return latest_commit_; }
  const LatestCommit& latest_commit() const { return latest_commit_; }

  // Committed configurations, ascending by index.
  std::vector<CommittedConfiguration>& configurations() { return configurations_; }
  const std::vector<CommittedConfiguration>& configurations() const { return configurations_; }
  // The committed configuration in effect at `index`; null if none is known.
  const CommittedConfiguration* ConfigurationAt(Index index) const;

  // The largest term that had a leader.
  Term newest_leader_term() const { return newest_leader_term_; }
  void AddLeader(TermRecord& record, NodeId leader);

  friend bool operator==(const History&, const History&) = default;

 private:
  absl::InlinedVector<NodeId, 8> ids_;
  std::vector<TermRecord> terms_;  // Ascending.
  std::vector<CommitRun> commits_;
  LatestCommit latest_commit_;
  std::vector<CommittedConfiguration> configurations_;
  Term newest_leader_term_ = 0;
};

// One word for what an entry holds, as far as the core knows it; `configuration` is null for other kinds.
uint64_t ContentOf(const EntryMeta& entry, const Configuration* configuration);
uint64_t ContentOf(const Configuration& configuration);

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_HISTORY_H_
