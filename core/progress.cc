#include "core/progress.h"

#include <algorithm>
#include <utility>

namespace lockstep {
namespace {

const OutgoingSnapshot kNoSnapshot;

void ClearTransient(Progress& progress) {
  progress.probe_sent = false;
  progress.inflight.clear();
  progress.inflight_bytes = 0;
  progress.snapshot = kNoSnapshot;
  progress.loading_first = progress.loading_last = 0;
}

}  // namespace

Peer* FindPeer(std::vector<Peer>& peers, NodeId id) {
  for (Peer& peer : peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

const Peer* FindPeer(const std::vector<Peer>& peers, NodeId id) {
  for (const Peer& peer : peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

void ReconcilePeers(const Configuration& configuration, NodeId self, Index last_index, std::vector<Peer>& peers) {
  std::vector<Peer> next;
  for (NodeId id : configuration.Members()) {
    if (id == self) continue;
    if (Peer* known = FindPeer(peers, id)) {
      next.push_back(std::move(*known));
    } else {
      next.push_back({id, {}});
      next.back().progress.next_index = last_index + 1;
    }
  }
  peers = std::move(next);
}

void BecomeProbe(Progress& progress, Index next_index) {
  ClearTransient(progress);
  progress.mode = ProgressMode::kProbe;
  progress.next_index = std::max(next_index, progress.match_index + 1);
}

void BecomeReplicate(Progress& progress) {
  ClearTransient(progress);
  progress.mode = ProgressMode::kReplicate;
  progress.next_index = progress.match_index + 1;
}

void BecomeSnapshot(Progress& progress, const Snapshot& snapshot) {
  ClearTransient(progress);
  progress.mode = ProgressMode::kSnapshot;
  progress.snapshot.snapshot = snapshot;
}

bool MaySend(const Progress& progress, const Options& options) {
  if (progress.loading_first != 0) return false;
  switch (progress.mode) {
    case ProgressMode::kProbe:
      return !progress.probe_sent;
    case ProgressMode::kReplicate:
      return progress.inflight.size() < options.inflight_messages_max &&
             (progress.inflight.empty() || progress.inflight_bytes < options.inflight_bytes_max);
    case ProgressMode::kSnapshot:
      return false;
  }
  return false;
}

void RecordSent(Progress& progress, Index last, uint64_t bytes) {
  if (progress.mode == ProgressMode::kProbe) {
    progress.probe_sent = true;
  } else if (last >= progress.next_index) {
    progress.inflight.push_back({last, bytes});
    progress.inflight_bytes += bytes;
    progress.next_index = last + 1;
  }
}

bool RecordMatch(Progress& progress, Index match_index) {
  if (match_index <= progress.match_index) return false;
  progress.match_index = match_index;
  progress.next_index = std::max(progress.next_index, match_index + 1);
  size_t acknowledged = 0;
  for (; acknowledged < progress.inflight.size() && progress.inflight[acknowledged].last <= match_index;
       ++acknowledged) {
    progress.inflight_bytes -= progress.inflight[acknowledged].bytes;
  }
  progress.inflight.erase(progress.inflight.begin(), progress.inflight.begin() + static_cast<ptrdiff_t>(acknowledged));
  return true;
}

}  // namespace lockstep
