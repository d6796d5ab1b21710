#include "runtime/lockstepd/member_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace lockstep::runtime {
namespace {

using Json = nlohmann::json;

std::string PathIn(const std::string& folder) { return folder + "/member.json"; }

Json ToJson(NodeId id) { return Json::array({id.number, id.incarnation}); }

NodeId NodeIdOf(const Json& json) { return {json.at(0).get<uint32_t>(), json.at(1).get<uint32_t>()}; }

absl::Status Failed(const std::string& path, const char* what) {
  return absl::UnavailableError(absl::StrCat(path, ": cannot ", what, ": ", std::strerror(errno)));
}

// Writes and syncs a new file.
absl::Status WriteWhole(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path, "open");
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  const absl::Status status = written ? absl::OkStatus() : Failed(path, "write");
  close(fd);
  return status;
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(folder, "open");
  const absl::Status status = fsync(fd) == 0 ? absl::OkStatus() : Failed(folder, "sync");
  close(fd);
  return status;
}

}  // namespace

absl::StatusOr<std::optional<MemberRecord>> ReadMemberFile(const std::string& folder) {
  std::ifstream file(PathIn(folder));
  if (!file) {
    if (!std::filesystem::exists(PathIn(folder))) return std::optional<MemberRecord>();
    return Failed(PathIn(folder), "read");
  }
  std::ostringstream text;
  text << file.rdbuf();
  try {
    const Json json = Json::parse(text.str());
    MemberRecord record;
    record.cluster_id = json.at("cluster_id").get<uint64_t>();
    record.self = NodeIdOf(json.at("member"));
    record.name = json.at("name").get<std::string>();
    record.is_founder = json.at("founder").get<bool>();
    for (const Json& entry : json.at("addresses")) {
      record.addresses[NodeIdOf(entry.at("member"))] = entry.at("address").get<std::string>();
    }
    return std::optional(record);
  } catch (const Json::exception& error) {
    return absl::DataLossError(absl::StrCat(PathIn(folder), " is not as it was written: ", error.what(),
                                            ". Replace this member as after the loss of its disk"));
  }
}

absl::Status WriteMemberFile(const std::string& folder, const MemberRecord& record) {
  std::error_code made;
  std::filesystem::create_directories(folder, made);
  if (made) return absl::UnavailableError(absl::StrCat(folder, ": cannot be made: ", made.message()));
  Json addresses = Json::array();
  for (const auto& [id, address] : record.addresses) {
    addresses.push_back({{"member", ToJson(id)}, {"address", address}});
  }
  const Json json = {{"cluster_id", record.cluster_id},
                     {"member", ToJson(record.self)},
                     {"name", record.name},
                     {"founder", record.is_founder},
                     {"addresses", addresses}};
  const std::string fresh = PathIn(folder) + ".new";
  if (absl::Status status = WriteWhole(fresh, json.dump(2) + "\n"); !status.ok()) return status;
  if (rename(fresh.c_str(), PathIn(folder).c_str()) != 0) return Failed(PathIn(folder), "replace");
  return SyncFolder(folder);
}

}  // namespace lockstep::runtime
