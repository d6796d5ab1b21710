// Step laws: what one step of one node may change. Cheap, and they fail at the first wrong step. Crashes and restarts
// are no steps of the node.
#include <algorithm>

#include "spec/model/properties.h"

namespace lockstep::model {
namespace {

bool Runs(const StepView& s) { return s.before.up && s.after.up; }
bool LeadsOn(const StepView& s) {
  return Runs(s) && s.before.node.role == Role::kLeader && s.after.node.role == Role::kLeader &&
         s.before.node.current_term == s.after.node.current_term;
}
// Whether the node commits by counting in this step: a leader that steps down for a later term does not.
bool CountsOn(const StepView& s) {
  return Runs(s) && s.before.node.role == Role::kLeader && s.before.node.current_term == s.after.node.current_term;
}
bool IsNew(const StepView& s, MessageKind kind, const Message& m) { return s.before.up && m.kind == kind; }

// Whether `after` begins with all of `before` up to `last`, compaction aside.
bool KeepsUpTo(const Log& before, const Log& after, Index last) {
  if (after.last_index() < last) return false;
  for (Index k = before.base_index() + 1; k <= last; ++k) {
    if (!Holds(after, k, before.At(k))) return false;
  }
  return true;
}

// A leader never takes away or overwrites its entries. [Raft Fig. 3]
bool LeaderAppendOnly(const StepView& s) {
  return !LeadsOn(s) || KeepsUpTo(s.before.node.log, s.after.node.log, s.before.node.log.last_index());
}

bool TermMonotonicProp(const StepView& s) {
  const Term kept = Runs(s) ? s.before.node.current_term : s.before.disk.term;
  return s.after.node.current_term >= kept && s.after.disk.term >= s.before.disk.term;
}

// Who sees a later term leads no more.
bool StepDownOnHigherTermProp(const StepView& s) {
  return s.after.node.current_term == s.before.node.current_term || s.after.node.role == Role::kFollower ||
         s.after.node.role == Role::kCandidate;
}

// A TimeoutNow of a later term makes a follower, which then campaigns: two transitions in one step.
bool RoleTransitionsProp(const StepView& s) {
  const bool stepped_down = s.received != nullptr && s.received->kind == MessageKind::kTimeoutNow &&
                            s.received->term > s.before.node.current_term;
  const Role from = stepped_down ? Role::kFollower : s.before.node.role;
  const Role to = s.after.node.role;
  if (from == to || to == Role::kFollower || !Runs(s)) return true;
  if (to == Role::kLeader) return from == Role::kCandidate;
  return from != Role::kLeader;
}

// A vote changes only with the term, or from none.
bool VoteStableProp(const StepView& s) {
  const Node& was = s.before.node;
  const Node& is = s.after.node;
  return !Runs(s) || is.current_term != was.current_term || was.voted_for == kNoNode || is.voted_for == was.voted_for;
}

// A vote for another is for a log that is at least as up-to-date. [Raft §5.4.1]
bool VoteOnlyUpToDateProp(const StepView& s) {
  const Node& was = s.before.node;
  const Node& is = s.after.node;
  if (!Runs(s) || is.voted_for == kNoNode || is.voted_for == is.id) return true;
  if (is.current_term == was.current_term && is.voted_for == was.voted_for) return true;
  return s.received != nullptr && s.received->kind == MessageKind::kRequestVote && !s.received->pre_vote &&
         s.received->source == is.voted_for && was.log.IsUpToDate(s.received->position);
}

// Entries go only where a leader of the present term, not this node, has others, and never committed ones.
bool PermittedLogChangesProp(const StepView& s) {
  if (!Runs(s)) return true;
  const Log& was = s.before.node.log;
  const Log& is = s.after.node.log;
  if (!KeepsUpTo(was, is, s.before.node.commit_index)) return false;
  if (KeepsUpTo(was, is, was.last_index())) return true;
  if (s.after.node.role != Role::kFollower) return false;
  if (s.received == nullptr) return s.before.node.Installing();
  if (s.received->kind != MessageKind::kAppendEntries || s.received->term != s.after.node.current_term) return false;
  for (Index k = s.received->position.index + 1; k <= s.received->last_index() && k <= was.last_index(); ++k) {
    if (k > was.base_index() && was.At(k).term != s.received->entries[k - s.received->position.index - 1].term)
      return true;
  }
  return false;
}

bool CommitMonotonicProp(const StepView& s) {
  return !Runs(s) || s.after.node.commit_index >= s.before.node.commit_index;
}

// A leader commits by counting only entries of its own term. [Raft §5.4.2, Figure 8]
bool CommitOnlyCurrentTermProp(const StepView& s) {
  const Node& is = s.after.node;
  if (!CountsOn(s) || is.commit_index == s.before.node.commit_index) return true;
  return is.log.TermAt(is.commit_index) == s.before.node.current_term;
}

// A follower commits no more than its leader told it to, of what it knows to agree.
bool FollowerCommitBoundProp(const StepView& s) {
  const Index commit = s.after.node.commit_index;
  if (!Runs(s) || CountsOn(s) || commit <= s.before.node.commit_index) return true;
  if (s.received == nullptr) {
    return s.before.node.incoming.has_value() && commit == s.before.node.incoming->snapshot.position.index;
  }
  switch (s.received->kind) {
    case MessageKind::kAppendEntries:
      return commit <= std::min(s.received->commit_index, s.received->last_index());
    case MessageKind::kHeartbeat:
      return commit <= s.received->commit_index;
    case MessageKind::kInstallSnapshot:
      return commit <= s.received->position.index;
    default:
      return false;
  }
}

bool ApplyOnceInOrderProp(const StepView& s) {
  return !Runs(s) || s.after.node.applied_index >= s.before.node.applied_index;
}

// A leader sends what is in its log.
bool LeaderSendsItsLogProp(const StepView& s) {
  const Node& is = s.after.node;
  return std::all_of(s.sent.begin(), s.sent.end(), [&](const Message& m) {
    if (!IsNew(s, MessageKind::kAppendEntries, m)) return true;
    if (m.position.index < is.log.base_index() || !is.log.Matches(m.position)) return false;
    for (Index k = m.position.index + 1; k <= m.last_index(); ++k) {
      if (k > is.log.last_index() || !(is.log.At(k) == m.entries[k - m.position.index - 1])) return false;
    }
    return m.commit_index <= is.commit_index;
  });
}

bool SnapshotOnlyWhenNeededProp(const StepView& s) {
  return std::all_of(s.sent.begin(), s.sent.end(), [&](const Message& m) {
    if (!IsNew(s, MessageKind::kInstallSnapshot, m)) return true;
    return std::min(s.before.node.MatchIndex(m.dest), s.after.node.MatchIndex(m.dest)) < s.after.node.log.base_index();
  });
}

// A follower acknowledges no more than its leader has sent it.
bool AckOnlyWhatWasSentProp(const StepView& s) {
  return std::all_of(s.sent.begin(), s.sent.end(), [&](const Message& m) {
    if (!IsNew(s, MessageKind::kAppendEntriesReply, m) || !m.accepted || m.term != s.after.node.current_term)
      return true;
    return m.match_index <= s.after.node.verified_index;
  });
}

// Within a term a leader's match indexes do not fall.
bool MatchMonotonicProp(const StepView& s) {
  if (!LeadsOn(s)) return true;
  return std::all_of(s.after.node.peers.begin(), s.after.node.peers.end(),
                     [&s](const Peer& peer) { return peer.match_index >= s.before.node.MatchIndex(peer.id); });
}

// Only an acknowledgement changes them: a rejection says nothing about what was acknowledged.
bool NackHintSafeProp(const StepView& s) {
  if (!LeadsOn(s)) return true;
  return std::all_of(s.after.node.peers.begin(), s.after.node.peers.end(), [&s](const Peer& peer) {
    if (peer.match_index == s.before.node.MatchIndex(peer.id)) return true;
    const Message* m = s.received;
    if (m == nullptr || m->source != peer.id || !m->accepted) return false;
    return peer.match_index == (m->kind == MessageKind::kAppendEntriesReply ? m->match_index : m->position.index);
  });
}

// Who becomes leader has the votes of a quorum of its configuration, its own from its disk.
bool ElectedByQuorumProp(const StepView& s) {
  const Node& was = s.before.node;
  const Node& is = s.after.node;
  if (is.role != Role::kLeader || was.role == Role::kLeader) return true;
  return HasQuorum(was.configuration(), [&](NodeId id) {
    if (id == is.id) return s.after.disk.term == is.current_term && s.after.disk.vote == is.id;
    const Message* m = s.received;
    return Contains(was.granted, id) ||
           (m != nullptr && m->kind == MessageKind::kRequestVoteReply && m->source == id && m->granted && !m->pre_vote);
  });
}

}  // namespace

std::vector<PropertyInfo> StepLaws() {
  return {
      {"LeaderAppendOnly", Form::kProp, true, nullptr, LeaderAppendOnly},
      {"TermMonotonicProp", Form::kProp, true, nullptr, TermMonotonicProp},
      {"StepDownOnHigherTermProp", Form::kProp, true, nullptr, StepDownOnHigherTermProp},
      {"RoleTransitionsProp", Form::kProp, true, nullptr, RoleTransitionsProp},
      {"VoteStableProp", Form::kProp, true, nullptr, VoteStableProp},
      {"VoteOnlyUpToDateProp", Form::kProp, true, nullptr, VoteOnlyUpToDateProp},
      {"PermittedLogChangesProp", Form::kProp, true, nullptr, PermittedLogChangesProp},
      {"CommitMonotonicProp", Form::kProp, true, nullptr, CommitMonotonicProp},
      {"CommitOnlyCurrentTermProp", Form::kProp, true, nullptr, CommitOnlyCurrentTermProp},
      {"FollowerCommitBoundProp", Form::kProp, true, nullptr, FollowerCommitBoundProp},
      {"ApplyOnceInOrderProp", Form::kProp, true, nullptr, ApplyOnceInOrderProp},
      {"LeaderSendsItsLogProp", Form::kProp, true, nullptr, LeaderSendsItsLogProp},
      {"SnapshotOnlyWhenNeededProp", Form::kProp, true, nullptr, SnapshotOnlyWhenNeededProp},
      {"AckOnlyWhatWasSentProp", Form::kProp, true, nullptr, AckOnlyWhatWasSentProp},
      {"MatchMonotonicProp", Form::kProp, true, nullptr, MatchMonotonicProp},
      {"NackHintSafeProp", Form::kProp, true, nullptr, NackHintSafeProp},
      {"ElectedByQuorumProp", Form::kProp, true, nullptr, ElectedByQuorumProp},
  };
}

}  // namespace lockstep::model
