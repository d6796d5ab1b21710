#include "spec/properties/durability.h"

#include "absl/strings/str_cat.h"

namespace lockstep::spec {
namespace {

std::string Text(Index index, Term term) { return absl::StrCat(index, ":", term); }

bool CheckVotePromise(StepView& view, const effect::Send& send, NodeId candidate, Term term) {
  const DurableVote vote = view.before.disk.VoteAfter(send.after);
  if (vote.term > term || vote == DurableVote{term, candidate}) return true;
  return view.Fail(
      Property::kVoteDurableBeforeReplyProp,
      absl::StrCat("speaks of its vote for ", ToString(candidate), " in term ", term, " after write ", send.after,
                   ", when its disk has term ", vote.term, " vote ", ToString(vote.voted_for)));
}

// Whether a later effect of the step takes the last of these entries away again.
bool TruncatedLater(const StepView& view, const effect::AppendLog& append) {
  for (const Effect& effect : view.effects) {
    const auto* truncate = std::get_if<effect::TruncateLog>(&effect);
    if (truncate != nullptr && truncate->write_id > append.write_id && truncate->last < append.last()) return true;
  }
  return false;
}

// The position up to which a message promises durability; index 0 if it does not.
LogPosition PromisedLog(const State& state, const Message& message) {
  const auto* reply = std::get_if<AppendEntriesReply>(&message.body);
  if (reply == nullptr || !reply->accepted) return {};
  return {reply->match_index, state.log.TermAt(reply->match_index).value_or(kNoTerm)};
}

}  // namespace

bool CompleteWrite(Watch& watch, Slot slot, WriteId id, uint64_t step) {
  NodeShadow& node = watch.nodes[slot];
  const std::optional<LogPosition> end = node.disk.EndOf(id);
  if (end.has_value() && node.log.TermAt(end->index) != end->term) watch.goals.Reach(Goal::kAbaCompletionIgnored);
  for (const DurableVote& vote : node.disk.Complete(id)) {
    NodeId other;
    if (vote.voted_for == kNoNode || watch.history.AddVote(vote.term, slot, vote.voted_for, &other)) continue;
    return watch.Fail(Property::kVoteOncePerTermInv, node.id, step,
                      absl::StrCat("has a durable vote for ", ToString(vote.voted_for), " in term ", vote.term,
                                   " and had one for ", ToString(other)));
  }
  return true;
}

bool TakeCompletions(StepView& view) {
  DiskModel& disk = view.before.disk;
  if (const auto* done = view.event<input::WriteDone>()) {
    return CompleteWrite(view.watch, view.slot, done->write_id, view.step);
  }
  if (const auto* failed = view.event<input::WriteFailed>()) {
    view.Reach(Goal::kWriteFailed);
    disk.Fail(failed->write_id);
    disk.NodeTold(failed->write_id);
  } else if (const auto* taken = view.event<input::SnapshotTaken>()) {
    const Term term = view.before.log.TermAt(taken->index);
    if (taken->ok && taken->index <= view.before.applied_index && term != kNoTerm) {
      disk.SnapshotTaken({taken->index, term});
    }
  } else if (const auto* installed = view.event<input::SnapshotInstalled>()) {
    if (!installed->ok) return true;
    const LogPosition last = installed->last_included;
    const bool kept = view.before.log.TermAt(last.index) == last.term;
    disk.SnapshotInstalled(last, /*drop_log=*/!kept);
  }
  return true;
}

bool CheckWrite(StepView& view, const Effect& effect) {
  DiskModel& disk = view.before.disk;
  const State& state = view.state;
  if (const auto* vote = std::get_if<effect::SaveVote>(&effect)) {
    disk.Ask(*vote);
    if (vote->term == state.current_term && vote->voted_for == state.voted_for) return true;
    if (vote->term < state.current_term || state.halted) return true;  // It went on within the step.
    return view.Fail(Property::kDiskMatchesState,
                     absl::StrCat("writes term ", vote->term, " vote ", ToString(vote->voted_for), " in term ",
                                  state.current_term, " with vote ", ToString(state.voted_for)));
  }
  if (const auto* append = std::get_if<effect::AppendLog>(&effect)) {
    disk.Ask(*append);
    const Index last = append->last();
    if (!append->entries.empty() && append->entries.back().term > disk.vote().term &&
        append->entries.back().term > disk.VoteAfter(append->write_id).term) {
      return view.Fail(Property::kTermDurableBeforeEntryProp,
                       absl::StrCat("writes entry ", Text(last, append->entries.back().term),
                                    " when its disk has term ", disk.VoteAfter(append->write_id).term));
    }
    if (!append->entries.empty() && last <= state.log.last_index() && append->first >= state.log.first_index() &&
        state.log.At(last) == append->entries.back() && state.log.At(append->first) == append->entries.front()) {
      return true;
    }
    if (TruncatedLater(view, *append)) return true;
    return view.Fail(Property::kDiskMatchesState,
                     absl::StrCat("writes entries ", append->first, "..", last, " that are not those of its log, ",
                                  state.log.first_index(), "..", state.log.last_index()));
  }
  if (const auto* truncate = std::get_if<effect::TruncateLog>(&effect)) {
    disk.Ask(*truncate);
  } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&effect)) {
    disk.Ask(*install);
  } else if (const auto* compact = std::get_if<effect::CompactLog>(&effect)) {
    disk.Compact(compact->last);
    if (compact->last.index > disk.snapshot().index) {
      return view.Fail(Property::kDiskMatchesState,
                       absl::StrCat("gives up entries up to ", compact->last.index, "; the durable snapshot ends at ",
                                    disk.snapshot().index));
    }
  }
  return true;
}

