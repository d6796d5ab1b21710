#include "spec/properties/paper.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::spec {
namespace {

std::string Text(Index index, Term term) { return absl::StrCat(index, ":", term); }

std::string Text(const History& history, NodeMask nodes) {
  std::string text;
  for (Slot slot = 0; slot < history.slots(); ++slot) {
    if ((nodes & MaskOf(slot)) != 0) absl::StrAppend(&text, text.empty() ? "" : " ", ToString(history.IdOf(slot)));
  }
  return absl::StrCat("(", text, ")");
}

// A quorum was claimed from `nodes` and is none. Had it been one if every vote counted?
bool CountsOthers(const Electorate& electorate, NodeMask nodes) {
  return (nodes & ~electorate.voters()) != 0 && 2 * std::popcount(nodes) > std::popcount(electorate.voters());
}

const Configuration* ConfigurationOfEntry(const Log& log, Index index) {
  const auto& configurations = log.configurations();
  for (size_t at = configurations.size(); at > 0 && configurations[at - 1].index >= index; --at) {
    if (configurations[at - 1].index == index) return &configurations[at - 1].configuration;
  }
  return nullptr;
}

size_t LeadersAlive(const Watch& watch) {
  size_t leaders = 0;
  for (const NodeShadow& node : watch.nodes) leaders += node.alive && node.role == Role::kLeader ? 1 : 0;
  return leaders;
}

// The votes that a new leader counts: those its candidacy had, the one that came now, its own if it is durable.
NodeMask CountedVotes(const StepView& view) {
  const Term term = view.state.current_term;
  NodeMask counted = view.before.role == Role::kCandidate && view.before.term == term ? view.before.granted : 0;
  if (const auto* reply = view.body<RequestVoteReply>();
      reply != nullptr && reply->granted && !reply->pre_vote && reply->election_term == term) {
    counted |= MaskOf(view.watch.history.SlotOf(view.message->source));
  }
  if (view.before.disk.vote() == DurableVote{term, view.state.id}) counted |= MaskOf(view.slot);
  return counted;
}

bool CheckElectingQuorum(StepView& view) {
  const History& history = view.watch.history;
  const Electorate& electorate = view.before.electorate;
  const NodeMask counted = CountedVotes(view);
  if (!electorate.IsQuorum(counted)) {
    const Property property =
        CountsOthers(electorate, counted) ? Property::kLearnerNeverCountedProp : Property::kElectedByQuorumProp;
    return view.Fail(property, absl::StrCat("leads term ", view.state.current_term, " with the votes of ",
                                            Text(history, counted), ", voters are ", Text(history, electorate.incoming),
                                            " ", Text(history, electorate.outgoing)));
  }
  const NodeMask durable = history.VotersFor(view.state.current_term, view.state.id);
  if (!electorate.IsQuorum(counted & durable)) {
    return view.Fail(Property::kElectedByQuorumProp,
                     absl::StrCat("leads term ", view.state.current_term, " with the votes of ", Text(history, counted),
                                  ", but only ", Text(history, durable), " have a durable vote for it in that term"));
  }
  const LatestCommit& commit = history.latest_commit();
  if (commit.commit_term < view.state.current_term && commit.quorum != 0 && (commit.quorum & counted) == 0) {
    return view.Fail(Property::kConfigurationSafety,
                     absl::StrCat("elected in term ", view.state.current_term, " by ", Text(history, counted),
                                  "; index ", commit.index, " was committed in term ", commit.commit_term, " by ",
                                  Text(history, commit.quorum), ": no node is in both"));
  }
  return true;
}

// The expectations of one entry that is new in a log, against the record of its term.
struct EntryCheck {
  Watch& watch;
  const State& state;
  uint64_t step;
  bool adopt;  // Entries that nobody was seen to create are taken as given.

  bool operator()(Index index, Term previous_term) const {
    const EntryMeta& entry = state.log.At(index);
    if (entry.term < previous_term) {
      return Fail(Property::kMonoLogInv,
                  absl::StrCat("entry ", Text(index, entry.term), " follows term ", previous_term));
    }
    const Configuration* configuration =
        entry.kind == EntryKind::kConfiguration ? ConfigurationOfEntry(state.log, index) : nullptr;
    const uint64_t content = ContentOf(entry, configuration);
    TermRecord& record = watch.history.Record(entry.term);
    if (record.contents.empty() || index > record.last()) return Create(record, index, previous_term, content);
    if (index < record.first || record.contents[index - record.first] != content) {
      return Fail(Property::kLogMatching, absl::StrCat("entry ", Text(index, entry.term),
                                                       " is another one than elsewhere in that place and term",
                                                       " (that term's entries begin at ", record.first, ")"));
    }
    const Term expected = index == record.first ? record.previous_term : entry.term;
    if (previous_term != expected) {
      return Fail(Property::kLogMatching, absl::StrCat("entry ", Text(index, entry.term), " follows term ",
                                                       previous_term, " here and term ", expected, " elsewhere"));
    }
    return true;
  }

