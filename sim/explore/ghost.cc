#include "sim/explore/ghost.h"

#include <algorithm>
#include <utility>

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

// The configuration by which the actor decides.
const Configuration& ConfigurationOf(const Process& process) { return process.state.configuration(); }

std::string Nodes(uint8_t mask) {
  std::string text;
  for (uint32_t i = 0; i < kNodesMax; ++i) {
    if (mask >> i & 1) absl::StrAppend(&text, text.empty() ? "" : " ", i + 1);
  }
  return absl::StrCat("(", text, ")");
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
      return Broken{spec::Name(Property::kVoteOncePerTermInv),
                    absl::StrCat("node ", scene.actor + 1, " spoke for ", spoken + 1, " and for ", choice + 1,
                                 " in term ", message.term)};
    }
    spoken = choice;
  }
  return std::nullopt;
}

// The durable votes that a new leader can count.
uint8_t VotersFor(const Scene& scene, const Ghost& ghost, Term term) {
  uint8_t voters = 0;
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    const DurableState& disk = scene.after[i]->disk;
    const bool own = i == scene.actor && disk.term == term && disk.voted_for.number == scene.actor + 1;
    if (own || (i != scene.actor && ghost.votes[term][i] == scene.actor)) voters |= static_cast<uint8_t>(1u << i);
  }
  return voters;
}

std::optional<Broken> CheckElectingQuorum(const Scene& scene, const Ghost& ghost) {
  const State& state = scene.after[scene.actor]->state;
  const uint8_t voters = VotersFor(scene, ghost, state.current_term);
  if (!IsQuorum(state.configuration(), voters, scene.nodes)) {
    return Broken{spec::Name(Property::kElectedByQuorumProp),
                  absl::StrCat("node ", scene.actor + 1, " leads term ", state.current_term, " with the votes of ",
                               Nodes(voters), ", which are no quorum of ", ToString(state.configuration()))};
  }
  if (ghost.commit_quorum != 0 && ghost.commit_quorum_term < state.current_term &&
      (voters & ghost.commit_quorum) == 0) {
    return Broken{spec::Name(Property::kConfigurationSafety),
                  absl::StrCat("nodes ", Nodes(voters), " elected node ", scene.actor + 1, " in term ",
                               state.current_term, "; nodes ", Nodes(ghost.commit_quorum),
                               " made the newest commit, in term ", ghost.commit_quorum_term)};
  }
  return std::nullopt;
}

std::optional<Broken> LacksCommitted(const Scene& scene, const Ghost& ghost, uint32_t leader) {
  const State& state = scene.after[leader]->state;
  for (Index i = 1; i <= ghost.committed.size(); ++i) {
    const CommittedEntry& entry = ghost.committed[i - 1];
    if (entry.commit_term >= state.current_term || Holds(state.log, i, entry)) continue;
    return Broken{spec::Name(Property::kLeaderCompleteness),
                  absl::StrCat("node ", leader + 1, " leads term ", state.current_term, " without the entry at ", i,
                               " that was committed in term ", entry.commit_term)};
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
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    const Log& log = i == scene.actor ? before.log : scene.after[i]->state.log;
    const Index first = log.FirstIndexFrom(state.current_term);
    if (first > log.last_index() || first <= log.base_index() || log.At(first).term != state.current_term) continue;
    return Broken{spec::Name(Property::kCandidateTermNotInLogInv),
                  absl::StrCat("node ", scene.actor + 1, " begins to lead term ", state.current_term,
                               ", of which node ", i + 1, " has entries already")};
  }
  if (auto broken = CheckElectingQuorum(scene, ghost)) return broken;
  return LacksCommitted(scene, ghost, scene.actor);
}

