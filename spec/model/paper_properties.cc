// The paper's properties, those that follow from them, and those that do not.
#include <algorithm>

#include "spec/model/properties.h"

namespace lockstep::model {
namespace {

// At most one leader in each term, over the whole history. [Raft Fig. 3]
bool ElectionSafety(const StateView& s) {
  const auto& leaders = s.history->leaders;
  for (size_t i = 1; i < leaders.size(); ++i) {
    if (leaders[i].term == leaders[i - 1].term) return false;
  }
  return true;
}

bool SamePrefix(const Log& a, const Log& b, Index last) {
  for (Index k = std::max(a.base_index(), b.base_index()) + 1; k <= last; ++k) {
    if (!(a.At(k) == b.At(k))) return false;
  }
  return true;
}

// Logs that have an entry of one term at one index agree up to there. [Raft Fig. 3]
bool LogMatching(const StateView& s) {
  for (size_t i = 0; i < s.locals.size(); ++i) {
    for (size_t j = i + 1; j < s.locals.size(); ++j) {
      const Log& a = s.locals[i]->node.log;
      const Log& b = s.locals[j]->node.log;
      const Index low = std::max(a.base_index(), b.base_index());
      for (Index k = std::min(a.last_index(), b.last_index()); k > low; --k) {
        if (a.At(k).term != b.At(k).term) continue;
        if (!SamePrefix(a, b, k)) return false;
        break;
      }
    }
  }
  return true;
}

// A leader has every entry that was committed in an earlier term than its own. [Raft Fig. 3]
bool LeaderCompleteness(const StateView& s) {
  for (const Local* local : s.locals) {
    if (local->node.role != Role::kLeader) continue;
    for (Index k = 1; k <= s.history->committed_index(); ++k) {
      const CommittedEntry& committed = s.history->committed[k - 1];
      if (committed.term < local->node.current_term && !Holds(local->node.log, k, committed.entry)) return false;
    }
  }
  return true;
}

// What a node takes for committed is. [Raft Fig. 3]
bool StateMachineSafety(const StateView& s) {
  for (const Local* local : s.locals) {
    if (local->node.commit_index > s.history->committed_index()) return false;
    for (Index k = 1; k <= local->node.commit_index; ++k) {
      if (!Holds(local->node.log, k, s.history->committed[k - 1].entry)) return false;
    }
  }
  return true;
}

// The leader of the newest term has all that is committed.
bool NewestLeaderHasAllInv(const StateView& s) {
  Term newest = 0;
  for (const Local* local : s.locals) newest = std::max(newest, local->node.current_term);
  for (const Local* local : s.locals) {
    if (local->node.role != Role::kLeader || local->node.current_term != newest) continue;
    for (Index k = 1; k <= s.history->committed_index(); ++k) {
      if (!Holds(local->node.log, k, s.history->committed[k - 1].entry)) return false;
    }
  }
  return true;
}

Index LastOfTerm(const Log& log, Term term) {
  for (Index k = log.last_index(); k > log.base_index(); --k) {
    if (log.At(k).term == term) return k;
  }
  return 0;
}

// Nobody has more entries of a leader's term than that leader.
bool LeaderTermIndexInv(const StateView& s) {
  for (const Local* local : s.locals) {
    if (local->node.role != Role::kLeader) continue;
    const Term term = local->node.current_term;
    for (const Local* other : s.locals) {
      if (LastOfTerm(other->node.log, term) > std::max(LastOfTerm(local->node.log, term), local->node.log.base_index()))
        return false;
    }
  }
  return true;
}

// While a candidate can still win, there is no entry of its term. (Under one configuration.)
bool CandidateTermNotInLogInv(const StateView& s) {
  for (const Local* local : s.locals) {
    const Node& n = local->node;
    if (n.role != Role::kCandidate) continue;
    const auto votes = [&](NodeId id) {
      return s.at(id).node.current_term == n.current_term && s.at(id).node.voted_for == n.id;
    };
    bool same = true;
    bool has = false;
    for (const Local* other : s.locals) {
      same = same && other->node.configuration() == n.configuration();
      has = has || LastOfTerm(other->node.log, n.current_term) != 0;
    }
    if (same && has && HasQuorum(n.configuration(), votes)) return false;
  }
  return true;
}

// Terms in a log do not fall, and none is later than the node's.
bool MonoLogInv(const StateView& s) {
  for (const Local* local : s.locals) {
    Term term = local->node.log.base().position.term;
    for (const Entry& entry : local->node.log.entries()) {
      if (entry.term < term) return false;
      term = entry.term;
    }
    if (term > local->node.current_term) return false;
  }
  return true;
}

// No message speaks of a term that its sender could fall below.
bool MessageTermBoundInv(const StateView& s) {
  return std::all_of(s.messages.begin(), s.messages.end(),
                     [&s](const Message* m) { return m->term <= s.at(m->source).disk.term; });
}

bool LeaderVotesForItselfInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [](const Local* local) {
    return local->node.role != Role::kLeader || (local->node.voted_for == local->node.id && local->node.VoteDurable());
  });
}

