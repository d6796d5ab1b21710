#include "sim/guided/abstract_state.h"

#include <algorithm>
#include <utility>

#include "core/fingerprint.h"
#include "core/state.h"

namespace lockstep::sim {

void AbstractStates::See(NodeId id, const State& state, bool up) {
  if (id.number >= kNodesMax) return;
  Node node;
  node.known = true;
  node.up = up;
  node.role = static_cast<uint8_t>(state.role);
  node.joint = state.log.configuration().configuration.joint();
  node.writing = state.storage.durable_index < state.log.last_index();
  node.installing = state.incoming.has_value();
  node.term = state.current_term;
  node.last = state.log.last_index();
  node.last_term = state.log.last_term();
  node.commit = state.commit_index;
  if (nodes_[id.number] == node) return;
  nodes_[id.number] = node;
  Visit();
}

void AbstractStates::OnCrash(const CrashEvent& event) {
  if (event.node.number >= kNodesMax) return;
  nodes_[event.node.number].up = false;
  Visit();
}

void AbstractStates::Visit() {
  std::array<uint64_t, kNodesMax> each{};
  const auto rank = [this](uint64_t Node::*what, uint64_t value) {
    std::array<uint64_t, kNodesMax> below{};
    size_t count = 0;
    for (const Node& other : nodes_) {
      if (other.known && other.*what < value) below[count++] = other.*what;
    }
    std::sort(below.begin(), below.begin() + static_cast<ptrdiff_t>(count));
    const auto end = std::unique(below.begin(), below.begin() + static_cast<ptrdiff_t>(count));
    return static_cast<uint64_t>(end - below.begin());
  };
  for (size_t i = 0; i < kNodesMax; ++i) {
    const Node& node = nodes_[i];
    if (!node.known) continue;
    uint64_t packed = 1;
    for (const uint64_t part : {uint64_t{node.up}, uint64_t{node.role}, uint64_t{node.joint}, uint64_t{node.writing},
                                uint64_t{node.installing}, rank(&Node::term, node.term), rank(&Node::last, node.last),
                                rank(&Node::last_term, node.last_term), rank(&Node::commit, node.commit)}) {
      packed = packed * 8 + part;
    }
    each[i] = packed;
  }
  std::sort(each.begin(), each.end());
  Fingerprinter fingerprint;
  for (const uint64_t node : each) fingerprint.Add(node);
  visit_(fingerprint.Finish().low);
}

}  // namespace lockstep::sim
