#include "spec/properties/membership.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::spec {
namespace {

// The content that the configuration entry at `index` must have; nothing for the one below all entries.
std::optional<uint64_t> ContentAt(const History& history, const Log& log, Index index) {
  if (index <= log.base_index()) {
    const CommittedConfiguration* committed = history.ConfigurationAt(log.base_index());
    if (committed == nullptr) return std::nullopt;
    return committed->content;
  }
  const TermRecord* record = history.Find(log.At(index).term);
  if (record == nullptr || index < record->first || index > record->last()) return std::nullopt;
  return record->contents[index - record->first];
}

// The index of the last configuration entry, found in the entries themselves. Cost: O(entries).
Index LastConfigurationEntry(const Log& log, Index otherwise) {
  for (Index i = log.last_index(); i > log.base_index(); --i) {
    if (log.At(i).kind == EntryKind::kConfiguration) return i;
  }
  return otherwise;
}

bool CheckFromLog(StepView& view, Index expected_index) {
  const State& state = view.state;
  const ConfigurationEntry& found = state.log.configuration();
  // Who joined later may not have been told what the founders began with: until its first configuration entry it has
  // none.
  const bool founder = (view.watch.founders & MaskOf(view.slot)) != 0;
  const bool untold = found.index == 0 && !founder && found.configuration == Configuration();
  const std::optional<uint64_t> content = untold ? std::nullopt : ContentAt(view.watch.history, state.log, found.index);
  uint64_t found_content = ContentOf(found.configuration);
  if (found.index > state.log.base_index() && found.index <= state.log.last_index()) {
    found_content = ContentOf(state.log.At(found.index), &found.configuration);
  }
  if (found.index == expected_index && (!content.has_value() || content == found_content)) return true;
  return view.Fail(Property::kConfigurationFromLogInv,
                   absl::StrCat("configuration ", ToString(found.configuration), " of index ", found.index,
                                " is in effect; the log's last one is at ", expected_index,
                                found.index == expected_index ? " and another" : ""));
}

// Whether `next` is a permitted successor of `last`, so that their quorums meet.
bool Follows(const Electorate& last, const Electorate& next) {
  if (last.outgoing != 0) return next.outgoing == 0 && next.incoming == last.incoming;
  if (next.outgoing != 0) return next.outgoing == last.incoming;
  return std::popcount(last.incoming ^ next.incoming) <= 1;
}

// A leader appended the configuration at `at` of its stack.
bool CheckAppended(StepView& view, size_t at, const Electorate& last, const Electorate& next) {
  const State& state = view.state;
  const auto& configurations = state.log.configurations();
  const Index index = configurations[at].index;
  if (configurations[at - 1].index > state.commit_index) {
    return view.Fail(
        Property::kOneChangeAtATimeInv,
        absl::StrCat("appended a configuration at ", index, " while that of ", configurations[at - 1].index,
                     " is not committed (commit index ", state.commit_index, ")"));
  }
  const TermRecord* record = view.watch.history.Find(state.current_term);
  if (record == nullptr || record->first > state.commit_index) {
    return view.Fail(Property::kCurrentTermCommitBeforeChangeProp,
                     absl::StrCat("appended a configuration at ", index, " in term ", state.current_term,
                                  ", of which no entry is committed (commit index ", state.commit_index, ")"));
  }
  if (!Follows(last, next)) {
    return view.Fail(Property::kConfigurationSafety,
                     absl::StrCat(ToString(configurations[at].configuration), " does not follow from ",
                                  ToString(configurations[at - 1].configuration)));
  }
  return true;
}

bool CheckAppendedConfigurations(StepView& view) {
  const auto& configurations = view.state.log.configurations();
  History& history = view.watch.history;
  size_t at = configurations.size();
  while (at > 1 && configurations[at - 1].index > view.log.kept) --at;
  for (; at < configurations.size(); ++at) {
    if (at == 0 || configurations[at].index <= view.log.kept) continue;
    const Electorate last = history.ElectorateOf(configurations[at - 1].configuration);
    if (!CheckAppended(view, at, last, history.ElectorateOf(configurations[at].configuration))) return false;
  }
  return true;
}

// Whether the node is a voter of a configuration that a later, uncommitted one has replaced.
bool WasVoter(const State& state) {
  const auto& configurations = state.log.configurations();
  size_t at = configurations.size() - 1;
  while (at > 0 && configurations[at].index > state.commit_index) {
    if (configurations[--at].configuration.IsVoter(state.id)) return true;
  }
  return false;
}

bool CheckSnapshotConfiguration(StepView& view) {
  const Snapshot& snapshot = view.state.snapshot;
  if (snapshot.last_included == view.before.snapshot) return true;
  const CommittedConfiguration* committed = view.watch.history.ConfigurationAt(snapshot.last_included.index);
  if (committed == nullptr || committed->content == ContentOf(snapshot.configuration.configuration)) return true;
  return view.Fail(Property::kConfigurationFromLogInv,
                   absl::StrCat("snapshot up to ", snapshot.last_included.index, " has configuration ",
                                ToString(snapshot.configuration.configuration), "; committed then was that of index ",
                                committed->index));
}

}  // namespace

