#include "core/types.h"

namespace lockstep {

std::string ToString(NodeId id) {
  if (id == kNoNode) return "none";
  std::string text = std::to_string(id.number);
  if (id.incarnation != 0) text += "." + std::to_string(id.incarnation);
  return text;
}

const char* ToString(EntryKind kind) {
  switch (kind) {
    case EntryKind::kNoOp:
      return "no-op";
    case EntryKind::kCommand:
      return "command";
    case EntryKind::kConfiguration:
      return "configuration";
  }
  return "unknown";
}

const char* ToString(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "unknown";
}

}  // namespace lockstep