 private:
  bool Create(TermRecord& record, Index index, Term previous_term, uint64_t content) const {
    const bool leads = state.role == Role::kLeader && state.current_term == record.term && record.leader == state.id;
    const bool follows = record.contents.empty() || (index == record.last() + 1 && previous_term == record.term);
    if ((!leads && !adopt) || !follows) {
      return Fail(Property::kLeaderTermIndexInv,
                  absl::StrCat("entry ", Text(index, record.term), " is here, but the leader of that term, ",
                               ToString(record.leader), ", never had it"));
    }
    if (record.contents.empty()) {
      record.first = index;
      record.previous_term = previous_term;
    }
    record.contents.push_back(content);
    return true;
  }
  bool Fail(Property property, std::string evidence) const {
    return watch.Fail(property, state.id, step, std::move(evidence));
  }
};

// The nodes that have acknowledged `index` to the leader of this step, itself included if its disk has it. A commit may
// have ended the leadership or taken peers away within the step, so what it knew before counts, and what it learned
// now.
NodeMask Acknowledged(const StepView& view, Index index) {
  History& history = view.watch.history;
  NodeMask nodes = view.state.storage.durable_index >= index ? MaskOf(view.slot) : 0;
  for (const Peer& peer : view.state.leading.peers) {
    if (peer.progress.match_index >= index) nodes |= MaskOf(history.SlotOf(peer.id));
  }
  for (const PeerShadow& peer : view.before.peers) {
    if (peer.match_index >= index) nodes |= MaskOf(history.SlotOf(peer.id));
  }
  const auto* reply = view.body<AppendEntriesReply>();
  const auto* installed = view.body<InstallSnapshotReply>();
  const bool current = view.message != nullptr && view.message->term == view.state.current_term;
  if (current && ((reply != nullptr && reply->accepted && reply->match_index >= index) ||
                  (installed != nullptr && installed->installed && installed->last_included.index >= index))) {
    nodes |= MaskOf(history.SlotOf(view.message->source));
  }
  return nodes;
}

NodeMask Holders(const Watch& watch, NodeMask voters, LogPosition position) {
  NodeMask holders = 0;
  for (Slot slot = 0; slot < watch.history.slots(); ++slot) {
    if ((voters & MaskOf(slot)) == 0) continue;
    const NodeShadow* node = watch.Shadow(slot);
    if (node != nullptr && node->disk.Holds(position)) holders |= MaskOf(slot);
  }
  return holders;
}

bool CheckQuorumUnder(StepView& view, const Electorate& electorate, LogPosition commit, NodeMask acknowledged) {
  const History& history = view.watch.history;
  if (!electorate.IsQuorum(acknowledged)) {
    const Property property =
        CountsOthers(electorate, acknowledged) ? Property::kLearnerNeverCountedProp : Property::kCommittedByQuorumProp;
    return view.Fail(
        property,
        absl::StrCat("committed ", Text(commit.index, commit.term), " acknowledged by ", Text(history, acknowledged),
                     ", voters are ", Text(history, electorate.incoming), " ", Text(history, electorate.outgoing)));
  }
  const NodeMask holders = Holders(view.watch, electorate.voters(), commit);
  if (electorate.IsQuorum(holders)) return true;
  return view.Fail(
      Property::kQuorumLogInv,
      absl::StrCat("committed ", Text(commit.index, commit.term), ", which is on the disks of ", Text(history, holders),
                   " only; voters are ", Text(history, electorate.incoming), " ", Text(history, electorate.outgoing)));
}

// A commit may let the leader leave its joint configuration within the step, and what is acknowledged may then suffice
// for more under the next one.
bool CheckCommitQuorum(StepView& view, LogPosition commit, NodeMask acknowledged) {
  const Electorate& electorate = view.before.electorate;
  const ConfigurationEntry& next = view.state.log.configuration();
  const bool moved_on = next.index > view.log.old_last && electorate.outgoing != 0;
  if (!moved_on || electorate.IsQuorum(acknowledged)) return CheckQuorumUnder(view, electorate, commit, acknowledged);
  const Index left = view.before.configuration_index;
  const LogPosition joint{left, view.before.log.TermAt(left)};
  return CheckQuorumUnder(view, electorate, joint, Acknowledged(view, left)) &&
         CheckQuorumUnder(view, view.watch.history.ElectorateOf(next.configuration), commit, acknowledged);
}

void RecordConfigurations(StepView& view, Index from, Index to) {
  History& history = view.watch.history;
  const auto& configurations = view.state.log.configurations();
  size_t at = configurations.size();
  while (at > 0 && configurations[at - 1].index > from) --at;
  for (; at < configurations.size() && configurations[at].index <= to; ++at) {
    const Electorate electorate = history.ElectorateOf(configurations[at].configuration);
    if (!history.configurations().empty()) {
      const Electorate& previous = history.configurations().back().electorate;
      if ((previous.learners & electorate.incoming) != 0) view.Reach(Goal::kLearnerPromoted);
      if ((previous.voters() & electorate.learners) != 0) view.Reach(Goal::kVoterDemoted);
    }
    history.configurations().push_back(
        {configurations[at].index, ContentOf(configurations[at].configuration), electorate});
  }
}

// An index that nobody had committed yet.
bool CheckFirstCommit(StepView& view, LogPosition commit) {
  History& history = view.watch.history;
  const Term term = view.state.current_term;
  const NodeMask acknowledged = Acknowledged(view, commit.index);
  if (!CheckCommitQuorum(view, commit, acknowledged)) return false;
  for (const NodeShadow& other : view.watch.nodes) {
    if (!other.alive || other.role != Role::kLeader || other.term <= term) continue;
    if (commit.index < other.log.base().index || other.log.TermAt(commit.index) == commit.term) continue;
    return view.Fail(Property::kLeaderCompleteness,
                     absl::StrCat("committed ", Text(commit.index, commit.term), " in term ", term, "; node ",
                                  ToString(other.id), ", leader of term ", other.term, ", does not have it"));
  }
  const Index from = history.committed_index();
  for (Index index = from + 1; index <= commit.index;) {
    const Index end = std::min(view.before.log.EndOfRun(index), commit.index);
    const Term entry_term = view.before.log.TermAt(index);
    if (entry_term < term) view.Reach(Goal::kOldTermCommittedIndirectly);
    history.AddCommit(end, entry_term, term);
    index = end + 1;
  }
  history.latest_commit() = {commit.index, term, acknowledged & view.before.electorate.voters()};
  RecordConfigurations(view, from, commit.index);
  if (LeadersAlive(view.watch) >= 2) view.Reach(Goal::kCommitWithTwoLeaders);
  return true;
}

}  // namespace

