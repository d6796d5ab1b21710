#include "sim/explore/ghost.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstep::sim::explore {
namespace {

using spec::Property;

uint8_t Mask(const NodeSet& set, uint32_t nodes) {
  uint8_t mask = 0;
  for (NodeId id : set) {
    if (id.number <= nodes) mask |= static_cast<uint8_t>(1u << (id.number - 1));
  }
  return mask;
}

bool IsQuorum(const Configuration& configuration, uint8_t holders, uint32_t nodes) {
  const auto majority = [holders](uint8_t half) {
    return half == 0 || 2 * __builtin_popcount(half & holders) > __builtin_popcount(half);
  };
  return !configuration.voters.empty() && majority(Mask(configuration.voters, nodes)) &&
         majority(Mask(configuration.outgoing_voters, nodes));
}

// Whether `log` holds the committed entry at `index`; below a base, everything is taken to be there.
bool Holds(const Log& log, Index index, const CommittedEntry& entry) {
  if (index < log.base_index()) return true;
  return log.TermAt(index) == entry.term;
}

uint8_t DurableHolders(const Scene& scene, Index index, const CommittedEntry& entry) {
  uint8_t holders = 0;
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    if (Holds(scene.after[i]->disk.log, index, entry)) holders |= static_cast<uint8_t>(1u << i);
  }
  return holders;
}

std::optional<Broken> CheckVotes(const Scene& scene, Ghost& ghost) {
  for (const Message& message : *scene.sent) {
    uint8_t choice = kNobody;
    if (const auto* reply = std::get_if<RequestVoteReply>(&message.body); reply && reply->granted && !reply->pre_vote) {
      choice = static_cast<uint8_t>(message.dest.number - 1);
    } else if (const auto* request = std::get_if<RequestVote>(&message.body); request && !request->pre_vote) {
      choice = static_cast<uint8_t>(scene.actor);
    }
    if (choice == kNobody || message.term >= kTermsMax) continue;
    uint8_t& spoken = ghost.votes[message.term][scene.actor];
    if (spoken != kNobody && spoken != choice) {
      return Broken{spec::Name(Property::kVoteOncePerTermInv), absl::StrCat("node ", scene.actor + 1, " spoke for ", spoken + 1,
                                                                " and for ", choice + 1, " in term ", message.term)};
    }
    spoken = choice;
  }
  return std::nullopt;
}

std::optional<Broken> CheckLeader(const Scene& scene, Ghost& ghost) {
  const State& state = scene.after[scene.actor]->state;
  const State& before = scene.before[scene.actor]->state;
  if (state.role != Role::kLeader || state.current_term >= kTermsMax) return std::nullopt;
  if (before.role == Role::kLeader && before.current_term == state.current_term) return std::nullopt;
  uint8_t& leader = ghost.leaders[state.current_term];
  if (leader != kNobody && leader != scene.actor) {
    return Broken{spec::Name(Property::kElectionSafety),
                  absl::StrCat("nodes ", leader + 1, " and ", scene.actor + 1, " both lead term ", state.current_term)};
  }
  leader = static_cast<uint8_t>(scene.actor);
  uint8_t voters = 0;
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    const bool spoke = ghost.votes[state.current_term][i] == scene.actor || i == scene.actor;
    if (spoke) voters |= static_cast<uint8_t>(1u << i);
  }
  if (ghost.commit_quorum != 0 && ghost.commit_quorum_term < state.current_term &&
      (voters & ghost.commit_quorum) == 0) {
    return Broken{spec::Name(Property::kConfigurationSafety),
                  absl::StrCat("the quorum that elected node ", scene.actor + 1, " in term ", state.current_term,
                               " shares no node with the one that made the newest commit")};
  }
  for (Index i = 1; i <= ghost.committed.size(); ++i) {
    const CommittedEntry& entry = ghost.committed[i - 1];
    if (entry.commit_term < state.current_term && !Holds(state.log, i, entry)) {
      return Broken{spec::Name(Property::kLeaderCompleteness),
                    absl::StrCat("node ", scene.actor + 1, " leads term ", state.current_term, " without the entry at ",
                                 i, " that was committed in term ", entry.commit_term)};
    }
  }
  return std::nullopt;
}