// Who has told the leader that it holds `index`: by what the leader knew before the step or learned in it.
uint8_t Acknowledged(const Scene& scene, Index index) {
  const State& state = scene.after[scene.actor]->state;
  uint8_t nodes = state.storage.durable_index >= index ? static_cast<uint8_t>(1u << scene.actor) : 0;
  for (const State* each : {&scene.before[scene.actor]->state, &state}) {
    for (const Peer& peer : each->leading.peers) {
      if (peer.progress.match_index >= index) nodes |= static_cast<uint8_t>(1u << (peer.id.number - 1));
    }
  }
  return nodes;
}

// The leader has committed up to `index`, beyond what anyone had.
std::optional<Broken> CheckFirstCommit(const Scene& scene, Ghost& ghost) {
  const State& state = scene.after[scene.actor]->state;
  const Index index = ghost.committed.size();
  if (*state.log.TermAt(state.commit_index) != state.current_term) {
    return Broken{spec::Name(Property::kCommitOnlyCurrentTermProp),
                  absl::StrCat("leader ", scene.actor + 1, " of term ", state.current_term, " commits up to ",
                               state.commit_index, ", an entry of term ", *state.log.TermAt(state.commit_index))};
  }
  // A commit may have ended the leadership, or appended the next configuration, within the step.
  const Configuration& before = ConfigurationOf(*scene.before[scene.actor]);
  const Configuration& configuration = before.voters.empty() ? state.configuration() : before;
  const uint8_t durable = DurableHolders(scene, index, ghost.committed.back());
  if (!IsQuorum(configuration, durable, scene.nodes)) {
    return Broken{spec::Name(Property::kQuorumLogInv),
                  absl::StrCat("the entry at ", index, " is committed, but only nodes ", Nodes(durable),
                               " have it on disk, no quorum of ", ToString(configuration))};
  }
  uint8_t acknowledged = durable;
  if (state.role == Role::kLeader) {
    acknowledged = Acknowledged(scene, index);
    // The reply of this step may be of one that the step took away.
    if (!IsQuorum(configuration, acknowledged, scene.nodes) &&
        state.log.configuration().index == scene.before[scene.actor]->state.log.configuration().index) {
      return Broken{spec::Name(Property::kCommittedByQuorumProp),
                    absl::StrCat("the entry at ", index, " is committed by the acknowledgements of ",
                                 Nodes(acknowledged), ", no quorum of ", ToString(configuration))};
    }
  }
  const uint8_t voters = Mask(configuration.voters, scene.nodes) | Mask(configuration.outgoing_voters, scene.nodes);
  ghost.commit_quorum = acknowledged & voters;
  ghost.commit_quorum_term = state.current_term;
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    if (scene.after[i]->state.role != Role::kLeader) continue;
    if (auto broken = LacksCommitted(scene, ghost, i)) return broken;
  }
  return std::nullopt;
}

std::optional<Broken> CheckCommit(const Scene& scene, Ghost& ghost) {
  const State& state = scene.after[scene.actor]->state;
  const bool led = scene.before[scene.actor]->state.role == Role::kLeader || state.role == Role::kLeader;
  const size_t known = ghost.committed.size();
  if (state.log.base_index() > known) {
    return Broken{spec::Name(Property::kStateMachineSafety),
                  absl::StrCat("the log of node ", scene.actor + 1, " begins after ", state.log.base_index(),
                               ", and only ", known, " were ever committed")};
  }
  if (const LogPosition base = state.log.base(); base.index > 0 && ghost.committed[base.index - 1].term != base.term) {
    return Broken{
        spec::Name(Property::kStateMachineSafety),
        absl::StrCat("the log of node ", scene.actor + 1, " begins after an entry of term ", base.term, " at ",
                     base.index, "; one of term ", ghost.committed[base.index - 1].term, " was committed")};
  }
  for (Index i = state.log.first_index(); i <= state.commit_index; ++i) {
    const EntryMeta& entry = state.log.At(i);
    if (i <= known) {
      if (ghost.committed[i - 1].term == entry.term && ghost.committed[i - 1].kind == entry.kind) continue;
      return Broken{spec::Name(Property::kStateMachineSafety),
                    absl::StrCat("node ", scene.actor + 1, " commits an entry of term ", entry.term, " at ", i,
                                 ", where one of term ", ghost.committed[i - 1].term, " was committed")};
    }
    ghost.committed.push_back({entry.term, entry.kind, state.current_term});
  }
  if (ghost.committed.size() == known) return std::nullopt;
  if (!led) {
    return Broken{spec::Name(Property::kStateMachineSafety),
                  absl::StrCat("node ", scene.actor + 1, " commits up to ", state.commit_index,
                               ", and no leader has committed more than ", known)};
  }
  return CheckFirstCommit(scene, ghost);
}