LogChange FindLogChange(const NodeShadow& before, const State& state) {
  const TermRuns& old = before.log;
  const Log& log = state.log;
  LogChange change;
  change.old_last = change.kept = old.last_index();
  if (log.last_index() == old.last_index() && log.last_term() == old.last_term() && log.base() == old.base()) {
    return change;
  }
  change.any = true;
  const LogPosition base = log.base();
  if (base.index < old.base().index || old.TermAt(base.index) != base.term) {
    change.replaced = true;
    change.kept = base.index;
    change.lost_term = old.TermAt(base.index + 1);
    return change;
  }
  change.kept = std::min(old.last_index(), log.last_index());
  while (change.kept > base.index && old.TermAt(change.kept) != log.At(change.kept).term) --change.kept;
  if (change.kept < old.last_index()) change.lost_term = old.TermAt(change.kept + 1);
  return change;
}

bool CheckElection(StepView& view) {
  if (!view.became_leader()) return true;
  History& history = view.watch.history;
  const Term term = view.state.current_term;
  TermRecord& record = history.Record(term);
  if (record.leader != kNoNode && record.leader != view.state.id) {
    return view.Fail(Property::kElectionSafety,
                     absl::StrCat("leads term ", term, ", which node ", ToString(record.leader), " led before"));
  }
  if (!record.contents.empty()) {
    return view.Fail(Property::kCandidateTermNotInLogInv,
                     absl::StrCat("begins to lead term ", term, ", but entries ", record.first, "..", record.last(),
                                  " of that term exist already"));
  }
  if (!CheckElectingQuorum(view)) return false;
  const Index committed = history.LastCommittedBefore(term);
  const TermRuns& log = view.before.log;
  if (committed > log.base().index && log.TermAt(committed) != history.CommitAt(committed).term) {
    return view.Fail(Property::kLeaderCompleteness,
                     absl::StrCat("leads term ", term, " without ", Text(committed, history.CommitAt(committed).term),
                                  ", committed in term ", history.CommitAt(committed).commit_term, "; its log ends at ",
                                  Text(log.last_index(), log.last_term())));
  }
  history.AddLeader(history.Record(term), view.state.id);
  if (LeadersAlive(view.watch) >= 1) view.Reach(Goal::kTwoLeadersAlive);
  if (view.before.electorate.outgoing != 0) view.Reach(Goal::kLeaderChangeInJointConfiguration);
  if ((view.watch.founders & MaskOf(view.slot)) == 0) view.Reach(Goal::kNewMemberBecomesLeader);
  return true;
}

