// The actions of raft.tla, each a guard and a change of one node. [TLA Actions]
//
// An action answers whether its guard holds; if so it has changed the node and added to the output what leaves it. If
// not, nothing has happened. Where the specification leaves a choice, the choice is an argument; where it allows a set
// of messages (entries and snapshots that a leader may send), the output says so.
#ifndef LOCKSTEP_SPEC_MODEL_ACTIONS_H_
#define LOCKSTEP_SPEC_MODEL_ACTIONS_H_

#include <cstdint>
#include <vector>

#include "core/types.h"
#include "spec/model/message.h"
#include "spec/model/node.h"

namespace lockstep::model {

struct Options {
  bool pre_vote = true;
  bool check_quorum = true;
  bool leases = false;
  friend bool operator==(const Options&, const Options&) = default;
};

enum class WriteKind : uint8_t { kVote, kAppend, kTruncate, kInstall };

// A durable write that is asked for.
struct Write {
  WriteKind kind = WriteKind::kVote;
  WriteId id = 0;
  Term term = 0;      // kVote.
  NodeId voted_for;   // kVote.
  Index first = 0;    // kAppend; kTruncate: the first entry to go.
  Index last = 0;     // kAppend: entries first..last of the node's log.
  Snapshot snapshot;  // kInstall.
  // kAppend: those entries, if the same step has taken some of them off the log again.
  std::vector<Entry> taken_off;

  // The entry at `index` of an append, after whose step the log is `log`.
  const Entry& EntryAt(const Log& log, Index index) const {
    return taken_off.empty() ? log.At(index) : taken_off[index - first];
  }
};

// A message that leaves once write `after` is done; 0: at once.
struct Sent {
  Message message;
  WriteId after = 0;
  // The specification sends it, as the most that may be sent; a node may leave it out.
  bool optional = false;
};

struct Output {
  std::vector<Sent> sent;
  std::vector<Write> writes;
  std::vector<ConfirmedRead> answered;
  // A leader of this term may have sent entries and its snapshot in this step; 0: none may.
  Term may_append = 0;
  // Peers that were sent to, and then left the configuration, in this step.
  std::vector<Peer> left;
  // If set, `sent` holds all of those, with at most so many entries each: the maximal choice.
  uint32_t page_max = 0;
  bool all_pages = true;  // If not: of each peer's only the one after what it has acknowledged, as long as may be.

  void clear() {
    sent.clear();
    writes.clear();
    answered.clear();
    left.clear();
    may_append = 0;
  }
};

struct Context {
  Node& node;
  const Options& options;
  Output& output;
};

bool ElectionTimeout(Context& c);
bool HeartbeatTimeout(Context& c);
bool QuorumCheckTimeout(Context& c, bool give_up, bool step_down);

// Any message: takes up its term and then the action of its kind, ReceiveRequestVote and so on.
bool Receive(Context& c, const Message& message);

bool WriteDone(Context& c, WriteId id);
bool WriteFailed(Context& c, WriteId id);

// Appends commands, one for each value.
bool Propose(Context& c, const uint32_t* values, size_t count);
bool ProposeConfiguration(Context& c, const Change& change);
bool Read(Context& c, RequestId request, ReadKey key);
bool ReadByLease(Context& c, RequestId request);
bool TransferLeadership(Context& c, RequestId request, NodeId target);
bool Cancel(Context& c, RequestId request);

bool Applied(Context& c, Index index);
bool SnapshotTaken(Context& c, Index index, Index compact_to);
enum class ChunkResult : uint8_t { kMore, kFailed, kComplete };
bool SnapshotChunkStored(Context& c, ChunkResult result);
bool SnapshotInstalled(Context& c, bool ok);
bool EntriesLoaded(Context& c);

// A node as it starts from its disk. [TLA Start, Restart]
Node Start(NodeId id, Term term, NodeId vote, Log log, Snapshot snapshot, bool vote_withheld);

// The names of all actions, as raft.tla has them.
const std::vector<const char*>& ActionNames();

// Messages that the leader may send to `peer`, as `output` says. [TLA AppendsTo, SnapshotsTo]
void AppendsTo(const Node& leader, const Peer& peer, const Output& output, std::vector<Message>& messages);

// Whether `node` will ignore `message` for ever, when its disk has `disk_term`. [TLA Ignored]
bool Ignored(const Message& message, const Node& node, Term disk_term);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_ACTIONS_H_