// What is committed stays on a quorum of disks, whatever a disk loses or takes back.
std::optional<Broken> CheckDisk(const Scene& scene, const Ghost& ghost) {
  if (ghost.committed.empty()) return std::nullopt;
  const Log& disk = scene.after[scene.actor]->disk.log;
  const Log& before = scene.before[scene.actor]->disk.log;
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

// Two logs with an entry of the same index and term are the same up to there. Every pair is compared whenever one of
// the two changes.
std::optional<Broken> CheckMatching(const Scene& scene) {
  const Log& log = scene.after[scene.actor]->state.log;
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    if (i == scene.actor) continue;
    const Log& other = scene.after[i]->state.log;
    const Index floor = std::max(log.base_index(), other.base_index());
    Index common = std::min(log.last_index(), other.last_index());
    while (common > floor && log.TermAt(common) != other.TermAt(common)) --common;
    if (common <= floor) continue;
    const ConfigurationEntry& here = log.ConfigurationAt(common);
    const bool same = here.index <= floor || here == other.ConfigurationAt(common);
    for (; common > floor && log.At(common) == other.At(common); --common) {
    }
    if (same && common <= floor) continue;
    return Broken{spec::Name(Property::kLogMatching),
                  absl::StrCat("the logs of nodes ", scene.actor + 1, " and ", i + 1,
                               same ? absl::StrCat(" agree above ", common, " but not there")
                                    : " have the same entries and other configurations")};
  }
  return std::nullopt;
}

// Entries of a term are created by its leader, which has all that anyone has of them as long as it leads.
std::optional<Broken> CheckCreators(const Scene& scene, const Ghost& ghost, Term oldest) {
  const Log& log = scene.after[scene.actor]->state.log;
  for (Index i = log.last_index(); i > log.base_index() && log.At(i).term >= oldest; --i) {
    const Term term = log.At(i).term;
    if (term >= kTermsMax) continue;
    const uint8_t leader = ghost.leaders[term];
    if (leader == scene.actor) continue;
    const State* state = leader == kNobody ? nullptr : &scene.after[leader]->state;
    const bool leads = state != nullptr && state->role == Role::kLeader && state->current_term == term;
    if (state != nullptr && (!leads || i < state->log.first_index() || state->log.TermAt(i) == term)) continue;
    return Broken{spec::Name(Property::kLeaderTermIndexInv),
                  absl::StrCat("node ", scene.actor + 1, " has an entry of term ", term, " at ", i,
                               " that the leader of that term does not have")};
  }
  return std::nullopt;
}