bool CheckPromise(StepView& view, const effect::Send& send) {
  const Message& message = send.message;
  const DiskModel& disk = view.before.disk;
  if (disk.Failed(send.after)) return true;  // It will never leave.
  if (disk.vote().term < message.term && disk.VoteAfter(send.after).term < message.term) {
    return view.Fail(Property::kTermDurableBeforeReplyProp,
                     absl::StrCat("speaks in term ", message.term, " after write ", send.after,
                                  ", when its disk has term ", disk.VoteAfter(send.after).term));
  }
  if (const auto* reply = std::get_if<RequestVoteReply>(&message.body)) {
    return !reply->granted || reply->pre_vote || CheckVotePromise(view, send, message.dest, reply->election_term);
  }
  if (const auto* request = std::get_if<RequestVote>(&message.body)) {
    return request->pre_vote || CheckVotePromise(view, send, message.source, request->election_term);
  }
  if (const LogPosition promised = PromisedLog(view.state, message);
      promised.index > 0 && !disk.HoldsAfter(send.after, promised)) {
    return view.Fail(
        Property::kEntryDurableBeforeAckProp,
        absl::StrCat("acknowledges ", Text(promised.index, promised.term), "; durable is ",
                     Text(disk.log().last_index(), disk.log().last_term()), ", snapshot ", disk.snapshot().index));
  }
  if (const auto* reply = std::get_if<InstallSnapshotReply>(&message.body); reply != nullptr && reply->installed) {
    if (disk.HoldsAfter(send.after, reply->last_included)) return true;
    return view.Fail(
        Property::kSnapshotDurableBeforeAckProp,
        absl::StrCat("acknowledges a snapshot up to ", Text(reply->last_included.index, reply->last_included.term),
                     "; durable are a snapshot up to ", disk.snapshot().index, " and a log up to ",
                     disk.log().last_index()));
  }
  return true;
}

bool CheckSent(Watch& watch, Slot source, const Message& message, uint64_t step) {
  const NodeShadow& node = watch.nodes[source];
  const DurableVote& vote = node.disk.vote();
  if (vote.term < message.term) {
    return watch.Fail(Property::kTermDurableBeforeReplyProp, node.id, step,
                      absl::StrCat("a message of term ", message.term, " left while its disk has term ", vote.term));
  }
  NodeId candidate;
  if (const auto* reply = std::get_if<RequestVoteReply>(&message.body)) {
    if (reply->granted && !reply->pre_vote) candidate = message.dest;
  } else if (const auto* request = std::get_if<RequestVote>(&message.body)) {
    if (!request->pre_vote) candidate = message.source;
  }
  if (candidate == kNoNode || (watch.history.VotersFor(message.term, candidate) & MaskOf(source)) != 0) return true;
  return watch.Fail(Property::kVoteDurableBeforeReplyProp, node.id, step,
                    absl::StrCat("its vote for ", ToString(candidate), " in term ", message.term,
                                 " left while its disk has term ", vote.term, " vote ", ToString(vote.voted_for)));
}

bool CheckChunk(StepView& view, const effect::StoreSnapshotChunk& chunk) {
  StoredChunks& chunks = view.before.chunks;
  const bool goes_on = chunk.last_included == chunks.last_included && chunk.total_bytes == chunks.total_bytes &&
                       chunk.offset == chunks.end;
  if (chunk.offset != 0 && !goes_on) {
    return view.Fail(
        Property::kSnapshotInOnePieceProp,
        absl::StrCat("stores bytes from ", chunk.offset, " of the snapshot at ",
                     Text(chunk.last_included.index, chunk.last_included.term), ", ", chunk.total_bytes,
                     " bytes; before it stored up to ", chunks.end, " of the one at ",
                     Text(chunks.last_included.index, chunks.last_included.term), ", ", chunks.total_bytes, " bytes"));
  }
  chunks = {chunk.last_included, chunk.offset + chunk.bytes, chunk.total_bytes};
  return true;
}

