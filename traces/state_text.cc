#include "traces/state_text.h"

#include "absl/strings/str_cat.h"

namespace lockstep::traces {
namespace {

std::string At(LogPosition position) { return absl::StrCat(position.index, ":", position.term); }

const char* ModeName(ProgressMode mode) {
  switch (mode) {
    case ProgressMode::kProbe:
      return "probe";
    case ProgressMode::kReplicate:
      return "replicate";
    case ProgressMode::kSnapshot:
      return "snapshot";
  }
  return "unknown";
}

// "log 4:2 | 5..9: 2 2 3 3 3": the base, then the terms. Of a long log only the end.
std::string LogLine(const Log& log) {
  constexpr Index kTermsMax = 40;
  std::string line = absl::StrCat("log ", At(log.base()), " | ");
  if (log.last_index() == log.base_index()) return line + "empty";
  const Index from =
      log.last_index() - log.base_index() > kTermsMax ? log.last_index() - kTermsMax + 1 : log.first_index();
  absl::StrAppend(&line, from == log.first_index() ? "" : "... ", from, "..", log.last_index(), ":");
  for (Index index = from; index <= log.last_index(); ++index) {
    const EntryMeta& entry = log.At(index);
    absl::StrAppend(&line, " ", entry.term);
    if (entry.kind == EntryKind::kConfiguration) line += "c";
  }
  return line;
}

std::string ConfigurationLine(const Log& log) {
  std::string line = "configuration";
  for (const ConfigurationEntry& entry : log.configurations()) {
    absl::StrAppend(&line, &entry == &log.configurations().front() ? " " : ", then ", ToString(entry.configuration),
                    " at ", entry.index);
  }
  return line;
}

std::string StorageLine(const Storage& storage) {
  std::string line =
      absl::StrCat("disk: log durable up to ", storage.durable_index, " of ", storage.issued_index, " issued, term ",
                   storage.durable_term, " with vote ", ToString(storage.durable_vote));
  if (storage.pending_vote_write != 0)
    absl::StrAppend(&line, ", vote write ", storage.pending_vote_write, " under way");
  for (const PendingLogWrite& write : storage.pending_log_writes) {
    absl::StrAppend(&line, ", write ", write.write_id, " up to ", write.last,
                    write.done ? " done early" : " under way");
  }
  if (storage.failing) line += ", FAILING";
  return line;
}

std::string PeerLine(const Peer& peer) {
  const Progress& progress = peer.progress;
  std::string line = absl::StrCat("  peer ", ToString(peer.id), " ", ModeName(progress.mode), " match ",
                                  progress.match_index, " next ", progress.next_index, " told commit ",
                                  progress.sent_commit_index, " answered round ", progress.acked_round);
  if (!progress.inflight.empty()) absl::StrAppend(&line, ", ", progress.inflight.size(), " in flight");
  if (progress.probe_sent) line += ", probe sent";
  if (progress.recently_active) line += ", active";
  if (progress.mode == ProgressMode::kSnapshot) {
    absl::StrAppend(&line, ", snapshot ", At(progress.snapshot.snapshot.last_included), " from byte ",
                    progress.snapshot.offset, progress.snapshot.waiting ? " sent" : "");
  }
  if (progress.loading_last != 0)
    absl::StrAppend(&line, ", loading ", progress.loading_first, "..", progress.loading_last);
  return line;
}

void AppendLeader(const LeaderState& leader, std::vector<std::string>& lines) {
  std::string line =
      absl::StrCat("leads since index ", leader.term_start_index, ", round ", leader.round, ", confirmed ",
                   leader.confirmed_round, ", ", leader.proposals.size(), " proposals and ", leader.reads.size(),
                   " reads open, ", leader.uncommitted_bytes, " bytes uncommitted");
  if (leader.lease_until_micros != 0) absl::StrAppend(&line, ", lease until ", leader.lease_until_micros);
  if (leader.lease_revoked) line += ", lease revoked";
  lines.push_back(line);
  for (const Peer& peer : leader.peers) lines.push_back(PeerLine(peer));
}

void AppendCandidate(const CandidateState& candidate, std::vector<std::string>& lines) {
  std::string line = candidate.leader_transfer ? "campaigns for a transfer, votes:" : "campaigns, votes:";
  for (const Vote& vote : candidate.votes) {
    absl::StrAppend(&line, " ", ToString(vote.voter), vote.granted ? " yes" : " no");
  }
  lines.push_back(line);
}

}  // namespace

std::vector<std::string> StateLines(const State& state) {
  std::vector<std::string> lines;
  std::string head = absl::StrCat(ToString(state.role), " term ", state.current_term, ", voted for ",
                                  ToString(state.voted_for), ", leader ", ToString(state.leader), ", commit ",
                                  state.commit_index, ", applied ", state.applied_index, " of ", state.apply_index);
  if (state.snapshot.last_included.index != 0) absl::StrAppend(&head, ", snapshot ", At(state.snapshot.last_included));
  if (state.halted) head += ", HALTED";
  if (state.vote_withheld) head += ", vote withheld";
  lines.push_back(head);
  lines.push_back(absl::StrCat(LogLine(state.log), "; ", ConfigurationLine(state.log)));
  lines.push_back(StorageLine(state.storage));
  if (state.role == Role::kLeader) {
    AppendLeader(state.leading, lines);
  } else if (state.role == Role::kFollower) {
    lines.push_back(absl::StrCat("verified up to ", state.following.verified_index, ", acknowledged ",
                                 state.following.acked_index, ", ", state.following.reads.size(), " reads sent on"));
  } else {
    AppendCandidate(state.candidacy, lines);
  }
  if (state.incoming) {
    lines.push_back(absl::StrCat("receives snapshot ", At(state.incoming->last_included), " from ",
                                 ToString(state.incoming->source), ": ", state.incoming->next_offset, " of ",
                                 state.incoming->total_bytes, " bytes",
                                 state.incoming->installing ? ", installing" : ""));
  }
  if (state.transfer) {
    lines.push_back(absl::StrCat("hands leadership over to ", ToString(state.transfer->target),
                                 state.transfer->timeout_now_sent ? ", TimeoutNow sent" : ""));
  }
  return lines;
}

}  // namespace lockstep::traces