std::optional<Broken> CheckCommit(const Scene& scene, Ghost& ghost) {
  const State& state = scene.after[scene.actor]->state;
  const State& before = scene.before[scene.actor]->state;
  if (state.commit_index <= before.commit_index && state.start == before.start) return std::nullopt;
  bool grew = false;
  for (Index i = state.log.first_index(); i <= state.commit_index; ++i) {
    const EntryMeta& entry = state.log.At(i);
    if (i <= ghost.committed.size()) {
      if (ghost.committed[i - 1].term == entry.term && ghost.committed[i - 1].kind == entry.kind) continue;
      return Broken{spec::Name(Property::kStateMachineSafety),
                    absl::StrCat("node ", scene.actor + 1, " commits an entry of term ", entry.term, " at ", i,
                                 ", where one of term ", ghost.committed[i - 1].term, " was committed")};
    }
    ghost.committed.push_back({entry.term, entry.kind, state.current_term});
    grew = true;
  }
  if (!grew) return std::nullopt;
  if (state.role == Role::kLeader && *state.log.TermAt(state.commit_index) != state.current_term) {
    return Broken{spec::Name(Property::kCommitOnlyCurrentTermProp),
                  absl::StrCat("leader ", scene.actor + 1, " of term ", state.current_term, " commits up to ",
                               state.commit_index, ", an entry of term ", *state.log.TermAt(state.commit_index))};
  }
  const CommittedEntry& last = ghost.committed.back();
  const uint8_t holders = DurableHolders(scene, ghost.committed.size(), last);
  ghost.commit_quorum = holders;
  ghost.commit_quorum_term = state.current_term;
  const Configuration& configuration = state.log.ConfigurationAt(state.log.last_index()).configuration;
  if (state.role == Role::kLeader && !IsQuorum(configuration, holders, scene.nodes)) {
    return Broken{spec::Name(Property::kQuorumLogInv),
                  absl::StrCat("the entry at ", ghost.committed.size(), " is committed, but no quorum has it on disk")};
  }
  return std::nullopt;
}

// What is committed stays on a quorum of disks, whatever a disk loses or takes back.
std::optional<Broken> CheckDisk(const Scene& scene, const Ghost& ghost) {
  const Log& disk = scene.after[scene.actor]->disk.log;
  const Log& before = scene.before[scene.actor]->disk.log;
  if (ghost.committed.empty() || (disk.last_index() >= before.last_index() && disk.last_term() == before.last_term())) {
    return std::nullopt;
  }
  const Index last = ghost.committed.size();
  if (Holds(disk, last, ghost.committed.back()) || !Holds(before, last, ghost.committed.back())) return std::nullopt;
  const uint8_t holders = DurableHolders(scene, last, ghost.committed.back());
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    if ((holders >> i & 1) == 0) continue;
    const Log& log = scene.after[i]->disk.log;
    if (IsQuorum(log.ConfigurationAt(std::max(last, log.base_index())).configuration, holders, scene.nodes)) {
      return std::nullopt;
    }
  }
  return Broken{spec::Name(Property::kCommittedReplicatedInv),
                absl::StrCat("node ", scene.actor + 1, " lost the committed entry at ", last,
                             " and no quorum has it on disk any more")};
}

std::optional<Broken> CheckLogs(const Scene& scene) {
  const Log& log = scene.after[scene.actor]->state.log;
  const Log& before = scene.before[scene.actor]->state.log;
  if (log.last_index() == before.last_index() && log.last_term() == before.last_term()) return std::nullopt;
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    if (i == scene.actor) continue;
    const Log& other = scene.after[i]->state.log;
    const Index floor = std::max(log.base_index(), other.base_index());
    Index common = std::min(log.last_index(), other.last_index());
    while (common > floor && log.TermAt(common) != other.TermAt(common)) --common;
    for (; common > floor; --common) {
      if (log.At(common) == other.At(common)) continue;
      return Broken{spec::Name(Property::kLogMatching), absl::StrCat("the logs of nodes ", scene.actor + 1, " and ", i + 1,
                                                         " agree above ", common, " but not there")};
    }
  }
  return std::nullopt;
}

