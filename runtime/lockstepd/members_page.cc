#include "runtime/lockstepd/members_page.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace lockstep::runtime {

using Json = nlohmann::json;

// Numbers of 64 bits are texts: many readers of JSON know only floating point.
std::string EncodeMembersPage(const MembersPage& page) {
  Json members = Json::array();
  for (const ListedMember& member : page.members) {
    members.push_back({{"id", std::to_string(member.id)},
                       {"name", member.name},
                       {"peerURLs", member.peer_urls},
                       {"clientURLs", member.client_urls},
                       {"isLearner", member.is_learner}});
  }
  return Json{{"cluster_id", std::to_string(page.cluster_id)}, {"members", members}}.dump() + "\n";
}

absl::StatusOr<MembersPage> DecodeMembersPage(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    MembersPage page;
    page.cluster_id = std::stoull(json.at("cluster_id").get<std::string>());
    for (const Json& entry : json.at("members")) {
      page.members.push_back({.id = std::stoull(entry.at("id").get<std::string>()),
                              .name = entry.at("name").get<std::string>(),
                              .peer_urls = entry.at("peerURLs").get<std::vector<std::string>>(),
                              .client_urls = entry.at("clientURLs").get<std::vector<std::string>>(),
                              .is_learner = entry.at("isLearner").get<bool>()});
    }
    return page;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("no list of members: ", error.what()));
  }
}

}  // namespace lockstep::runtime
