// Who the members are: this one keeps the others' addresses, and notices that it has been removed.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kvsm/api/kv.pb.h"
#include "kvsm/members.h"
#include "runtime/lockstepd/daemon.h"
#include "runtime/rpc/memory_rpc.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kPublishMicros = 20'000;
constexpr int64_t kMembershipMicros = 2'000'000;
constexpr int64_t kAskMicros = 1'000'000;
constexpr int64_t kLeavePollMicros = 100'000;
constexpr int kLeavePolls = 20;
constexpr int64_t kForgetMicros = 10'000'000;
// How often what is to be compacted is looked at: each time a tenth of what is kept has passed, at most.
constexpr int64_t kCompactMicrosMax = 300'000'000;
constexpr int64_t kCompactMicrosMin = 100'000;

NodeId NodeIdOf(uint64_t member) { return {kvsm::NumberOf(member), kvsm::IncarnationOf(member)}; }
uint64_t MemberOf(NodeId node) { return kvsm::MemberId(node.number, node.incarnation); }

}  // namespace

// The services make this member known: clients are served once its name and URLs are in the table.
void Daemon::AwaitPublished() {
  const auto& members = machine_.state()->members().all();
  const auto self = members.find(MemberOf(record_.self));
  const bool is_published = services_.figures().has_leader && self != members.end() &&
                            self->second.name() == settings_.name &&
                            std::equal(self->second.clienturls().begin(), self->second.clienturls().end(),
                                       settings_.client_urls.begin(), settings_.client_urls.end());
  if (!is_published) return publish_timer_.Set(kPublishMicros, [this] { AwaitPublished(); });
  is_ready_ = true;
  health_.Set("", true);
  // In words that tools wait for.
  log_.Info("published", {{"name", settings_.name}});
  log_.Info("enabled capabilities for version", {{"version", settings_.advertised_version}});
  log_.Info("ready to serve client requests", {{"name", settings_.name}});
  ready_();
}

void Daemon::OnMembersChanged() {
  const auto& members = machine_.state()->members().all();
  const bool is_listed = members.contains(MemberOf(record_.self));
  if (std::exchange(was_listed_, was_listed_ || is_listed) && !is_listed) return Leave(kLeavePolls);
  // Numbers are given in order: a member that the table lacks has left if there is a later one.
  const auto has_left = [&](NodeId id) {
    return !members.contains(MemberOf(id)) && !members.empty() && members.rbegin()->first > MemberOf(id);
  };
  std::map<NodeId, std::string> addresses;
  for (const auto& [id, address] : record_.addresses) {
    if (has_left(id)) {
      ForgetLater(id);
    } else {
      addresses[id] = address;
    }
  }
  for (const auto& [id, member] : members) {
    const auto url = member.peerurls().empty() ? absl::InvalidArgumentError("none") : ParseUrl(member.peerurls(0));
    if (!url.ok()) continue;
    addresses[NodeIdOf(id)] = url->address;
    if (id != MemberOf(record_.self)) node_->SetAddress(NodeIdOf(id), url->address);
  }
  if (addresses == record_.addresses) return;
  record_.addresses = std::move(addresses);
  const absl::Status status = WriteMemberFile(settings_.data_dir, record_);
  if (!status.ok()) log_.Error("the members' addresses cannot be kept", {{"why", std::string(status.message())}});
}

// Not at once: a leader that is removed waits for the others' answers until the configuration is changed.
void Daemon::ForgetLater(NodeId member) {
  loop_.RunAfter(kForgetMicros, [this, alive = alive_, member] {
    if (*alive && !node_->state().log.configuration().configuration.IsMember(member)) node_->Forget(member);
  });
}

// The table has been told first: a leader that is removed still has to see the configuration changed, and whoever asked
// for it to be answered.
void Daemon::Leave(int polls) {
  const State& state = node_->state();
  const bool is_done = state.role != Role::kLeader && !state.log.configuration().configuration.IsMember(record_.self);
  if (polls > 0 && !(is_done && polls < kLeavePolls)) {
    return leave_timer_.Set(kLeavePollMicros, [this, polls] { Leave(polls - 1); });
  }
  stopped_(absl::CancelledError("this member has been removed from the cluster"));
}

// Nobody tells a member that it has been removed: the others no longer speak to it. One that hears of no leader for
// long asks.
void Daemon::CheckMembership() {
  membership_timer_.Set(kMembershipMicros, [this] { CheckMembership(); });
  if (!services_.figures().has_leader && membership_question_ == nullptr) AskWhetherMember();
}

void Daemon::AskWhetherMember() {
  std::vector<std::string> others;
  for (const auto& [id, address] : record_.addresses) {
    if (id != record_.self && !address.empty()) others.push_back(address);
  }
  if (others.empty()) return;
  const auto turn = static_cast<size_t>(loop_.ReadMonotonic().micros / kMembershipMicros) % others.size();
  membership_question_ = std::make_unique<HttpGet>(
      loop_, *peer_network_, others[turn], "/members", kAskMicros, [this](const absl::StatusOr<std::string>& text) {
        const auto page = text.ok() ? DecodeMembersPage(*text) : absl::UnavailableError("no answer");
        loop_.RunAfter(0, [this, alive = alive_] {
          if (*alive) membership_question_.reset();
        });
        if (!page.ok() || page->cluster_id != record_.cluster_id || !was_listed_) return;
        const uint64_t self = MemberOf(record_.self);
        const bool is_listed = std::any_of(page->members.begin(), page->members.end(),
                                           [self](const ListedMember& member) { return member.id == self; });
        // The one that answers may lag behind, but not behind what this one has seen of itself.
        if (!is_listed && !page->members.empty()) Leave(0);
      });
}

MembersPage Daemon::ListMembers() const {
  MembersPage page{.cluster_id = record_.cluster_id};
  for (const auto& [id, member] : machine_.state()->members().all()) {
    page.members.push_back({.id = id,
                            .name = member.name(),
                            .peer_urls = {member.peerurls().begin(), member.peerurls().end()},
                            .client_urls = {member.clienturls().begin(), member.clienturls().end()},
                            .is_learner = member.islearner()});
  }
  return page;
}

// What is older than it has to be kept is compacted, by whoever leads.
void Daemon::Compact() {
  if (settings_.compaction_micros == 0 && settings_.compaction_revisions == 0) return;
  const int64_t step = settings_.compaction_micros == 0 ? kCompactMicrosMax : settings_.compaction_micros / 10;
  compact_timer_.Set(std::clamp(step, kCompactMicrosMin, kCompactMicrosMax), [this] { Compact(); });
  const int64_t revision = machine_.state()->revision();
  if (settings_.compaction_revisions != 0) return CompactTo(revision - settings_.compaction_revisions);
  const int64_t now = loop_.ReadMonotonic().micros;
  revisions_[now] = revision;
  const auto kept = revisions_.upper_bound(now - settings_.compaction_micros);
  if (kept == revisions_.begin()) return;
  const int64_t old = std::prev(kept)->second;
  revisions_.erase(revisions_.begin(), std::prev(kept));
  CompactTo(old);
}

void Daemon::CompactTo(int64_t revision) {
  if (node_->state().role != Role::kLeader || revision <= machine_.state()->compact_revision()) return;
  etcdserverpb::CompactionRequest request;
  request.set_revision(revision);
  log_.Info("compacting", {{"revision", absl::StrCat(revision)}});
  MemoryRpc::Begin(methods_, "/etcdserverpb.KV/Compact")->Write(request.SerializeAsString());
}

}  // namespace lockstep::runtime
