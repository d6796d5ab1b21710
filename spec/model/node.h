// What one node knows, as the specification sees it: the record `node[i]` of raft.tla without its disk.
//
// A regular value. What a role does not use is at its default, so that equal situations are equal values.
#ifndef LOCKSTEP_SPEC_MODEL_NODE_H_
#define LOCKSTEP_SPEC_MODEL_NODE_H_

#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "spec/model/message.h"
#include "spec/model/values.h"

namespace lockstep::model {

// The entries after a base, and which of them are configurations.
class Log {
 public:
  Log() = default;
  explicit Log(Snapshot base) : base_(std::move(base)) {}

  const Snapshot& base() const { return base_; }
  Index base_index() const { return base_.position.index; }
  Index last_index() const { return base_.position.index + entries_.size(); }
  Term last_term() const { return entries_.empty() ? base_.position.term : entries_.back().term; }
  // Requires: base_index() < index <= last_index().
  const Entry& At(Index index) const { return entries_[index - base_.position.index - 1]; }
  // The term at `index`, if it is known.
  std::optional<Term> TermAt(Index index) const {
    if (index == base_.position.index) return base_.position.term;
    if (index < base_.position.index || index > last_index()) return std::nullopt;
    return At(index).term;
  }
  bool Matches(Position position) const { return TermAt(position.index) == position.term; }
  // Whether a log that ends at `last` is at least as up-to-date. [Raft §5.4.1]
  bool IsUpToDate(Position last) const {
    return last.term > last_term() || (last.term == last_term() && last.index >= last_index());
  }

  // The configuration in effect at `index`, and the index of the entry that holds it, or the base's.
  Index ConfigurationIndexAt(Index index) const;
  const ConfigurationPtr& ConfigurationAt(Index index) const;
  Index configuration_index() const { return configurations_.empty() ? base_index() : configurations_.back(); }
  const Configuration& configuration() const {
    return configurations_.empty() ? *base_.configuration : *At(configurations_.back()).configuration;
  }
  const std::vector<Entry>& entries() const { return entries_; }

  void Append(const Entry& entry);
  void TruncateAfter(Index last);
  void CompactTo(Index last);

  friend bool operator==(const Log&, const Log&) = default;

 private:
  Snapshot base_;
  std::vector<Entry> entries_;
  std::vector<Index> configurations_;  // Of the configuration entries, ascending.
};

// A log write that counts once it is done and all before it are.
struct LogWrite {
  WriteId id = 0;
  Index last = 0;
  bool done = false;
  friend bool operator==(const LogWrite&, const LogWrite&) = default;
};

struct Peer {
  NodeId id;
  Index match_index = 0;
  uint64_t acked_round = 0;
  friend bool operator==(const Peer&, const Peer&) = default;
};

struct PendingRead {
  RequestId request = 0;  // If this node's own.
  NodeId origin;
  ReadKey key;  // If another node's.
  uint64_t round = 0;
  Index index = 0;
  friend bool operator==(const PendingRead&, const PendingRead&) = default;
};

struct ConfirmedRead {
  RequestId request = 0;
  Index index = 0;
  bool by_lease = false;
  friend bool operator==(const ConfirmedRead&, const ConfirmedRead&) = default;
};

struct ForwardedRead {
  RequestId request = 0;
  ReadKey key;
  friend bool operator==(const ForwardedRead&, const ForwardedRead&) = default;
};

struct Transfer {
  RequestId request = 0;
  NodeId target;
  bool sent = false;
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

struct Incoming {
  NodeId source;
  Snapshot snapshot;
  bool installing = false;
  friend bool operator==(const Incoming&, const Incoming&) = default;
};

struct Node {
  NodeId id;
  bool halted = false;

  Term current_term = 0;
  NodeId voted_for;
  Log log;
  Snapshot snapshot;

  Term durable_term = 0;
  NodeId durable_vote;
  Index durable_index = 0;
  Index issued_index = 0;
  WriteId vote_write = 0;  // Of the present term and vote; 0: none is on its way.
  std::vector<LogWrite> log_writes;
  bool failing = false;

  Role role = Role::kFollower;
  NodeId leader;
  Index commit_index = 0;
  Index applied_index = 0;
  std::vector<ConfirmedRead> confirmed;
  std::optional<Transfer> transfer;
  bool vote_withheld = false;

  NodeIds granted;  // Candidates.
  NodeIds refused;

  Index verified_index = 0;  // Followers.
  Index acked_index = 0;
  std::vector<ForwardedRead> forwarded;
  std::optional<Incoming> incoming;

  Index term_start = 0;  // Leaders.
  std::vector<Peer> peers;
  uint64_t round = 0;
  uint64_t confirmed_round = 0;
  std::vector<PendingRead> reads;

  WriteId next_write = 1;  // A name for the next write; names decide nothing.

  const Configuration& configuration() const { return log.configuration(); }
  Peer* FindPeer(NodeId peer);
  const Peer* FindPeer(NodeId peer) const;
  Index MatchIndex(NodeId peer) const;

  bool VoteDurable() const { return durable_term == current_term && durable_vote == voted_for; }
  bool Installing() const { return incoming.has_value() && incoming->installing; }
  bool TermCommitted() const { return commit_index >= term_start; }
};

// One line with everything that is not at its default.
std::string ToString(const Node& node);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_NODE_H_
