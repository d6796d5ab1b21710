// What disks must hold, and when. Disks are those that a crash is sure to leave.
#include <algorithm>

#include "spec/model/properties.h"

namespace lockstep::model {
namespace {

bool HoldsUpTo(const Log& log, const Log& of, Index last) {
  for (Index k = of.base_index() + 1; k <= last; ++k) {
    if (k > of.last_index() || !Holds(log, k, of.At(k))) return false;
  }
  return log.last_index() >= last;
}

// Every quorum of a node's configuration has, on one of its disks, all that the node takes for committed.
bool QuorumLogInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [&s](const Local* local) {
    const Node& n = local->node;
    if (n.configuration().voters.empty()) return true;
    return !HasQuorum(n.configuration(),
                      [&](NodeId id) { return !HoldsUpTo(s.at(id).disk.log, n.log, n.commit_index); });
  });
}

// The configurations that may govern index k: the last one committed up to it, and those that came after.
template <typename Use>
bool AnyGoverning(const StateView& s, Index k, const Use& use) {
  const auto& committed = s.history->committed;
  Configuration founding;
  for (uint32_t i = 1; i <= s.bounds->founders; ++i) founding.voters.push_back({i, 0});
  const Configuration* last = &founding;
  for (Index i = 1; i <= k; ++i) {
    if (committed[i - 1].entry.kind == EntryKind::kConfiguration) last = committed[i - 1].entry.configuration.get();
  }
  if (use(*last)) return true;
  for (const Local* local : s.locals) {
    for (Index i = std::max(k, local->node.log.base_index()) + 1; i <= local->node.log.last_index(); ++i) {
      const Entry& entry = local->node.log.At(i);
      if (entry.kind == EntryKind::kConfiguration && use(*entry.configuration)) return true;
    }
    const Snapshot& base = local->node.log.base();
    if (base.position.index > k && use(*base.configuration)) return true;
  }
  return false;
}

// What is committed is on the disks of a quorum, of the configuration that governs it or of one that came after.
bool CommittedReplicatedInv(const StateView& s) {
  for (Index k = 1; k <= s.history->committed_index(); ++k) {
    const Entry& entry = s.history->committed[k - 1].entry;
    const auto holds = [&](NodeId id) {
      const Log& log = s.at(id).disk.log;
      return log.last_index() >= k && Holds(log, k, entry);
    };
    if (!AnyGoverning(s, k, [&](const Configuration& c) { return HasQuorum(c, holds); })) return false;
  }
  return true;
}

// What a leader takes for acknowledged is on the peer's disk, unless that has moved on to a later term.
bool MatchSoundInv(const StateView& s) {
  for (const Local* local : s.locals) {
    if (local->node.role != Role::kLeader) continue;
    for (const Peer& peer : local->node.peers) {
      const Local& other = s.at(peer.id);
      if (other.disk.term > local->node.current_term) continue;
      if (!HoldsUpTo(other.disk.log, local->node.log, peer.match_index)) return false;
    }
  }
  return true;
}

// What a node takes for durable is on its disk.
bool DurableIndexSoundInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [](const Local* local) {
    return local->disk.term >= local->node.durable_term &&
           HoldsUpTo(local->disk.log, local->node.log, local->node.durable_index);
  });
}

bool IsVoteReply(const Message& m) { return m.kind == MessageKind::kRequestVoteReply && !m.pre_vote && m.granted; }

// In one term a node votes once: of two grants, and of what its disk says, none contradicts the other.
bool VoteOncePerTermInv(const StateView& s) {
  for (size_t a = 0; a < s.messages.size(); ++a) {
    const Message& m = *s.messages[a];
    if (!IsVoteReply(m)) continue;
    const Disk& disk = s.at(m.source).disk;
    if (disk.term == m.election_term && disk.vote != m.dest) return false;
    for (size_t b = a + 1; b < s.messages.size(); ++b) {
      const Message& o = *s.messages[b];
      if (IsVoteReply(o) && o.source == m.source && o.election_term == m.election_term && o.dest != m.dest)
        return false;
    }
  }
  return true;
}

