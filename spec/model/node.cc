#include "spec/model/node.h"

#include <algorithm>

namespace lockstep::model {

Index Log::ConfigurationIndexAt(Index index) const {
  const auto after = std::upper_bound(configurations_.begin(), configurations_.end(), index);
  return after == configurations_.begin() ? base_index() : *(after - 1);
}

const ConfigurationPtr& Log::ConfigurationAt(Index index) const {
  const Index at = ConfigurationIndexAt(index);
  return at == base_index() ? base_.configuration : At(at).configuration;
}

void Log::Append(const Entry& entry) {
  entries_.push_back(entry);
  if (entry.kind == EntryKind::kConfiguration) configurations_.push_back(last_index());
}

void Log::TruncateAfter(Index last) {
  if (last >= last_index()) return;
  entries_.resize(last > base_index() ? last - base_index() : 0);
  while (!configurations_.empty() && configurations_.back() > last) configurations_.pop_back();
}

void Log::CompactTo(Index last) {
  if (last <= base_index() || last > last_index()) return;
  Snapshot base{{last, At(last).term}, ConfigurationAt(last)};
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(last - base_index()));
  configurations_.erase(configurations_.begin(),
                        std::upper_bound(configurations_.begin(), configurations_.end(), last));
  base_ = std::move(base);
}

Peer* Node::FindPeer(NodeId peer) {
  for (Peer& known : peers) {
    if (known.id == peer) return &known;
  }
  return nullptr;
}

const Peer* Node::FindPeer(NodeId peer) const { return const_cast<Node*>(this)->FindPeer(peer); }

Index Node::MatchIndex(NodeId peer) const {
  const Peer* known = FindPeer(peer);
  return known == nullptr ? 0 : known->match_index;
}

namespace {

class Line {
 public:
  explicit Line(std::string text) : text_(std::move(text)) {}
  template <typename T>
  void Add(const char* name, T value) {
    if (value == T{}) return;
    text_ += std::string(" ") + name;
    if constexpr (!std::is_same_v<T, bool>) text_ += " " + std::to_string(value);
  }
  void Add(const char* name, NodeId id) {
    if (id != kNoNode) text_ += std::string(" ") + name + " " + lockstep::ToString(id);
  }
  void AddText(const std::string& text) { text_ += " " + text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void AddLog(const Node& n, Line& line) {
  std::string text = "log " + (n.log.base_index() == 0 ? "" : ToString(n.log.base().position) + " | ") + "[";
  for (const Entry& entry : n.log.entries()) text += (text.back() == '[' ? "" : " ") + ToString(entry);
  line.AddText(text + "]");
  line.Add("durable", n.durable_index);
  if (n.issued_index != n.log.last_index()) line.AddText("issued " + std::to_string(n.issued_index));
  if (!n.VoteDurable()) {
    line.AddText("durable-vote " + std::to_string(n.durable_term) + "/" + lockstep::ToString(n.durable_vote));
  }
  for (const LogWrite& write : n.log_writes) {
    line.AddText("write ..." + std::to_string(write.last) + (write.done ? " done" : ""));
  }
  if (n.snapshot.position.index != 0) line.AddText("snapshot " + ToString(n.snapshot.position));
}

void AddLeader(const Node& n, Line& line) {
  for (const Peer& peer : n.peers) {
    line.AddText("match[" + lockstep::ToString(peer.id) + "] " + std::to_string(peer.match_index));
    if (peer.acked_round != 0) line.AddText("round " + std::to_string(peer.acked_round));
  }
  line.Add("round", n.round);
  line.Add("confirmed-round", n.confirmed_round);
  for (const PendingRead& read : n.reads) {
    line.AddText("read of " + lockstep::ToString(read.origin) + " round " + std::to_string(read.round));
  }
}

}  // namespace

std::string ToString(const Node& n) {
  Line line(lockstep::ToString(n.id) + ": " + lockstep::ToString(n.role) + " term " + std::to_string(n.current_term));
  line.Add("vote", n.voted_for);
  line.Add("leader", n.leader);
  AddLog(n, line);
  line.Add("commit", n.commit_index);
  line.Add("applied", n.applied_index);
  if (!n.granted.empty()) line.AddText("granted " + ToString(n.granted));
  if (!n.refused.empty()) line.AddText("refused " + ToString(n.refused));
  line.Add("verified", n.verified_index);
  line.Add("acked", n.acked_index);
  AddLeader(n, line);
  if (n.transfer.has_value()) line.AddText("transfer to " + lockstep::ToString(n.transfer->target));
  if (n.incoming.has_value()) line.AddText("incoming " + ToString(n.incoming->snapshot.position));
  line.Add("forwarded", n.forwarded.size());
  line.Add("confirmed", n.confirmed.size());
  line.Add("failing", n.failing);
  line.Add("withheld", n.vote_withheld);
  line.Add("halted", n.halted);
  return line.text();
}

}  // namespace lockstep::model