bool CheckInstall(StepView& view, const effect::InstallSnapshot& install) {
  const StoredChunks& chunks = view.before.chunks;
  if (install.last_included == chunks.last_included && chunks.end == chunks.total_bytes) return true;
  return view.Fail(
      Property::kSnapshotInOnePieceProp,
      absl::StrCat("installs the snapshot at ", Text(install.last_included.index, install.last_included.term),
                   "; stored are ", chunks.end, " of ", chunks.total_bytes, " bytes of the one at ",
                   Text(chunks.last_included.index, chunks.last_included.term)));
}

bool CheckDurableIndex(StepView& view) {
  const State& state = view.state;
  const DiskModel& disk = view.before.disk;
  const Index durable = state.storage.durable_index;
  if (!disk.Holds({durable, view.before.log.TermAt(durable)})) {
    return view.Fail(
        Property::kDurableIndexSoundInv,
        absl::StrCat("takes ", Text(durable, view.before.log.TermAt(durable)),
                     " for durable; its disk has the log up to ", Text(disk.log().last_index(), disk.log().last_term()),
                     ", where ", durable, " has term ", static_cast<int64_t>(disk.log().TermAt(durable))));
  }
  const DurableVote claimed{state.storage.durable_term, state.storage.durable_vote};
  const DurableVote& vote = disk.vote();
  if (claimed.term > vote.term ||
      (claimed.term == vote.term && claimed.voted_for != vote.voted_for && claimed.voted_for != kNoNode)) {
    return view.Fail(Property::kDurableIndexSoundInv,
                     absl::StrCat("takes term ", claimed.term, " vote ", ToString(claimed.voted_for),
                                  " for durable; its disk has term ", vote.term, " vote ", ToString(vote.voted_for)));
  }
  return true;
}

bool CheckMatch(StepView& view, NodeId id, Index match_index) {
  const NodeShadow* peer = view.watch.Shadow(view.watch.history.SlotOf(id));
  if (peer == nullptr) {
    return view.Fail(Property::kNoIdentityReuseProp,
                     absl::StrCat("match index ", match_index, " of node ", ToString(id), ", which never started"));
  }
  if (peer->term > view.state.current_term) return true;
  const LogPosition match{match_index, view.before.log.TermAt(match_index)};
  if (match.term != kNoTerm ? peer->disk.Holds(match) : match_index <= view.state.log.base_index()) return true;
  return view.Fail(
      Property::kMatchSoundInv,
      absl::StrCat("takes ", ToString(id), " to have ", Text(match.index, match.term), "; the log on its disk ends at ",
                   Text(peer->disk.log().last_index(), peer->disk.log().last_term())));
}

bool CheckHalt(StepView& view, const effect::Halt& halt) {
  view.Reach(Goal::kHalted);
  if (view.watch.disk_lost) return true;
  return view.Fail(Property::kHaltOnlyOnLossProp,
                   absl::StrCat("halted (reason ", static_cast<int>(halt.reason), ", shown by ", ToString(halt.peer),
                                ") with ", Text(halt.here.index, halt.here.term), " here and ",
                                Text(halt.there.index, halt.there.term), " there, though no durable data were lost"));
}

bool CheckStartDisk(Watch& watch, NodeShadow& node, const DiskView& disk, const State& state, uint64_t step) {
  std::string why;
  if (node.started && !node.any_disk && !node.disk.Allows(disk, &why)) {
    const bool empty = disk.term == 0 && disk.log.last_index() == 0 && disk.snapshot.last_included.index == 0;
    return watch.Fail(empty ? Property::kNoIdentityReuseProp : Property::kDiskMatchesState, state.id, step,
                      absl::StrCat(empty ? "came back with an empty disk under its old identity: " : "", why));
  }
  if (node.started && node.disk.pending_writes() > 0 && node.disk.log().last_index() == disk.log.last_index() &&
      node.disk.vote() == DurableVote{disk.term, disk.voted_for}) {
    watch.goals.Reach(Goal::kUnsyncedWritesLost);
  }
  const bool dropped = !disk.log.Matches(disk.snapshot.last_included);
  const bool same_log =
      dropped ? state.log.base() == disk.snapshot.last_included && state.log.last_index() == state.log.base_index()
              : state.log == disk.log;
  const Index begin = disk.snapshot.last_included.index;
  if (state.current_term == disk.term && state.voted_for == disk.voted_for && state.snapshot == disk.snapshot &&
      same_log && state.role == Role::kFollower && state.commit_index == begin && state.apply_index == begin &&
      state.applied_index == begin && state.storage.durable_index == state.log.last_index()) {
    return true;
  }
  return watch.Fail(Property::kDiskMatchesState, state.id, step,
                    absl::StrCat("starts in term ", state.current_term, " vote ", ToString(state.voted_for),
                                 " log up to ", state.log.last_index(), " commit index ", state.commit_index,
                                 " from a disk with term ", disk.term, " vote ", ToString(disk.voted_for),
                                 " log up to ", disk.log.last_index(), " snapshot up to ", begin));
}

}  // namespace lockstep::spec