// What a leader takes a peer to have is on that peer's disk, as long as the peer has not gone on to a later term.
std::optional<Broken> CheckMatch(const Scene& scene) {
  for (uint32_t i = 0; i < scene.nodes; ++i) {
    const State& state = scene.after[i]->state;
    if (state.role != Role::kLeader) continue;
    for (const Peer& peer : state.leading.peers) {
      const uint32_t slot = peer.id.number - 1;
      if (slot >= scene.nodes || (i != scene.actor && slot != scene.actor)) continue;
      const Process& other = *scene.after[slot];
      const Index match = peer.progress.match_index;
      if (other.state.current_term > state.current_term || match < state.log.first_index()) continue;
      const DurableState& disk = other.disk;
      if (match <= disk.snapshot.last_included.index || disk.log.TermAt(match) == state.log.TermAt(match)) continue;
      return Broken{spec::Name(Property::kMatchSoundInv),
                    absl::StrCat("leader ", i + 1, " of term ", state.current_term, " takes node ", slot + 1,
                                 " to have up to ", match, "; the log on its disk ends at ", disk.log.last_index())};
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
    return Broken{spec::Name(Property::kReadFreshness),
                  absl::StrCat("node ", scene.actor + 1, " serves a read at ", served.index, "; ", committed,
                               " was committed before it began")};
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
  for (uint32_t term = 0; term < kTermsMax; ++term) {
    uint64_t word = ghost.leaders[term];
    for (const uint8_t vote : ghost.votes[term]) word = word << 8 | vote;
    f.Add(word);
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

uint8_t ChangesOf(const Process& before, const Happening& happening) {
  const State& a = before.state;
  const State& b = happening.after.state;
  const DurableState& disk = happening.after.disk;
  const auto matches = [](const State& state) {
    std::vector<std::pair<NodeId, Index>> all;
    for (const Peer& peer : state.leading.peers) all.emplace_back(peer.id, peer.progress.match_index);
    return all;
  };
  const bool spoke = std::any_of(happening.sent.begin(), happening.sent.end(), [](const Message& message) {
    return std::holds_alternative<RequestVote>(message.body) || std::holds_alternative<RequestVoteReply>(message.body);
  });
  uint8_t changes = spoke ? kSpoke : 0;
  if (a.role != b.role || a.current_term != b.current_term) changes |= kRole;
  if (a.log != b.log || a.start != b.start) changes |= kLog;
  if (a.commit_index != b.commit_index || a.log.base() != b.log.base() || a.start != b.start) changes |= kCommit;
  if (before.disk.log != disk.log) changes |= kDisk;
  if (before.disk.term != disk.term) changes |= kDiskTerm;
  if (matches(a) != matches(b)) changes |= kMatch;
  if (!happening.reads.empty()) changes |= kServed;
  return changes;
}

namespace {

// Nobody will speak again in a term below every disk's: what was said there matters no more.
Term ForgetPastTerms(const Scene& scene, Ghost& ghost) {
  Term oldest = kTermsMax;
  for (uint32_t i = 0; i < scene.nodes; ++i) oldest = std::min(oldest, scene.after[i]->disk.term);
  for (Term term = 0; term < oldest; ++term) {
    ghost.leaders[term] = kNobody;
    ghost.votes[term].fill(kNobody);
  }
  return oldest;
}

}  // namespace

std::optional<Broken> Advance(const Scene& scene, Ghost& ghost) {
  const uint8_t changes = scene.changes;
  if ((changes & kSpoke) != 0) {
    if (auto broken = CheckVotes(scene, ghost)) return broken;
  }
  if ((changes & kRole) != 0) {
    if (auto broken = CheckLeader(scene, ghost)) return broken;
  }
  const Term oldest = ForgetPastTerms(scene, ghost);
  if ((changes & kLog) != 0) {
    if (auto broken = CheckMatching(scene)) return broken;
    if (auto broken = CheckCreators(scene, ghost, oldest)) return broken;
  }
  if ((changes & kCommit) != 0) {
    if (auto broken = CheckCommit(scene, ghost)) return broken;
  }
  if ((changes & kDisk) != 0) {
    if (auto broken = CheckDisk(scene, ghost)) return broken;
  }
  if ((changes & (kDisk | kMatch)) != 0) {
    if (auto broken = CheckMatch(scene)) return broken;
  }
  return CheckReads(scene, ghost);
}

void BeginRead(RequestId request_id, Ghost& ghost) { ghost.reads.push_back({request_id, ghost.committed.size()}); }

}  // namespace lockstep::sim::explore
