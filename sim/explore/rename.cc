#include "sim/explore/rename.h"

#include <algorithm>
#include <utility>

namespace lockstep::sim::explore {
namespace {

NodeSet Renamed(const NodeSet& set, const Permutation& permutation) {
  NodeSet renamed;
  for (NodeId id : set) renamed.insert(explore::Renamed(id, permutation));
  return renamed;
}

ConfigurationEntry Renamed(const ConfigurationEntry& entry, const Permutation& permutation) {
  return {entry.index, explore::Renamed(entry.configuration, permutation)};
}

void Rename(std::vector<ConfigurationEntry>& entries, const Permutation& permutation) {
  for (ConfigurationEntry& entry : entries) entry = Renamed(entry, permutation);
}

void Rename(Snapshot& snapshot, const Permutation& permutation) {
  snapshot.configuration = Renamed(snapshot.configuration, permutation);
}

}  // namespace

std::vector<Permutation> Permutations(uint32_t nodes, uint32_t voters) {
  Permutation slots{};
  for (uint8_t i = 0; i < kNodesMax; ++i) slots[i] = i;
  std::vector<Permutation> all;
  Permutation outer = slots;
  do {
    Permutation inner = outer;
    do {
      all.push_back(inner);
    } while (std::next_permutation(inner.begin() + voters, inner.begin() + nodes));
  } while (std::next_permutation(outer.begin(), outer.begin() + voters));
  return all;
}

NodeId Renamed(NodeId id, const Permutation& permutation) {
  if (id == kNoNode) return id;
  return {permutation[id.number - 1] + 1u, id.incarnation};
}

Configuration Renamed(const Configuration& configuration, const Permutation& permutation) {
  Configuration renamed;
  renamed.voters = Renamed(configuration.voters, permutation);
  renamed.outgoing_voters = Renamed(configuration.outgoing_voters, permutation);
  renamed.learners = Renamed(configuration.learners, permutation);
  renamed.learners_next = Renamed(configuration.learners_next, permutation);
  renamed.auto_leave = configuration.auto_leave;
  return renamed;
}

Log Renamed(const Log& log, const Permutation& permutation) {
  const auto& configurations = log.configurations();
  Log renamed(log.base(), Renamed(configurations.front(), permutation));
  size_t next = 1;
  for (Index i = log.first_index(); i <= log.last_index(); ++i) {
    if (next < configurations.size() && configurations[next].index == i) {
      renamed.Append(log.At(i), Renamed(configurations[next++].configuration, permutation));
    } else {
      renamed.Append(log.At(i));
    }
  }
  return renamed;
}

State Renamed(const State& state, const Permutation& permutation) {
  const auto name = [&permutation](NodeId& id) { id = Renamed(id, permutation); };
  State renamed = state;
  name(renamed.id);
  name(renamed.voted_for);
  renamed.log = Renamed(state.log, permutation);
  Rename(renamed.snapshot, permutation);
  name(renamed.storage.durable_vote);
  name(renamed.leader);
  for (Peer& peer : renamed.leading.peers) {
    name(peer.id);
    Rename(peer.progress.snapshot.snapshot, permutation);
  }
  std::sort(renamed.leading.peers.begin(), renamed.leading.peers.end(),
            [](const Peer& a, const Peer& b) { return a.id < b.id; });
  for (PendingRead& read : renamed.leading.reads) name(read.origin);
  for (Vote& vote : renamed.candidacy.votes) name(vote.voter);
  std::sort(renamed.candidacy.votes.begin(), renamed.candidacy.votes.end(),
            [](const Vote& a, const Vote& b) { return a.voter < b.voter; });
  if (renamed.incoming.has_value()) {
    name(renamed.incoming->source);
    renamed.incoming->configuration = Renamed(renamed.incoming->configuration, permutation);
  }
  if (renamed.transfer.has_value()) name(renamed.transfer->target);
  return renamed;
}

DurableState Renamed(const DurableState& disk, const Permutation& permutation) {
  DurableState renamed = disk;
  renamed.voted_for = Renamed(disk.voted_for, permutation);
  Rename(renamed.snapshot, permutation);
  renamed.log = Renamed(disk.log, permutation);
  return renamed;
}

Message Renamed(const Message& message, const Permutation& permutation) {
  Message renamed = message;
  renamed.source = Renamed(message.source, permutation);
  renamed.dest = Renamed(message.dest, permutation);
  if (auto* append = std::get_if<AppendEntries>(&renamed.body)) Rename(append->configurations, permutation);
  if (auto* chunk = std::get_if<InstallSnapshot>(&renamed.body)) {
    chunk->configuration = Renamed(chunk->configuration, permutation);
  }
  return renamed;
}

Effect Renamed(const Effect& write, const Permutation& permutation) {
  Effect renamed = write;
  if (auto* vote = std::get_if<effect::SaveVote>(&renamed)) vote->voted_for = Renamed(vote->voted_for, permutation);
  if (auto* append = std::get_if<effect::AppendLog>(&renamed)) Rename(append->configurations, permutation);
  if (auto* chunk = std::get_if<effect::StoreSnapshotChunk>(&renamed)) {
    chunk->source = Renamed(chunk->source, permutation);
  }
  if (auto* install = std::get_if<effect::InstallSnapshot>(&renamed)) {
    install->configuration = Renamed(install->configuration, permutation);
  }
  if (auto* take = std::get_if<effect::TakeSnapshot>(&renamed)) {
    take->configuration = Renamed(take->configuration, permutation);
  }
  return renamed;
}

}  // namespace lockstep::sim::explore
