// The page that says who the members are: GET /members on a member's peer URL, for those that join and those that
// wonder whether they still belong.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_MEMBERS_PAGE_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_MEMBERS_PAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lockstep::runtime {

struct ListedMember {
  uint64_t id = 0;
  std::string name;  // Empty: it has never started.
  std::vector<std::string> peer_urls;
  std::vector<std::string> client_urls;
  bool is_learner = false;

  friend bool operator==(const ListedMember&, const ListedMember&) = default;
};

struct MembersPage {
  uint64_t cluster_id = 0;
  std::vector<ListedMember> members;

  friend bool operator==(const MembersPage&, const MembersPage&) = default;
};

std::string EncodeMembersPage(const MembersPage& page);
// Errors: InvalidArgument: that is no such page.
absl::StatusOr<MembersPage> DecodeMembersPage(const std::string& text);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_MEMBERS_PAGE_H_
