// What can happen to a node. Every input is legal in every state.
//
// Timers are inputs whose durations the host chooses; completions of writes are inputs, in any order;
// requests carry an id that comes back in exactly one outcome. Each struct names the action of the
// specification that answers it.
#ifndef LOCKSTEP_CORE_INPUT_H_
#define LOCKSTEP_CORE_INPUT_H_

#include <string>
#include <variant>
#include <vector>

#include "core/configuration.h"
#include "core/message.h"
#include "core/types.h"

namespace lockstep {
namespace input {

// No word from a leader, or no result of an election, for an election timeout.
struct ElectionTimeout {
  friend bool operator==(const ElectionTimeout&, const ElectionTimeout&) = default;
};
// A leader's heartbeat interval has passed.
struct HeartbeatTimeout {
  friend bool operator==(const HeartbeatTimeout&, const HeartbeatTimeout&) = default;
};
// A leader has led for another election timeout and must show that a quorum still follows.
struct QuorumCheckTimeout {
  friend bool operator==(const QuorumCheckTimeout&, const QuorumCheckTimeout&) = default;
};

// A message arrived. One that is malformed, or addressed to another node, is ignored.
struct Receive {
  Message message;
  friend bool operator==(const Receive&, const Receive&) = default;
};

// A durable write has reached the disk. Unknown ids are ignored.
struct WriteDone {
  WriteId write_id = 0;
  friend bool operator==(const WriteDone&, const WriteDone&) = default;
};
// A durable write failed: its data may be on disk, in part, or not. Writes that were asked for later, before this
// input, are void too, even if they are reported done: the core asks for them again. Messages that wait for a void
// write are never sent.
struct WriteFailed {
  WriteId write_id = 0;
  friend bool operator==(const WriteFailed&, const WriteFailed&) = default;
};

struct Proposal {
  RequestId request_id = 0;
  uint32_t bytes = 0;
  friend bool operator==(const Proposal&, const Proposal&) = default;
};
// Append commands, in this order. Those accepted are always the first ones of the batch.
struct Propose {
  std::vector<Proposal> proposals;
  friend bool operator==(const Propose&, const Propose&) = default;
};

struct ProposeConfiguration {
  RequestId request_id = 0;
  ConfigurationChange change;
  friend bool operator==(const ProposeConfiguration&, const ProposeConfiguration&) = default;
};

enum class ReadMode : uint8_t {
  kReadIndex,  // A quorum confirms the leader after the read began.
  kLease,      // The leader's lease confirms it, where leases are on; else as kReadIndex.
};
// Ask for the moment at which the applied state is fresh enough for a linearizable read.
struct Read {
  RequestId request_id = 0;
  ReadMode mode = ReadMode::kReadIndex;
  friend bool operator==(const Read&, const Read&) = default;
};

struct TransferLeadership {
  RequestId request_id = 0;
  NodeId target;
  friend bool operator==(const TransferLeadership&, const TransferLeadership&) = default;
};

// The host no longer waits for this request. It gets its outcome now, if it was open.
struct Cancel {
  RequestId request_id = 0;
  friend bool operator==(const Cancel&, const Cancel&) = default;
};

// The state machine has applied everything up to `index`.
struct Applied {
  Index index = 0;
  friend bool operator==(const Applied&, const Applied&) = default;
};

// A snapshot of the state after `index` is durable, asked for or the host's own idea; or `!ok`, failed.
// Ignored: an index that is not applied or not above the last snapshot's, and one before the first configuration that
// a node which joined later has received (its snapshot could not say who the members are).
struct SnapshotTaken {
  Index index = 0;
  uint64_t bytes = 0;
  bool ok = true;
  friend bool operator==(const SnapshotTaken&, const SnapshotTaken&) = default;
};

// The chunk of effect::StoreSnapshotChunk `write_id` is stored (not necessarily durable); or `!ok`.
struct SnapshotChunkStored {
  WriteId write_id = 0;
  bool ok = true;
  friend bool operator==(const SnapshotChunkStored&, const SnapshotChunkStored&) = default;
};

// effect::InstallSnapshot is done and durable; or `!ok`: nothing has changed.
struct SnapshotInstalled {
  LogPosition last_included;
  bool ok = true;
  friend bool operator==(const SnapshotInstalled&, const SnapshotInstalled&) = default;
};

// The payloads of [first, last] are at hand for sending to `peer`; or `!ok`.
struct EntriesLoaded {
  NodeId peer;
  Index first = 0;
  Index last = 0;
  bool ok = true;
  friend bool operator==(const EntriesLoaded&, const EntriesLoaded&) = default;
};

// The transport lost contact with `peer`, or could not send it what was asked.
struct PeerUnreachable {
  NodeId peer;
  friend bool operator==(const PeerUnreachable&, const PeerUnreachable&) = default;
};

}  // namespace input

using Event =
    std::variant<input::ElectionTimeout, input::HeartbeatTimeout, input::QuorumCheckTimeout, input::Receive,
                 input::WriteDone, input::WriteFailed, input::Propose, input::ProposeConfiguration, input::Read,
                 input::TransferLeadership, input::Cancel, input::Applied, input::SnapshotTaken,
                 input::SnapshotChunkStored, input::SnapshotInstalled, input::EntriesLoaded, input::PeerUnreachable>;

struct Input {
  Event event;
  Now now;  // Used by leases alone.

  friend bool operator==(const Input&, const Input&) = default;
};

// The name of the action that answers `event`: "ElectionTimeout", …; for a message "Receive" and its kind.
std::string ActionName(const Event& event);

// One readable line.
std::string ToString(const Event& event);

}  // namespace lockstep

#endif  // LOCKSTEP_CORE_INPUT_H_
