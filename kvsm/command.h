// Commands: what is written to the log for the machine, and what it replies.
//
//     command  | kind 1 | log time, a varint | the request as its client sent it |
//     reply    | error 1 | revision 8, little-endian | the response but for its header |
//
// The request's bytes go from the client to the log as they are, and the response's from the machine to the client:
// only a header is put in front.
#ifndef LOCKSTEP_KVSM_COMMAND_H_
#define LOCKSTEP_KVSM_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kvsm/errors.h"

namespace lockstep::kvsm {

// The body is the message named. Numbers are for good.
enum class CommandKind : uint8_t {
  kPut = 1,            // etcdserverpb.PutRequest
  kDeleteRange = 2,    // etcdserverpb.DeleteRangeRequest
  kTxn = 3,            // etcdserverpb.TxnRequest
  kCompact = 4,        // etcdserverpb.CompactionRequest
  kLeaseGrant = 5,     // etcdserverpb.LeaseGrantRequest
  kLeaseRevoke = 6,    // etcdserverpb.LeaseRevokeRequest
  kKeepAlive = 7,      // proto.KeepAlive; reply: proto.KeepAliveReply
  kExpireLeases = 8,   // nothing; reply: proto.ExpireLeasesReply
  kAlarm = 9,          // etcdserverpb.AlarmRequest
  kChangeMember = 10,  // proto.ChangeMember; reply: proto.ChangeMemberReply
};

struct Command {
  CommandKind kind = CommandKind::kPut;
  // The time the leader's proposals give the log, in milliseconds since its beginning; 0: none. Earlier than what the
  // log has seen: without effect.
  int64_t log_millis = 0;
  std::string_view body;
};

std::string EncodeCommand(CommandKind kind, int64_t log_millis, std::string_view body);
// Nothing: it is no command.
std::optional<Command> DecodeCommand(std::string_view bytes);

struct Reply {
  Error error = Error::kNone;
  int64_t revision = 0;  // Of the state after the command.
  std::string_view body;
};

void EncodeReply(Error error, int64_t revision, std::string& reply);  // The body is to be appended.
// Nothing: no machine has replied this.
std::optional<Reply> DecodeReply(std::string_view bytes);

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_COMMAND_H_
