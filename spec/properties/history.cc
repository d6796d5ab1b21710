#include "spec/properties/history.h"

#include <algorithm>

#include "core/check.h"

namespace lockstep::spec {
namespace {

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

uint64_t Mix(uint64_t hash, const NodeSet& set) {
  hash = Mix(hash, set.size());
  for (NodeId id : set) hash = Mix(hash, (uint64_t{id.number} << 32) | id.incarnation);
  return hash;
}

}  // namespace

Slot History::SlotOf(NodeId id) {
  for (Slot slot = 0; slot < ids_.size(); ++slot) {
    if (ids_[slot] == id) return slot;
  }
  LOCKSTEP_CHECK(ids_.size() < 64);
  ids_.push_back(id);
  return static_cast<Slot>(ids_.size() - 1);
}

Electorate History::ElectorateOf(const Configuration& configuration) {
  Electorate electorate;
  for (NodeId id : configuration.voters) electorate.incoming |= MaskOf(SlotOf(id));
  for (NodeId id : configuration.outgoing_voters) electorate.outgoing |= MaskOf(SlotOf(id));
  for (NodeId id : configuration.learners) electorate.learners |= MaskOf(SlotOf(id));
  return electorate;
}

const TermRecord* History::Find(Term term) const {
  if (terms_.empty() || term > terms_.back().term) return nullptr;
  if (term == terms_.back().term) return &terms_.back();
  const auto at = std::lower_bound(terms_.begin(), terms_.end(), term,
                                   [](const TermRecord& record, Term wanted) { return record.term < wanted; });
  return at->term == term ? &*at : nullptr;
}

TermRecord& History::Record(Term term) {
  if (!terms_.empty() && terms_.back().term == term) return terms_.back();
  auto at = std::lower_bound(terms_.begin(), terms_.end(), term,
                             [](const TermRecord& record, Term wanted) { return record.term < wanted; });
  if (at == terms_.end() || at->term != term) {
    at = terms_.emplace(at);
    at->term = term;
  }
  return *at;
}

bool History::AddVote(Term term, Slot voter, NodeId candidate, NodeId* other) {
  TermRecord& record = Record(term);
  Ballot* ballot = nullptr;
  for (Ballot& each : record.ballots) {
    if (each.candidate == candidate) {
      ballot = &each;
    } else if ((each.voters & MaskOf(voter)) != 0) {
      *other = each.candidate;
      return false;
    }
  }
  if (ballot == nullptr) {
    record.ballots.push_back({candidate, 0});
    ballot = &record.ballots.back();
  }
  ballot->voters |= MaskOf(voter);
  return true;
}

NodeMask History::VotersFor(Term term, NodeId candidate) const {
  const TermRecord* record = Find(term);
  if (record == nullptr) return 0;
  for (const Ballot& ballot : record->ballots) {
    if (ballot.candidate == candidate) return ballot.voters;
  }
  return 0;
}

const CommitRun& History::CommitAt(Index index) const {
  LOCKSTEP_CHECK(0 < index && index <= committed_index());
  size_t at = commits_.size() - 1;
  if (at == 0 || commits_[at - 1].last < index) return commits_[at];
  return *std::lower_bound(commits_.begin(), commits_.end(), index,
                           [](const CommitRun& run, Index wanted) { return run.last < wanted; });
}

Index History::LastCommittedBefore(Term term) const {
  for (size_t at = commits_.size(); at > 0; --at) {
    if (commits_[at - 1].commit_term < term) return commits_[at - 1].last;
  }
  return 0;
}

void History::AddCommit(Index last, Term term, Term commit_term) {
  if (!commits_.empty() && commits_.back().term == term && commits_.back().commit_term == commit_term) {
    commits_.back().last = last;
  } else {
    commits_.push_back({last, term, commit_term});
  }
}

const CommittedConfiguration* History::ConfigurationAt(Index index) const {
  for (size_t at = configurations_.size(); at > 0; --at) {
    if (configurations_[at - 1].index <= index) return &configurations_[at - 1];
  }
  return nullptr;
}

void History::AddLeader(TermRecord& record, NodeId leader) {
  record.leader = leader;
  newest_leader_term_ = std::max(newest_leader_term_, record.term);
}

uint64_t ContentOf(const Configuration& configuration) {
  uint64_t hash = 0x243f6a8885a308d3u;
  hash = Mix(hash, configuration.voters);
  hash = Mix(hash, configuration.outgoing_voters);
  hash = Mix(hash, configuration.learners);
  hash = Mix(hash, configuration.learners_next);
  return Mix(hash, configuration.auto_leave ? 1 : 0);
}

uint64_t ContentOf(const EntryMeta& entry, const Configuration* configuration) {
  const uint64_t content = (uint64_t{entry.bytes} << 8) | static_cast<uint64_t>(entry.kind);
  return configuration == nullptr ? content : Mix(content, ContentOf(*configuration));
}

}  // namespace lockstep::spec