// ---- Steps: whatever leaves a node in a step ----

template <typename Law>
bool AllSent(const StepView& s, const Law& law) {
  return std::all_of(s.sent.begin(), s.sent.end(), law);
}

bool VoteDurableBeforeReplyProp(const StepView& s) {
  return AllSent(s, [&s](const Message& m) {
    const Disk& disk = s.after.disk;
    return !IsVoteReply(m) || disk.term > m.election_term || (disk.term == m.election_term && disk.vote == m.dest);
  });
}

bool TermDurableBeforeReplyProp(const StepView& s) {
  return AllSent(s, [&s](const Message& m) { return m.term <= s.after.disk.term; });
}

// Whatever a crash leaves, no entry is of a later term than the stored one.
bool TermDurableBeforeEntryProp(const StepView& s) {
  const std::vector<Disk> disks = SurvivingDisks(s.after);
  return std::all_of(disks.begin(), disks.end(), [](const Disk& disk) {
    return disk.log.last_term() <= disk.term && disk.snapshot.position.term <= disk.term;
  });
}

bool EntryDurableBeforeAckProp(const StepView& s) {
  return AllSent(s, [&s](const Message& m) {
    return m.kind != MessageKind::kAppendEntriesReply || !m.accepted || m.match_index <= s.after.disk.log.last_index();
  });
}

bool SnapshotDurableBeforeAckProp(const StepView& s) {
  return AllSent(s, [&s](const Message& m) {
    return m.kind != MessageKind::kInstallSnapshotReply || !m.accepted ||
           m.position.index <= s.after.disk.log.last_index();
  });
}

// Durability is never lost here, so nothing may look as if it were.
bool HaltOnlyOnLossProp(const StepView& s) { return !s.after.node.halted; }

// A leader commits only what the disks of a quorum hold.
bool CommittedByQuorumProp(const StateView& before, const StateView& after, size_t node) {
  const Node& was = before.locals[node]->node;
  const Node& is = after.locals[node]->node;
  if (was.role != Role::kLeader || is.current_term != was.current_term || is.commit_index <= was.commit_index) {
    return true;
  }
  return HasQuorum(was.configuration(),
                   [&](NodeId id) { return HoldsUpTo(after.at(id).disk.log, is.log, is.commit_index); });
}

// A read is answered with no less than was committed when it began. [Thesis §6.4]
bool ReadFreshness(const StateView& s) {
  return std::all_of(s.history->begun.begin(), s.history->begun.end(),
                     [](const BegunRead& read) { return !read.answered || read.index >= read.committed; });
}

}  // namespace

std::vector<PropertyInfo> DurabilityProperties() {
  return {
      {"QuorumLogInv", Form::kInv, true, QuorumLogInv},
      {"CommittedReplicatedInv", Form::kInv, true, CommittedReplicatedInv},
      {"MatchSoundInv", Form::kInv, true, MatchSoundInv},
      {"DurableIndexSoundInv", Form::kInv, true, DurableIndexSoundInv},
      {"VoteOncePerTermInv", Form::kInv, true, VoteOncePerTermInv},
      {"VoteDurableBeforeReplyProp", Form::kProp, true, nullptr, VoteDurableBeforeReplyProp},
      {"TermDurableBeforeReplyProp", Form::kProp, true, nullptr, TermDurableBeforeReplyProp},
      {"TermDurableBeforeEntryProp", Form::kProp, true, nullptr, TermDurableBeforeEntryProp},
      {"EntryDurableBeforeAckProp", Form::kProp, true, nullptr, EntryDurableBeforeAckProp},
      {"SnapshotDurableBeforeAckProp", Form::kProp, true, nullptr, SnapshotDurableBeforeAckProp},
      {"HaltOnlyOnLossProp", Form::kProp, true, nullptr, HaltOnlyOnLossProp},
      {"CommittedByQuorumProp", Form::kProp, true, nullptr, nullptr, CommittedByQuorumProp},
      {"ReadFreshness", Form::kInv, true, ReadFreshness},
  };
}

}  // namespace lockstep::model