std::optional<Broken> CheckReads(const Scene& scene, Ghost& ghost) {
  for (const Served& served : *scene.reads) {
    const auto open = std::find_if(ghost.reads.begin(), ghost.reads.end(),
                                   [&served](const OpenRead& read) { return read.request_id == served.request_id; });
    if (open == ghost.reads.end()) continue;
    const Index committed = open->committed;
    ghost.reads.erase(open);
    if (served.index >= committed) continue;
    return Broken{spec::Name(Property::kReadFreshness), absl::StrCat("node ", scene.actor + 1, " serves a read at ", served.index,
                                                         "; ", committed, " was committed before it began")};
  }
  return std::nullopt;
}

}  // namespace

Ghost::Ghost() {
  leaders.fill(kNobody);
  for (auto& term : votes) term.fill(kNobody);
}

Fingerprint FingerprintOf(const Ghost& ghost) {
  Fingerprinter f;
  for (uint8_t leader : ghost.leaders) f.Add(leader);
  for (const auto& term : ghost.votes) {
    for (uint8_t vote : term) f.Add(vote);
  }
  f.Add(ghost.committed.size());
  for (const CommittedEntry& entry : ghost.committed) {
    f.Add(entry.term);
    f.Add(static_cast<uint64_t>(entry.kind));
    f.Add(entry.commit_term);
  }
  f.Add(ghost.commit_quorum);
  f.Add(ghost.commit_quorum_term);
  for (const OpenRead& read : ghost.reads) {
    f.Add(read.request_id);
    f.Add(read.committed);
  }
  return f.Finish();
}

Ghost Renamed(const Ghost& ghost, const Permutation& permutation) {
  const auto slot = [&permutation](uint8_t s) { return s == kNobody ? kNobody : permutation[s]; };
  Ghost renamed = ghost;
  renamed.commit_quorum = 0;
  for (uint32_t i = 0; i < kNodesMax; ++i) {
    if (ghost.commit_quorum >> i & 1) renamed.commit_quorum |= static_cast<uint8_t>(1u << permutation[i]);
  }
  for (uint32_t term = 0; term < kTermsMax; ++term) {
    renamed.leaders[term] = slot(ghost.leaders[term]);
    for (uint32_t i = 0; i < kNodesMax; ++i) renamed.votes[term][permutation[i]] = slot(ghost.votes[term][i]);
  }
  return renamed;
}

namespace {

// Nobody will speak again in a term below every disk's: what was said there matters no more.
void ForgetPastTerms(const Scene& scene, Ghost& ghost) {
  Term oldest = kTermsMax;
  for (uint32_t i = 0; i < scene.nodes; ++i) oldest = std::min(oldest, scene.after[i]->disk.term);
  for (Term term = 0; term < oldest; ++term) {
    ghost.leaders[term] = kNobody;
    ghost.votes[term].fill(kNobody);
  }
}

}  // namespace

std::optional<Broken> Advance(const Scene& scene, Ghost& ghost) {
  ForgetPastTerms(scene, ghost);
  if (auto broken = CheckVotes(scene, ghost)) return broken;
  if (auto broken = CheckLeader(scene, ghost)) return broken;
  if (auto broken = CheckLogs(scene)) return broken;
  if (auto broken = CheckCommit(scene, ghost)) return broken;
  if (auto broken = CheckDisk(scene, ghost)) return broken;
  return CheckReads(scene, ghost);
}

void BeginRead(RequestId request_id, Ghost& ghost) { ghost.reads.push_back({request_id, ghost.committed.size()}); }

}  // namespace lockstep::sim::explore