bool CheckNewEntries(StepView& view) {
  if (!view.log.any) return true;
  const Log& log = view.state.log;
  const History& history = view.watch.history;
  TermRuns& runs = view.before.log;
  if (view.log.replaced) {
    const LogPosition base = log.base();
    if (base.index > history.committed_index() || history.CommitAt(base.index).term != base.term) {
      return view.Fail(Property::kStateMachineSafety,
                       absl::StrCat("log begins after ", Text(base.index, base.term), ", which was never committed"));
    }
    runs.Reset(base);
  } else if (view.log.truncated()) {
    runs.TruncateAfter(view.log.kept);
  }
  const EntryCheck check{view.watch, view.state, view.step, /*adopt=*/false};
  for (Index index = view.log.kept + 1; index <= log.last_index(); ++index) {
    if (!check(index, runs.last_term())) return false;
    runs.Append(log.At(index).term, index);
  }
  if (log.base_index() > runs.base().index) runs.CompactTo(log.base_index());
  return true;
}

bool ScanOneEntry(StepView& view) {
  const Log& log = view.state.log;
  Index& scan = view.before.scan;
  scan = scan < log.first_index() || scan >= log.last_index() ? log.first_index() : scan + 1;
  if (scan > log.last_index()) return true;
  const EntryMeta& entry = log.At(scan);
  const TermRecord* record = view.watch.history.Find(entry.term);
  const Configuration* configuration =
      entry.kind == EntryKind::kConfiguration ? ConfigurationOfEntry(log, scan) : nullptr;
  if (record == nullptr || scan < record->first || scan > record->last() ||
      view.before.log.TermAt(scan) != entry.term ||
      record->contents[scan - record->first] != ContentOf(entry, configuration)) {
    return view.Fail(Property::kLogMatching,
                     absl::StrCat("entry ", Text(scan, entry.term), " is not the one that was appended there"));
  }
  return true;
}

bool CheckCommit(StepView& view) {
  const Index index = view.state.commit_index;
  if (index <= view.before.commit_index) return true;
  History& history = view.watch.history;
  const LogPosition commit{index, view.before.log.TermAt(index)};
  if (commit.term == kNoTerm) {
    return view.Fail(Property::kCommitWithinLogInv,
                     absl::StrCat("commit index ", index, ", but the log ends at ", view.before.log.last_index()));
  }
  const bool leader = view.before.role == Role::kLeader && view.before.term == view.state.current_term;
  if (leader && commit.term != view.state.current_term) {
    return view.Fail(Property::kCommitOnlyCurrentTermProp,
                     absl::StrCat("leader of term ", view.state.current_term, " committed by reaching ",
                                  Text(commit.index, commit.term)));
  }
  if (index <= history.committed_index()) {
    if (history.CommitAt(index).term == commit.term) return true;
    return view.Fail(
        Property::kStateMachineSafety,
        absl::StrCat("committed ", Text(commit.index, commit.term), ", but ", Text(index, history.CommitAt(index).term),
                     " was committed there in term ", history.CommitAt(index).commit_term));
  }
  if (!leader) {
    return view.Fail(
        Property::kStateMachineSafety,
        absl::StrCat("commit index ", index, ", but no leader has committed beyond ", history.committed_index()));
  }
  return CheckFirstCommit(view, commit);
}

bool CheckStartLog(Watch& watch, NodeShadow& node, const State& state, uint64_t step, bool first_start) {
  const Log& log = state.log;
  const EntryCheck check{watch, state, step, /*adopt=*/first_start};
  node.log.Reset(log.base());
  for (Index index = log.first_index(); index <= log.last_index(); ++index) {
    if (!check(index, node.log.last_term())) return false;
    node.log.Append(log.At(index).term, index);
  }
  const LogPosition snapshot = state.snapshot.last_included;
  History& history = watch.history;
  if (snapshot.index == 0) return true;
  if (first_start && snapshot.index > history.committed_index()) {
    history.AddCommit(snapshot.index, snapshot.term, snapshot.term);
  }
  if (snapshot.index <= history.committed_index() && history.CommitAt(snapshot.index).term == snapshot.term)
    return true;
  return watch.Fail(Property::kStateMachineSafety, state.id, step,
                    absl::StrCat("starts from a snapshot up to ", Text(snapshot.index, snapshot.term),
                                 ", which was never committed"));
}

}  // namespace lockstep::spec
