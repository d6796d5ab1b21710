#include "runtime/lockstepd/join.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvsm/members.h"
#include "runtime/http2/http_get.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kAskMicros = 1'000'000;
constexpr int kJoinAttempts = 10;

NodeId NodeIdOf(uint64_t member) { return {kvsm::NumberOf(member), kvsm::IncarnationOf(member)}; }

std::string AddressOf(const ListedMember& member) {
  if (member.peer_urls.empty()) return "";
  const auto url = ParseUrl(member.peer_urls.front());
  return url.ok() ? url->address : "";
}

// Asks the other members of the initial cluster, all at once; the pages of those that answer.
std::vector<MembersPage> AskOthers(EventLoop& loop, Network& network, const Settings& settings) {
  std::vector<MembersPage> pages;
  std::vector<std::unique_ptr<HttpGet>> asked;
  size_t open = 0;
  for (const auto& [name, urls] : settings.initial_cluster) {
    if (name == settings.name) continue;
    for (const std::string& url : urls) {
      ++open;
      asked.push_back(std::make_unique<HttpGet>(loop, network, ParseUrl(url)->address, "/members", kAskMicros,
                                                [&](const absl::StatusOr<std::string>& text) {
                                                  if (--open == 0) loop.Stop();
                                                  if (!text.ok()) return;
                                                  auto page = DecodeMembersPage(*text);
                                                  if (page.ok()) pages.push_back(*std::move(page));
                                                }));
    }
  }
  if (open > 0) loop.Run();
  return pages;
}

void Pause(EventLoop& loop, int64_t micros) {
  loop.RunAfter(micros, [&loop] { loop.Stop(); });
  loop.Run();
}

MemberRecord MakeRecord(const Settings& settings, uint64_t cluster, const std::vector<ListedMember>& members,
                        uint64_t self) {
  MemberRecord record{.cluster_id = cluster, .self = NodeIdOf(self), .name = settings.name};
  for (const ListedMember& member : members) record.addresses[NodeIdOf(member.id)] = AddressOf(member);
  return record;
}

}  // namespace

std::vector<ListedMember> Founders(const Settings& settings) {
  std::vector<ListedMember> members;
  for (const auto& [name, urls] : settings.initial_cluster) {
    members.push_back(
        {.id = kvsm::MemberId(static_cast<uint32_t>(members.size()) + 1, 0), .name = name, .peer_urls = urls});
  }
  return members;
}

Configuration FoundingConfiguration(const Settings& settings) {
  Configuration configuration;
  for (const ListedMember& member : Founders(settings)) configuration.voters.insert(NodeIdOf(member.id));
  return configuration;
}

MemberRecord RecordOfFounding(const Settings& settings) {
  const std::vector<ListedMember> members = Founders(settings);
  const auto self = std::find_if(members.begin(), members.end(),
                                 [&](const ListedMember& member) { return member.name == settings.name; });
  MemberRecord record = MakeRecord(settings, FoundedClusterId(settings), members, self->id);
  record.is_founder = true;
  return record;
}

absl::StatusOr<MemberRecord> RecordOfJoining(const Settings& settings, const MembersPage& page) {
  for (const ListedMember& member : page.members) {
    std::vector<std::string> urls = member.peer_urls;
    std::sort(urls.begin(), urls.end());
    if (urls != settings.peer_urls) continue;
    if (!member.client_urls.empty()) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "member %x has been started before, and its files are not in %s. If they are lost, remove it (etcdctl member "
          "remove %x) and add it again",
          member.id, settings.data_dir, member.id));
    }
    return MakeRecord(settings, page.cluster_id, page.members, member.id);
  }
  return absl::FailedPreconditionError(absl::StrCat("the cluster has no member with the peer URLs ",
                                                    absl::StrJoin(settings.peer_urls, ","),
                                                    ": add it first (etcdctl member add ", settings.name,
                                                    " --peer-urls=", absl::StrJoin(settings.peer_urls, ","), ")"));
}

absl::Status CheckNotBootstrapped(const Settings& settings, const MembersPage& page) {
  if (page.cluster_id != FoundedClusterId(settings)) return absl::OkStatus();
  const uint64_t self = kvsm::MemberId(RecordOfFounding(settings).self.number, 0);
  const auto listed = std::find_if(page.members.begin(), page.members.end(),
                                   [self](const ListedMember& member) { return member.id == self; });
  const bool is_known = listed != page.members.end() && !listed->client_urls.empty();
  // Founders are added in the order of their numbers: where a later one is, this one has been.
  const bool was_removed =
      listed == page.members.end() && std::any_of(page.members.begin(), page.members.end(),
                                                  [self](const ListedMember& member) { return member.id > self; });
  if (!is_known && !was_removed) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("member %x has already been bootstrapped, and its files are not in %s. If they are lost, remove "
                      "it (etcdctl member "
                      "remove %x), add it again, and start it with --initial-cluster-state=existing",
                      self, settings.data_dir, self));
}

absl::StatusOr<MemberRecord> IntroduceMember(EventLoop& loop, Network& network, const Settings& settings) {
  if (!settings.joins) {
    for (const MembersPage& page : AskOthers(loop, network, settings)) {
      if (absl::Status status = CheckNotBootstrapped(settings, page); !status.ok()) return status;
    }
    return RecordOfFounding(settings);
  }
  absl::Status last = absl::UnavailableError(
      "no member of --initial-cluster says who the members are; one that runs is needed to join");
  for (int i = 0; i < kJoinAttempts; ++i) {
    // Those that have not heard of this member yet may lag behind.
    for (const MembersPage& page : AskOthers(loop, network, settings)) {
      auto record = RecordOfJoining(settings, page);
      if (record.ok()) return record;
      last = record.status();
    }
    Pause(loop, kAskMicros / 4);
  }
  return last;
}

}  // namespace lockstep::runtime
