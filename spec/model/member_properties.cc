// Configurations: which one is in effect, how one follows another, that their quorums meet. [Raft §6, Thesis §4]
#include <algorithm>

#include "spec/model/properties.h"

namespace lockstep::model {
namespace {

// The configuration committed last, up to index k.
Configuration CommittedConfigurationAt(const StateView& s, Index k) {
  const auto& committed = s.history->committed;
  for (Index i = std::min(k, s.history->committed_index()); i > 0; --i) {
    if (committed[i - 1].entry.kind == EntryKind::kConfiguration) return *committed[i - 1].entry.configuration;
  }
  Configuration founding;
  for (uint32_t i = 1; i <= s.bounds->founders; ++i) founding.voters.push_back({i, 0});
  return founding;
}

// Where a log begins, its configuration is the one that was committed there.
bool ConfigurationFromLogInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [&s](const Local* local) {
    for (const Snapshot* at : {&local->node.log.base(), &local->node.snapshot}) {
      if (at->position.index == 0) continue;
      if (!(*at->configuration == CommittedConfigurationAt(s, at->position.index))) return false;
    }
    return true;
  });
}

// In no log does an uncommitted configuration stand on another.
bool OneChangeAtATimeInv(const StateView& s) {
  return std::all_of(s.locals.begin(), s.locals.end(), [&s](const Local* local) {
    size_t uncommitted = 0;
    const Log& log = local->node.log;
    for (Index k = log.base_index() + 1; k <= log.last_index(); ++k) {
      if (log.At(k).kind != EntryKind::kConfiguration) continue;
      const bool is_committed = k <= s.history->committed_index() && s.history->committed[k - 1].entry == log.At(k);
      uncommitted += is_committed ? 0 : 1;
    }
    return uncommitted <= 1;
  });
}

// Of any two nodes, there are no disjoint quorums that could elect the one and the other: whose members all would vote
// for it, each under the configuration of the node to be elected.
bool ConfigurationSafety(const StateView& s) {
  const size_t count = s.locals.size();
  const auto electable = [&](const Node& n, uint32_t voters) {
    return HasQuorum(n.configuration(), [&](NodeId id) {
      const bool is_in = (voters >> (id.number - 1) & 1) != 0;
      return is_in && s.at(id).node.log.IsUpToDate({n.log.last_index(), n.log.last_term()});
    });
  };
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = i + 1; j < count; ++j) {
      const Node& a = s.locals[i]->node;
      const Node& b = s.locals[j]->node;
      if (a.configuration() == b.configuration()) continue;  // Majorities of one set meet.
      if (a.configuration().voters.empty() || b.configuration().voters.empty()) continue;
      for (uint32_t voters = 0; voters < (1u << count); ++voters) {
        if (electable(a, voters) && electable(b, ~voters)) return false;
      }
    }
  }
  return true;
}

// ---- Steps ----

bool Leads(const Node& n) { return n.role == Role::kLeader; }

// A leader appends a configuration only when the one before, and an entry of its own term, are committed.
bool CurrentTermCommitBeforeChangeProp(const StepView& s) {
  const Node& is = s.after.node;
  if (!Leads(s.before.node) || is.current_term != s.before.node.current_term) return true;
  for (Index k = s.before.node.log.last_index() + 1; k <= is.log.last_index(); ++k) {
    if (is.log.At(k).kind != EntryKind::kConfiguration) continue;
    const Index previous = is.log.ConfigurationIndexAt(k - 1);
    if (previous > is.commit_index || s.before.node.term_start > is.commit_index) return false;
  }
  return true;
}

// A leader that a committed configuration leaves out leads no more.
bool RemovedLeaderStepsDownProp(const StepView& s) {
  const Node& is = s.after.node;
  if (!Leads(is) || is.commit_index == s.before.node.commit_index) return true;
  return is.log.configuration_index() > is.commit_index || is.configuration().IsVoter(is.id);
}

// Who begins a campaign is a voter, as far as it can know.
bool OnlyVotersCampaignProp(const StepView& s) {
  const auto campaigns = [](const Node& n) { return n.role == Role::kPreCandidate || n.role == Role::kCandidate; };
  const Node& was = s.before.node;
  if (campaigns(was) || !campaigns(s.after.node)) return true;
  for (Index k = was.log.last_index();; k = was.log.ConfigurationIndexAt(k) - 1) {
    if (was.log.ConfigurationAt(k)->IsVoter(was.id)) return true;
    if (was.log.ConfigurationIndexAt(k) <= std::max(was.commit_index, was.log.base_index())) return false;
  }
}

// A round is confirmed by voters alone, a majority of each half.
bool LearnerNeverCountedProp(const StepView& s) {
  const Node& is = s.after.node;
  if (!Leads(is) || is.confirmed_round <= s.before.node.confirmed_round) return true;
  return HasQuorum(is.configuration(), [&is](NodeId id) {
    const Peer* peer = is.FindPeer(id);
    return id == is.id || (peer != nullptr && peer->acked_round >= is.confirmed_round);
  });
}

}  // namespace

std::vector<PropertyInfo> MemberProperties() {
  return {
      {"ConfigurationFromLogInv", Form::kInv, true, ConfigurationFromLogInv},
      {"OneChangeAtATimeInv", Form::kInv, true, OneChangeAtATimeInv},
      {"ConfigurationSafety", Form::kInv, true, ConfigurationSafety},
      {"CurrentTermCommitBeforeChangeProp", Form::kProp, true, nullptr, CurrentTermCommitBeforeChangeProp},
      {"RemovedLeaderStepsDownProp", Form::kProp, true, nullptr, RemovedLeaderStepsDownProp},
      {"OnlyVotersCampaignProp", Form::kProp, true, nullptr, OnlyVotersCampaignProp},
      {"LearnerNeverCountedProp", Form::kProp, true, nullptr, LearnerNeverCountedProp},
  };
}

}  // namespace lockstep::model
