// MemberFile: what a member remembers of itself and of the others, beside its node's files.
//
// Once a member has started, its flags about the initial cluster count no more: it is who this file says, and finds the
// others where they were last known to be.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_MEMBER_FILE_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_MEMBER_FILE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/types.h"

namespace lockstep::runtime {

struct MemberRecord {
  uint64_t cluster_id = 0;
  NodeId self;
  std::string name;
  bool is_founder = false;
  std::map<NodeId, std::string> addresses;  // "host:port" of the members, this one included.

  friend bool operator==(const MemberRecord&, const MemberRecord&) = default;
};

// Nothing: there is no file, the member has never started. Errors: DataLoss for a file that says something else.
absl::StatusOr<std::optional<MemberRecord>> ReadMemberFile(const std::string& folder);
// Replaces the file, durably. Makes the folder if need be. Errors: those of the disk.
absl::Status WriteMemberFile(const std::string& folder, const MemberRecord& record);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_MEMBER_FILE_H_