bool CheckConfiguration(StepView& view) {
  const State& state = view.state;
  NodeShadow& before = view.before;
  if (!CheckSnapshotConfiguration(view)) return false;
  const Index in_effect = state.log.configuration().index;
  if (!view.log.any) {
    if (in_effect == before.configuration_index) return true;
    return CheckFromLog(view, before.configuration_index);
  }
  // The last one kept, then those among the new entries.
  Index expected = before.configuration_index;
  const bool lost = view.log.replaced || expected > view.log.kept;
  if (lost && !view.log.replaced) view.Reach(Goal::kConfigurationRolledBack);
  bool appended = false;
  for (Index i = view.log.kept + 1; i <= state.log.last_index(); ++i) {
    if (state.log.At(i).kind == EntryKind::kConfiguration) {
      expected = i;
      appended = true;
    }
  }
  if (!lost && !appended && in_effect == expected) return true;
  if (lost && !appended) {
    expected = LastConfigurationEntry(state.log, state.log.configurations().front().index);
  }
  if (!CheckFromLog(view, expected)) return false;
  if (appended && view.state.role == Role::kLeader && !CheckAppendedConfigurations(view)) return false;
  before.configuration_index = in_effect;
  before.electorate = view.watch.history.ElectorateOf(state.configuration());
  return true;
}

bool CheckMembers(StepView& view) {
  const State& state = view.state;
  NodeShadow& before = view.before;
  const Electorate& electorate = before.electorate;
  const bool voter = (electorate.voters() & MaskOf(view.slot)) != 0;
  if (state.role == Role::kLeader) {
    if (!voter && before.configuration_index <= state.commit_index) {
      return view.Fail(Property::kRemovedLeaderStepsDownProp,
                       absl::StrCat("leads term ", state.current_term, " though configuration ",
                                    ToString(state.configuration()), ", committed, does not have it as a voter"));
    }
    const uint64_t known = view.became_leader() ? 0 : before.confirmed_round;
    before.confirmed_round = state.leading.confirmed_round;
    if (state.leading.confirmed_round <= known) return true;
    NodeMask answered = MaskOf(view.slot);
    for (const Peer& peer : state.leading.peers) {
      if (peer.progress.acked_round >= state.leading.confirmed_round) {
        answered |= MaskOf(view.watch.history.SlotOf(peer.id));
      }
    }
    if (electorate.IsQuorum(answered)) return true;
    return view.Fail(Property::kLearnerNeverCountedProp,
                     absl::StrCat("round ", state.leading.confirmed_round, " counts as confirmed in configuration ",
                                  ToString(state.configuration()), " without a quorum of its voters"));
  }
  if (state.role != before.role && state.role != Role::kFollower && !voter && !WasVoter(state)) {
    return view.Fail(Property::kOnlyVotersCampaignProp,
                     absl::StrCat("became a ", ToString(state.role), " of term ", state.current_term,
                                  " under configuration ", ToString(state.configuration())));
  }
  if (before.role == Role::kLeader && !voter) view.Reach(Goal::kRemovedLeaderStepsDown);
  return true;
}

bool CheckStartConfiguration(Watch& watch, NodeShadow& node, const State& state, uint64_t step, bool first_start) {
  History& history = watch.history;
  const ConfigurationEntry& in_effect = state.log.configuration();
  node.configuration_index = in_effect.index;
  node.electorate = history.ElectorateOf(in_effect.configuration);
  const bool empty = node.electorate.voters() == 0 && node.electorate.learners == 0;
  if (first_start && history.configurations().empty() && !empty) {
    const ConfigurationEntry& base = state.log.configurations().front();
    const Electorate founders = history.ElectorateOf(base.configuration);
    history.configurations().push_back({base.index, ContentOf(base.configuration), founders});
    watch.founders = founders.voters() | founders.learners;
  }
  const Index expected = LastConfigurationEntry(state.log, state.log.configurations().front().index);
  const std::optional<uint64_t> content = ContentAt(history, state.log, in_effect.index);
  uint64_t found = ContentOf(in_effect.configuration);
  if (in_effect.index > state.log.base_index()) {
    found = ContentOf(state.log.At(in_effect.index), &in_effect.configuration);
  }
  if (in_effect.index == expected && (empty || !content.has_value() || content == found)) return true;
  return watch.Fail(Property::kConfigurationFromLogInv, state.id, step,
                    absl::StrCat("starts with configuration ", ToString(in_effect.configuration), " of index ",
                                 in_effect.index, "; the log's last one is at ", expected));
}

}  // namespace lockstep::spec
