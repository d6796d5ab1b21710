#include "spec/properties/scene.h"

#include <algorithm>
#include <utility>

namespace lockstep::spec {
namespace {

Configuration Founders() {
  Configuration configuration;
  configuration.voters = {{1, 0}, {2, 0}, {3, 0}};
  return configuration;
}

State Empty(uint32_t node, const Configuration& configuration) {
  State state;
  state.id = {node, 0};
  state.start = node;
  state.log = Log({}, {0, configuration});
  state.snapshot.configuration = {0, configuration};
  return state;
}

// The writes of `state` that are still open, as completions.
std::vector<WriteId> OpenWrites(const State& state) {
  std::vector<WriteId> writes;
  if (state.storage.pending_vote_write != 0) writes.push_back(state.storage.pending_vote_write);
  for (const PendingLogWrite& write : state.storage.pending_log_writes) writes.push_back(write.write_id);
  std::sort(writes.begin(), writes.end());
  return writes;
}

}  // namespace

Scene::Scene() {
  for (uint32_t node : {1u, 2u, 3u}) {
    states_[{node, 0}] = Empty(node, Founders());
    monitor_.Started(++step_, {0, kNoNode, At(node).snapshot, At(node).log}, At(node), {});
  }
}

std::string Scene::failed() const { return holds() ? "" : Name(monitor_.violation()->property); }
std::string Scene::evidence() const { return holds() ? "" : ToString(*monitor_.violation()); }

bool Scene::Take(uint32_t node, Event event, const Change& change) {
  State& state = At(node);
  const Role role = state.role;
  const Term term = state.current_term;
  const NodeId leader = state.leader;
  EffectSink effects;
  if (change) change(state, effects);
  if (state.role != role || state.current_term != term || state.leader != leader) {
    effects.Add(effect::RoleChanged{state.role, state.current_term, state.leader});
  }
  return monitor_.Stepped(++step_, Input{std::move(event), {}}, state, effects);
}

bool Scene::Receive(uint32_t node, uint32_t source, Term term, MessageBody body, const Change& change) {
  return Take(node, input::Receive{Message{Id(source), Id(node), term, std::move(body)}}, change);
}

void Scene::StartJoiner() {
  states_[{4, 0}] = Empty(4, {});
  monitor_.Started(++step_, {0, kNoNode, At(4).snapshot, At(4).log}, At(4), {});
}

void Scene::StartStranger(Term term) {
  State disk = Empty(4, Founders());
  disk.current_term = term;
  disk.log.Append({term, 0, EntryKind::kNoOp});
  states_[{4, 0}] = disk;
  Restart(4, disk);
}

State Scene::Disk(uint32_t node) const {
  const State& state = states_.at({node, 0});
  State disk = Empty(node, {});
  disk.current_term = state.current_term;
  disk.voted_for = state.voted_for;
  disk.log = state.log;
  disk.snapshot = state.snapshot;
  return disk;
}

bool Scene::Restart(uint32_t node, const State& disk) {
  State state = disk;
  state.start = step_ + 1000;
  state.storage.durable_term = state.current_term;
  state.storage.durable_vote = state.voted_for;
  state.storage.durable_index = state.storage.issued_index = state.log.last_index();
  state.commit_index = state.apply_index = state.applied_index = state.snapshot.last_included.index;
  At(node) = state;
  return monitor_.Started(++step_, {disk.current_term, disk.voted_for, disk.snapshot, disk.log}, state, {});
}

void Scene::SaveVote(State& state, EffectSink& effects, Term term, NodeId vote) {
  state.current_term = term;
  state.voted_for = vote;
  state.storage.pending_vote_write = state.storage.next_write_id++;
  effects.Add(effect::SaveVote{state.storage.pending_vote_write, term, vote});
}

void Scene::WriteLog(State& state, EffectSink& effects, Index first) {
  effect::AppendLog write{state.storage.next_write_id++, first, {}, {}};
  for (Index i = first; i <= state.log.last_index(); ++i) write.entries.push_back(state.log.At(i));
  state.storage.pending_log_writes.push_back({write.write_id, state.log.last_index(), false});
  state.storage.issued_index = state.log.last_index();
  effects.Add(write);
}

void Scene::Follower(State& state, Term term, NodeId leader) {
  state.role = Role::kFollower;
  state.leader = leader;
  state.candidacy = {};
  state.leading = {};
  if (term != state.current_term) state.following = {};
}

void Scene::Send(State& state, EffectSink& effects, uint32_t dest, MessageBody body, WriteId after) {
  effects.Add(effect::Send{{state.id, Id(dest), state.current_term, std::move(body)}, after});
}

Progress& Scene::PeerOf(State& state, uint32_t node) {
  return std::find_if(state.leading.peers.begin(), state.leading.peers.end(),
                      [node](const Peer& peer) { return peer.id == Id(node); })
      ->progress;
}

void Scene::Flush(uint32_t node) {
  for (WriteId id : OpenWrites(At(node))) {
    Take(node, input::WriteDone{id}, [id](State& state, EffectSink&) {
      Storage& storage = state.storage;
      if (id == storage.pending_vote_write) {
        storage.pending_vote_write = 0;
        storage.durable_term = state.current_term;
        storage.durable_vote = state.voted_for;
        if (state.role == Role::kCandidate) state.candidacy.votes = {{state.id, true}};
      } else {
        storage.durable_index = std::max(storage.durable_index, storage.pending_log_writes.front().last);
        storage.pending_log_writes.erase(storage.pending_log_writes.begin());
      }
    });
  }
}

void Scene::Campaign(uint32_t node) {
  Take(node, input::ElectionTimeout{}, [node](State& state, EffectSink& effects) {
    Follower(state, 0, kNoNode);
    state.following = {};
    state.role = Role::kCandidate;
    SaveVote(state, effects, state.current_term + 1, state.id);
    const RequestVote request{state.current_term, state.last_log(), false, false};
    for (NodeId id : state.configuration().voters) {
      if (id != state.id) Send(state, effects, id.number, request, state.storage.pending_vote_write);
    }
  });
  Flush(node);
}

void Scene::Grant(uint32_t voter, uint32_t candidate) {
  const State& from = At(candidate);
  Receive(voter, candidate, from.current_term, RequestVote{from.current_term, from.last_log(), false, false},
          [&](State& state, EffectSink& effects) {
            Follower(state, from.current_term, kNoNode);
            SaveVote(state, effects, from.current_term, from.id);
            Send(state, effects, candidate, RequestVoteReply{from.current_term, false, true},
                 state.storage.pending_vote_write);
          });
  Flush(voter);
  monitor_.Sent(++step_,
                {Id(voter), Id(candidate), from.current_term, RequestVoteReply{from.current_term, false, true}});
}

void Scene::Win(uint32_t node, uint32_t voter) {
  const Term term = At(node).current_term;
  Receive(node, voter, term, RequestVoteReply{term, false, true}, [](State& state, EffectSink& effects) {
    state.role = Role::kLeader;
    state.leader = state.id;
    state.candidacy = {};
    state.leading.term_start_index = state.log.last_index() + 1;
    for (NodeId id : state.configuration().Members()) {
      if (id == state.id) continue;
      Peer peer{id, {}};
      peer.progress.next_index = state.log.last_index() + 1;
      state.leading.peers.push_back(peer);
    }
    state.leading.uncommitted_bytes = state.log.BytesAfter(state.commit_index);
    state.log.Append({state.current_term, 0, EntryKind::kNoOp});
    WriteLog(state, effects, state.log.last_index());
  });
  Flush(node);
}

void Scene::Elect(uint32_t node, uint32_t voter) {
  Campaign(node);
  Grant(voter, node);
  Win(node, voter);
}

void Scene::HearTerm(uint32_t node, uint32_t source, Term term) {
  Receive(node, source, term, HeartbeatReply{}, [term](State& state, EffectSink& effects) {
    Follower(state, term, kNoNode);
    SaveVote(state, effects, term, kNoNode);
  });
  Flush(node);
}

void Scene::Append(uint32_t leader, RequestId id) {
  input::Propose propose;
  if (id != 0) propose.proposals.push_back({id, 10});
  Take(leader, propose, [id](State& state, EffectSink& effects) {
    state.log.Append({state.current_term, 10, EntryKind::kCommand});
    state.leading.uncommitted_bytes += 10;
    if (id != 0) state.leading.proposals.push_back({state.log.last_index(), id});
    WriteLog(state, effects, state.log.last_index());
  });
  Flush(leader);
}

void Scene::AppendConfiguration(uint32_t leader, const Configuration& configuration) {
  Take(leader, input::ProposeConfiguration{1000 + step_, {}}, [&](State& state, EffectSink& effects) {
    std::vector<Peer> peers;
    for (NodeId id : configuration.Members()) {
      if (id == state.id) continue;
      const auto known = std::find_if(state.leading.peers.begin(), state.leading.peers.end(),
                                      [id](const Peer& peer) { return peer.id == id; });
      peers.push_back(known == state.leading.peers.end() ? Peer{id, {}} : *known);
      if (known == state.leading.peers.end()) peers.back().progress.next_index = state.log.last_index() + 1;
    }
    state.leading.peers = peers;
    state.log.Append({state.current_term, 0, EntryKind::kConfiguration}, configuration);
    WriteLog(state, effects, state.log.last_index());
  });
  Flush(leader);
}

AppendEntries Scene::EntriesAfter(uint32_t leader, Index previous) {
  const State& from = At(leader);
  AppendEntries request;
  request.previous = {previous, *from.log.TermAt(previous)};
  request.commit_index = from.commit_index;
  for (Index i = previous + 1; i <= from.log.last_index(); ++i) request.entries.push_back(from.log.At(i));
  for (const ConfigurationEntry& entry : from.log.configurations()) {
    if (entry.index > previous) request.configurations.push_back(entry);
  }
  return request;
}

void Scene::Follow(uint32_t follower, uint32_t leader) {
  const State& from = At(leader);
  Index agreed = std::min(At(follower).log.last_index(), from.log.last_index());
  while (!from.log.Matches({agreed, *At(follower).log.TermAt(agreed)})) --agreed;
  const AppendEntries request = EntriesAfter(leader, agreed);
  Receive(follower, leader, from.current_term, request, [&](State& state, EffectSink& effects) {
    Follower(state, from.current_term, from.id);
    if (state.current_term != from.current_term) SaveVote(state, effects, from.current_term, kNoNode);
    if (state.log.last_index() > agreed) {
      state.log.TruncateAfter(agreed);
      state.storage.durable_index = std::min(state.storage.durable_index, agreed);
      state.storage.issued_index = std::min(state.storage.issued_index, agreed);
    }
    for (Index i = agreed + 1; i <= request.last_index(); ++i) {
      const EntryMeta& entry = from.log.At(i);
      if (entry.kind == EntryKind::kConfiguration) {
        state.log.Append(entry, from.log.ConfigurationAt(i).configuration);
      } else {
        state.log.Append(entry);
      }
    }
    if (!request.entries.empty()) WriteLog(state, effects, agreed + 1);
    state.following.verified_index = request.last_index();
    state.commit_index = std::max(state.commit_index, std::min(request.commit_index, request.last_index()));
  });
  Flush(follower);
  Take(follower, input::PeerUnreachable{}, [&](State& state, EffectSink& effects) {
    state.following.acked_index = state.storage.durable_index;
    AppendEntriesReply reply;
    reply.accepted = true;
    reply.match_index = state.following.verified_index;
    Send(state, effects, leader, reply);
  });
}

void Scene::Hear(uint32_t leader, uint32_t follower) {
  AppendEntriesReply reply;
  reply.accepted = true;
  reply.match_index = At(follower).following.verified_index;
  Receive(leader, follower, At(leader).current_term, reply, [&](State& state, EffectSink& effects) {
    Progress& progress = PeerOf(state, follower);
    progress.mode = ProgressMode::kReplicate;
    progress.match_index = reply.match_index;
    progress.next_index = std::max(progress.next_index, reply.match_index + 1);
    const Index reached = state.configuration().QuorumValue([&](NodeId id) -> Index {
      return id == state.id ? state.storage.durable_index : PeerOf(state, id.number).match_index;
    });
    if (reached <= state.commit_index || state.log.At(reached).term != state.current_term) return;
    for (Index i = state.commit_index + 1; i <= reached; ++i) state.leading.uncommitted_bytes -= state.log.At(i).bytes;
    state.commit_index = reached;
    auto& proposals = state.leading.proposals;
    while (!proposals.empty() && proposals.front().index <= reached) {
      effects.Add(effect::Outcome{proposals.front().request_id, effect::OutcomeKind::kDone, effect::Reason::kNone,
                                  state.id, proposals.front().index, state.current_term, 0});
      proposals.erase(proposals.begin());
    }
  });
}

void Scene::Replicate(uint32_t leader, uint32_t follower) {
  Follow(follower, leader);
  Hear(leader, follower);
}

void Scene::ApplyAll(uint32_t node) {
  const Index last = At(node).commit_index;
  Take(node, input::PeerUnreachable{}, [last](State& state, EffectSink& effects) {
    effects.Add(effect::Apply{state.apply_index + 1, last});
    state.apply_index = last;
  });
  Take(node, input::Applied{last}, [last](State& state, EffectSink&) { state.applied_index = last; });
}

void Scene::TakeSnapshot(uint32_t node) {
  const Index last = At(node).applied_index;
  Take(node, input::SnapshotTaken{last, 100, true}, [last](State& state, EffectSink& effects) {
    state.snapshot = {{last, *state.log.TermAt(last)}, state.log.ConfigurationAt(last), 100};
    state.log.CompactTo(last);
    effects.Add(effect::CompactLog{state.log.base()});
  });
}

}  // namespace lockstep::spec