bool CommitWithinLogInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [](const Local* local) {
    const Node& n = local->node;
    return n.log.base_index() <= n.snapshot.position.index && n.snapshot.position.index <= n.applied_index &&
           n.applied_index <= std::min(n.commit_index, n.durable_index) && n.commit_index <= n.log.last_index() &&
           n.durable_index <= n.issued_index && n.issued_index <= n.log.last_index();
  });
}

// What a role does not use is at its default.
bool StateWellFormedInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [](const Local* local) {
    const Node& n = local->node;
    const bool candidate = n.role == Role::kCandidate || n.role == Role::kPreCandidate;
    if (!candidate && (!n.granted.empty() || !n.refused.empty())) return false;
    if (candidate && n.leader != kNoNode) return false;
    if (n.role != Role::kFollower && (n.verified_index != 0 || n.acked_index != 0 || !n.forwarded.empty()))
      return false;
    if (n.role == Role::kLeader) return n.leader == n.id && !n.incoming.has_value() && !n.vote_withheld;
    return n.term_start == 0 && n.peers.empty() && n.round == 0 && n.confirmed_round == 0 && n.reads.empty();
  });
}

// ---- Not true ----

// As LeaderCompleteness, by the entry's own term: an entry of an old term is committed in a later one, and a stale
// leader in between lacks it.
bool LeaderCompletenessByEntryTermInv(const StateView& s) {
  for (const Local* local : s.locals) {
    if (local->node.role != Role::kLeader) continue;
    for (Index k = 1; k <= s.history->committed_index(); ++k) {
      const Entry& entry = s.history->committed[k - 1].entry;
      if (entry.term < local->node.current_term && !Holds(local->node.log, k, entry)) return false;
    }
  }
  return true;
}

// Whoever has this node's vote has what this node takes for committed: it may learn of a commit after voting.
bool VotesGrantedInv(const StateView& s) {
  for (const Local* local : s.locals) {
    if (local->node.voted_for == kNoNode) continue;
    const Log& chosen = s.at(local->node.voted_for).node.log;
    for (Index k = local->node.log.base_index() + 1; k <= local->node.commit_index; ++k) {
      if (!Holds(chosen, k, local->node.log.At(k))) return false;
    }
  }
  return true;
}

// Where a log differs from a committed entry, its entry is of an earlier term: true of Paxos, not of Raft.
bool CommittedEntriesTermsInv(const StateView& s) {
  for (const Local* local : s.locals) {
    for (Index k = local->node.log.base_index() + 1; k <= local->node.commit_index; ++k) {
      const Term term = local->node.log.At(k).term;
      for (const Local* other : s.locals) {
        if (k <= other->node.log.base_index() || k > other->node.log.last_index()) continue;
        if (other->node.log.At(k).term > term) return false;
      }
    }
  }
  return true;
}

// A leader's own disk has what it commits: not if it writes while it replicates. [Thesis §10.2.1]
bool CommittedIsDurableInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [](const Local* local) {
    return local->node.role != Role::kLeader || local->node.commit_index <= local->node.durable_index;
  });
}

}  // namespace

std::vector<PropertyInfo> PaperProperties() {
  return {
      {"ElectionSafety", Form::kInv, true, ElectionSafety},
      {"LogMatching", Form::kInv, true, LogMatching},
      {"LeaderCompleteness", Form::kInv, true, LeaderCompleteness},
      {"StateMachineSafety", Form::kInv, true, StateMachineSafety},
      {"NewestLeaderHasAllInv", Form::kInv, true, NewestLeaderHasAllInv},
      {"LeaderTermIndexInv", Form::kInv, true, LeaderTermIndexInv},
      {"CandidateTermNotInLogInv", Form::kInv, true, CandidateTermNotInLogInv},
      {"MonoLogInv", Form::kInv, true, MonoLogInv},
      {"MessageTermBoundInv", Form::kInv, true, MessageTermBoundInv},
      {"LeaderVotesForItselfInv", Form::kInv, true, LeaderVotesForItselfInv},
      {"CommitWithinLogInv", Form::kInv, true, CommitWithinLogInv},
      {"StateWellFormedInv", Form::kInv, true, StateWellFormedInv},
  };
}

std::vector<PropertyInfo> FalseProperties() {
  return {
      {"LeaderCompletenessByEntryTermInv", Form::kInv, false, LeaderCompletenessByEntryTermInv},
      {"VotesGrantedInv", Form::kInv, false, VotesGrantedInv},
      {"CommittedEntriesTermsInv", Form::kInv, false, CommittedEntriesTermsInv},
      {"CommittedIsDurableInv", Form::kInv, false, CommittedIsDurableInv},
  };
}

}  // namespace lockstep::model
